package client

import (
	"context"
	"encoding/json"
	"iter"
	"net/url"
	"time"
)

// AuditEntry says who did what.
type AuditEntry struct {
	ID        int64           `json:"id"`
	Actor     string          `json:"actor"`  // subject of the token; seckill for what the service noticed by itself
	Action    string          `json:"action"` // such as product.pause; request.refused when the role was too small
	Target    string          `json:"target"` // such as product:1001
	Detail    json.RawMessage `json:"detail"` // an object; what it holds depends on the action
	CreatedAt time.Time       `json:"createdAt"`
}

// AuditFilter says which rows of the audit are listed; its zero value lists all.
type AuditFilter struct {
	Actor  string
	Action string
	Target string
	From   time.Time // written at this time or later
	To     time.Time // written before this time
}

func (f AuditFilter) query() url.Values {
	query := url.Values{}
	setText(query, "actor", f.Actor)
	setText(query, "action", f.Action)
	setText(query, "target", f.Target)
	setTime(query, "from", f.From)
	setTime(query, "to", f.To)
	return query
}

// Session says what the caller's token is good for.
type Session struct {
	Subject   string    `json:"subject"`
	Role      string    `json:"role"` // viewer or operator
	ExpiresAt time.Time `json:"expiresAt"`
	Allowed   []string  `json:"allowed"` // what the role may do: api.read, admin.read, and changes by their names in the audit, such as product.pause
}

// Audit lists who did what, newest first.
func (c *Client) Audit(filter AuditFilter) List[AuditEntry] {
	return List[AuditEntry]{client: c, path: "/admin/v1/audit", query: filter.query()}
}

// AuditStream goes through all rows of the audit that match, newest first, in one call. An
// error, which comes with a zero row, ends it: what came before it is not all.
func (c *Client) AuditStream(ctx context.Context, filter AuditFilter) iter.Seq2[AuditEntry, error] {
	return eachLine[AuditEntry](ctx, c, get("/admin/v1/audit", filter.query()))
}

// Session returns what the token of this client is good for.
func (c *Client) Session(ctx context.Context) (Session, error) {
	return fetch[Session](ctx, c, get("/admin/v1/session", nil))
}
