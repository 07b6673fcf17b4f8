package client

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"
)

// LetterStatus is what has become of a dead letter.
type LetterStatus string

// The states of a dead letter. A discarded one can be opened again.
const (
	LetterOpen      LetterStatus = "OPEN"
	LetterReplayed  LetterStatus = "REPLAYED"
	LetterDiscarded LetterStatus = "DISCARDED"
)

// Field is the value of a field of a stream entry: any bytes.
type Field string

// MarshalJSON writes bytes that are no text, or hold a NUL, as {"base64": …}.
func (f Field) MarshalJSON() ([]byte, error) {
	var value any = string(f)
	if !utf8.ValidString(string(f)) || strings.ContainsRune(string(f), 0) {
		value = map[string]string{"base64": base64.StdEncoding.EncodeToString([]byte(f))}
	}
	text, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("encode a field: %w", err)
	}
	return text, nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (f *Field) UnmarshalJSON(text []byte) error {
	var encoded struct {
		Base64 []byte `json:"base64"`
	}
	var err error
	if len(text) > 0 && text[0] == '"' {
		err = json.Unmarshal(text, (*string)(f))
	} else if err = json.Unmarshal(text, &encoded); err == nil {
		*f = Field(encoded.Base64)
	}
	if err != nil {
		return fmt.Errorf("decode a field: %w", err)
	}
	return nil
}

// Fields are the fields of a stream entry. A name that is no text is "base64:…".
type Fields map[string]Field

// Correction replaces fields of a dead letter; nil removes one. The field epoch cannot be
// edited.
type Correction map[string]*Field

// DeadLetter is an entry that could not be stored as an attempt.
type DeadLetter struct {
	ID          int64        `json:"id"`
	ProductID   int64        `json:"productId"`
	StreamID    string       `json:"streamId"`
	Fields      Fields       `json:"fields"`     // as delivered
	Reason      string       `json:"reason"`     // the rule that it breaks, such as INVALID_UID
	Deliveries  int64        `json:"deliveries"` // how often it was tried
	Status      LetterStatus `json:"status"`
	Fingerprint string       `json:"fingerprint"` // tells two letters of one stream ID apart
	CreatedAt   time.Time    `json:"createdAt"`
	UpdatedAt   time.Time    `json:"updatedAt"`
}

// DeadLetterDetail is a dead letter with what was done to it, and what it became.
type DeadLetterDetail struct {
	DeadLetter

	History []DeadLetterAct    `json:"history"`           // oldest first
	Outcome *DeadLetterOutcome `json:"outcome,omitempty"` // of a replayed one
}

// DeadLetterAct is what somebody did to a letter.
type DeadLetterAct struct {
	Actor  string    `json:"actor"`
	Action string    `json:"action"` // dead_letter.replay, dead_letter.discard or dead_letter.reopen
	At     time.Time `json:"at"`
	Note   string    `json:"note,omitempty"`
	Before Fields    `json:"before,omitempty"` // of a replay
	After  Fields    `json:"after,omitempty"`  // of a replay
}

// DeadLetterOutcome is what a replayed letter became.
type DeadLetterOutcome struct {
	StreamID string `json:"streamId,omitempty"` // of its entry; "" until that is in the stream again
	Log      *Log   `json:"log,omitempty"`      // nil until it is stored
	Order    *Order `json:"order,omitempty"`    // that it has won
}

// DeadLetterPreview is what a replay would do now.
type DeadLetterPreview struct {
	Valid    bool                `json:"valid"`            // it would not be refused
	Reason   Code                `json:"reason,omitempty"` // why it would be
	Fields   Fields              `json:"fields"`           // that would be replayed
	Decision *DeadLetterDecision `json:"decision,omitempty"`
}

// DeadLetterDecision is the log that a replay would write.
type DeadLetterDecision struct {
	Status ResultStatus `json:"status"`
	Reason string       `json:"reason,omitempty"` // of a Failed one
}

// DeadLetterGroup counts the letters of a product that have one reason.
type DeadLetterGroup struct {
	ProductID    int64     `json:"productId"`
	Reason       string    `json:"reason"`
	Open         int64     `json:"open"`
	Replayed     int64     `json:"replayed"`
	Discarded    int64     `json:"discarded"`
	OldestOpenAt time.Time `json:"oldestOpenAt,omitzero"` // zero when none is open
	NewestAt     time.Time `json:"newestAt"`
	SampleIDs    []int64   `json:"sampleIds"` // the newest that are open
}

// DeadLetterFilter says which letters are listed; its zero value lists all, newest first.
type DeadLetterFilter struct {
	ProductID int64
	Reason    string
	Status    LetterStatus
	StreamID  string
	From      time.Time // stored at this time or later
	To        time.Time // stored before this time
}

func (f DeadLetterFilter) query() url.Values {
	query := url.Values{}
	setID(query, "productId", f.ProductID)
	setText(query, "reason", f.Reason)
	setText(query, "status", string(f.Status))
	setText(query, "streamId", f.StreamID)
	setTime(query, "from", f.From)
	setTime(query, "to", f.To)
	return query
}

