package client

import (
	"context"
	"net/url"
	"strconv"
	"time"
)

// LogFilter says which logs are listed; its zero value lists all, newest first.
type LogFilter struct {
	ProductID   int64
	UserID      int64
	Status      ResultStatus
	StreamID    string    // of the entry of this ID
	RequestID   string    // to be given with UserID, StreamID or From: all attempts of a time are read for it
	From        time.Time // stored at this time or later
	To          time.Time // stored before this time
	OldestFirst bool      // for a worker that takes the oldest first
}

func (f LogFilter) query() url.Values {
	query := url.Values{}
	setID(query, "productId", f.ProductID)
	setID(query, "userId", f.UserID)
	setText(query, "status", string(f.Status))
	setText(query, "streamId", f.StreamID)
	setText(query, "requestId", f.RequestID)
	setTime(query, "from", f.From)
	setTime(query, "to", f.To)
	if f.OldestFirst {
		query.Set("order", "asc")
	}
	return query
}

// LogChange is a new status of an attempt for a record-only product.
type LogChange struct {
	ProductID int64        `json:"productId"`
	StreamID  string       `json:"streamId"`
	Status    ResultStatus `json:"status"`
	Reason    string       `json:"reason,omitempty"` // of a Failed one, 1 to 255 characters
}

// LogOutcome says what became of a change.
type LogOutcome struct {
	ProductID int64   `json:"productId"`
	StreamID  string  `json:"streamId"`
	Outcome   Outcome `json:"outcome"`
}

// Outcome is what became of a change.
type Outcome string

// The outcomes of a change.
const (
	Updated           Outcome = "UPDATED"
	Unchanged         Outcome = "UNCHANGED"
	NotFound          Outcome = "NOT_FOUND"
	InvalidTransition Outcome = "INVALID_TRANSITION" // another final status is stored
	SettledByService  Outcome = "SETTLED_BY_SERVICE" // the product has stock
)

// Logs lists attempts of any product and user.
func (c *Client) Logs(filter LogFilter) List[Log] {
	return List[Log]{client: c, path: "/admin/v1/logs", query: filter.query()}
}

// ChangeLogs sets the status of 1 to 1000 attempts for record-only products, and returns
// what became of each, in order. To make the same changes again does no harm: they are
// Unchanged.
func (c *Client) ChangeLogs(ctx context.Context, changes []LogChange) ([]LogOutcome, error) {
	in := struct {
		Items []LogChange `json:"items"`
	}{changes}
	out, err := fetch[struct {
		Items []LogOutcome `json:"items"`
	}](ctx, c, put("/admin/v1/logs/status", in))
	return out.Items, err
}

func setID(query url.Values, name string, id int64) {
	if id != 0 {
		query.Set(name, strconv.FormatInt(id, 10))
	}
}

func setText(query url.Values, name, text string) {
	if text != "" {
		query.Set(name, text)
	}
}

func setTime(query url.Values, name string, t time.Time) {
	if !t.IsZero() {
		query.Set(name, t.UTC().Format(time.RFC3339Nano))
	}
}
