package seckill

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"time"
)

// LetterStatus is what has become of a dead letter.
type LetterStatus string

// A letter is open until an operator replays or discards it. A discarded one can be opened
// again; a replayed one has had its effect.
const (
	LetterOpen      LetterStatus = "OPEN"
	LetterReplayed  LetterStatus = "REPLAYED"
	LetterDiscarded LetterStatus = "DISCARDED"
)

// LetterAct is what an operator does to a dead letter, as the audit names it.
type LetterAct string

// The acts.
const (
	ActReplay  LetterAct = "dead_letter.replay"
	ActDiscard LetterAct = "dead_letter.discard"
	ActReopen  LetterAct = "dead_letter.reopen"
)

// statusBefore is which status a letter must have for an act, statusAfter which it has then.
var (
	statusBefore = map[LetterAct]LetterStatus{ActReplay: LetterOpen, ActDiscard: LetterOpen, ActReopen: LetterDiscarded}
	statusAfter  = map[LetterAct]LetterStatus{ActReplay: LetterReplayed, ActDiscard: LetterDiscarded, ActReopen: LetterOpen}
)

// After returns the status of a letter after an act, and whether the act is allowed.
func (s LetterStatus) After(act LetterAct) (LetterStatus, bool) {
	return statusAfter[act], s == statusBefore[act]
}

// LastAct is the act that has made a letter what it is; the zero value is not known.
type LastAct struct {
	Actor string
	At    time.Time
}

// Refuse returns why an act on a letter of this status is refused, and who has been there
// before.
func (s LetterStatus) Refuse(letterID int64, last LastAct) *Error {
	code, done := CodeInvalidTransition, "is open"
	switch s {
	case LetterReplayed:
		code, done = CodeAlreadyReplayed, "was replayed"
	case LetterDiscarded:
		code, done = CodeAlreadyDiscarded, "was discarded"
	case LetterOpen:
		return Errorf(code, "dead letter %d %s", letterID, done)
	}
	if last.Actor == "" {
		return Errorf(code, "dead letter %d %s already", letterID, done)
	}
	return Errorf(code, "dead letter %d %s by %s at %s", letterID, done, last.Actor, FormatTime(last.At))
}

// refusals say what is wrong with an entry, for people.
var refusals = map[DeadReason]string{
	DeadInvalidUID:         "uid must be a positive integer below 2^63, in plain digits",
	DeadInvalidTS:          "ts must be a positive integer, seconds or milliseconds, no later than the year 9999",
	DeadInvalidRID:         "rid must have 1 to 64 characters of printable ASCII without space",
	DeadRejectedByDatabase: "the database refuses it still",
}

// StillBad is the refusal to replay an entry that would become a dead letter again.
func (r DeadReason) StillBad() *Error { return Errorf(Code(r), "%s", refusals[r]) }

// Correction replaces fields of an entry, by name; nil removes one.
type Correction map[string]*string

// NewCorrection reads a correction from JSON values: the text of a field, an integer for its
// digits, {"base64": …} for bytes that are no text, null to remove the field. A name that
// JSON cannot hold is "base64:…", as FieldsJSON writes it.
func NewCorrection(values map[string]any) (Correction, error) {
	c := make(Correction, len(values))
	for name, value := range values {
		raw, err := fieldName(name)
		if err != nil {
			return nil, err
		}
		if raw == EpochField {
			return nil, Errorf(CodeInvalidArgument, "fields.%s cannot be edited: it says that the gate has taken a unit", EpochField)
		}
		if _, twice := c[raw]; twice {
			return nil, Errorf(CodeInvalidArgument, "a field is named twice in fields: %.64q", raw)
		}
		if value == nil {
			c[raw] = nil
			continue
		}
		text, ok := fieldBytes(value)
		if !ok {
			return nil, Errorf(CodeInvalidArgument, `fields.%.64s must be a string, an integer, {"base64": "…"} or null`, name)
		}
		c[raw] = &text
	}
	return c, nil
}

// Apply returns the fields with the correction; the given ones stay as they are.
func (c Correction) Apply(fields map[string]any) map[string]any {
	corrected := make(map[string]any, len(fields)+len(c))
	maps.Copy(corrected, fields)
	for name, text := range c {
		if text == nil {
			delete(corrected, name)
			continue
		}
		corrected[name] = *text
	}
	return corrected
}

// Resend reads an entry that was a dead letter. What its admission had taken went back when
// it became one: it is decided as an entry that the gate has not written.
func Resend(streamID string, fields map[string]any) (Attempt, DeadReason) {
	a, reason := Decode(streamID, fields)
	a.Epoch, a.Admitted = 0, false
	return a, reason
}

// ReadFields reads fields as FieldsJSON has written them.
func ReadFields(text []byte) (map[string]any, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var values map[string]any
	if err := decoder.Decode(&values); err != nil {
		return nil, fmt.Errorf("read fields of a dead letter: %w", err)
	}
	fields := make(map[string]any, len(values))
	for name, value := range values {
		raw, err := fieldName(name)
		if err != nil {
			raw = name // written by hand
		}
		if held, ok := fieldBytes(value); ok {
			fields[raw] = held
		} else {
			fields[raw] = fmt.Sprint(value)
		}
	}
	return fields, nil
}

// fieldName reads a name that may be encoded.
func fieldName(name string) (string, error) {
	encoded, found := strings.CutPrefix(name, base64Mark)
	if !found {
		return name, nil
	}
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return "", Errorf(CodeInvalidArgument, "the name of a field behind %q must be base64", base64Mark)
	}
	return string(raw), nil
}

// fieldBytes reads the value of a field from a JSON value.
func fieldBytes(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), !strings.ContainsAny(v.String(), ".eE")
	case map[string]any:
		encoded, ok := v["base64"].(string)
		raw, err := base64.StdEncoding.DecodeString(encoded)
		return string(raw), ok && err == nil && len(v) == 1
	default:
		return "", false
	}
}