// DeadLetterReplay says which open letters are replayed in bulk, oldest first, and how.
type DeadLetterReplay struct {
	ProductID int64      `json:"productId,omitempty"` // 0 = of all products
	Reason    string     `json:"reason,omitempty"`    // "" = for all reasons
	Fields    Correction `json:"fields,omitempty"`    // of each
	Note      string     `json:"note,omitempty"`
	Limit     int64      `json:"limit,omitempty"`   // most that are replayed, 1 to 1000; 0 = 1000
	AfterID   int64      `json:"afterId,omitempty"` // NextID of the call before
}

// DeadLetterReplays says what a replay in bulk has done.
type DeadLetterReplays struct {
	Matched   int64 `json:"matched"`
	Replayed  int64 `json:"replayed"`
	StillBad  int64 `json:"stillBad"`  // they stay open
	Remaining int64 `json:"remaining"` // not looked at
	NextID    int64 `json:"nextId"`
}

// DeadLetterDiscard says which open letters are discarded in bulk, oldest first, and why.
type DeadLetterDiscard struct {
	ProductID int64  `json:"productId,omitempty"` // 0 = of all products
	Reason    string `json:"reason,omitempty"`    // "" = for all reasons
	Note      string `json:"note"`
	Limit     int64  `json:"limit,omitempty"`   // most that are discarded, 1 to 1000; 0 = 1000
	AfterID   int64  `json:"afterId,omitempty"` // NextID of the call before
}

// DeadLetterDiscards says what a discard in bulk has done.
type DeadLetterDiscards struct {
	Matched   int64 `json:"matched"`
	Discarded int64 `json:"discarded"`
	Remaining int64 `json:"remaining"`
	NextID    int64 `json:"nextId"`
}

// DeadLetters lists dead letters.
func (c *Client) DeadLetters(filter DeadLetterFilter) List[DeadLetter] {
	return List[DeadLetter]{client: c, path: "/admin/v1/dead-letters", query: filter.query()}
}

// DeadLetterGroups counts the letters by product and reason; productID 0 is all products.
func (c *Client) DeadLetterGroups(ctx context.Context, productID int64) ([]DeadLetterGroup, error) {
	query := url.Values{}
	setID(query, "productId", productID)
	out, err := fetch[struct {
		Items []DeadLetterGroup `json:"items"`
	}](ctx, c, get("/admin/v1/dead-letters/summary", query))
	return out.Items, err
}

// DeadLetter returns a dead letter. CodeDeadLetterNotFound, as every method below.
func (c *Client) DeadLetter(ctx context.Context, letterID int64) (DeadLetterDetail, error) {
	return fetch[DeadLetterDetail](ctx, c, get(letterPath(letterID, ""), nil))
}

// PreviewDeadLetter says what a replay with a correction would do now; nothing is written.
// CodeAlreadyReplayed, CodeAlreadyDiscarded.
func (c *Client) PreviewDeadLetter(ctx context.Context, letterID int64, fields Correction) (DeadLetterPreview, error) {
	in := struct {
		Fields Correction `json:"fields,omitempty"`
	}{fields}
	return fetch[DeadLetterPreview](ctx, c, post(letterPath(letterID, "/preview"), in).repeated())
}

// ReplayDeadLetter stores a letter, corrected, as a fresh entry would be; note may be "".
// CodeAlreadyReplayed and CodeAlreadyDiscarded say who was there before, also when that was
// a call of this client whose answer was lost. CodeInvalidUID, CodeInvalidTS, CodeInvalidRID,
// CodeRejectedByDatabase: it is still bad. CodePaused, CodeProductNotFound.
func (c *Client) ReplayDeadLetter(ctx context.Context, letterID int64, fields Correction, note string) (DeadLetterDetail, error) {
	in := struct {
		Fields Correction `json:"fields,omitempty"`
		Note   string     `json:"note,omitempty"`
	}{fields, note}
	return fetch[DeadLetterDetail](ctx, c, post(letterPath(letterID, "/replay"), in))
}

// DiscardDeadLetter closes a letter. CodeAlreadyReplayed, CodeAlreadyDiscarded.
func (c *Client) DiscardDeadLetter(ctx context.Context, letterID int64, note string) (DeadLetterDetail, error) {
	return fetch[DeadLetterDetail](ctx, c, post(letterPath(letterID, "/discard"), noted{note}))
}

// ReopenDeadLetter opens a letter that was discarded. CodeAlreadyReplayed,
// CodeInvalidTransition of an open one.
func (c *Client) ReopenDeadLetter(ctx context.Context, letterID int64, note string) (DeadLetterDetail, error) {
	return fetch[DeadLetterDetail](ctx, c, post(letterPath(letterID, "/reopen"), noted{note}))
}

// ReplayDeadLetters replays open letters. While Remaining is not 0 there is more: again, with
// AfterID = NextID.
func (c *Client) ReplayDeadLetters(ctx context.Context, replay DeadLetterReplay) (DeadLetterReplays, error) {
	return fetch[DeadLetterReplays](ctx, c, post("/admin/v1/dead-letters/replay", replay))
}

// DiscardDeadLetters discards open letters. While Remaining is not 0 there is more.
func (c *Client) DiscardDeadLetters(ctx context.Context, discard DeadLetterDiscard) (DeadLetterDiscards, error) {
	return fetch[DeadLetterDiscards](ctx, c, post("/admin/v1/dead-letters/discard", discard))
}

// noted is the body of what takes a note alone.
type noted struct {
	Note string `json:"note"`
}

func letterPath(letterID int64, rest string) string {
	return path("/admin/v1/dead-letters/%d", letterID) + rest
}
