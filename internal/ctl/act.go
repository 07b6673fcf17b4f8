package ctl

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"

	"seckill/client"
	"seckill/internal/ctl/printer"
)

// act is a change of one thing.
type act[T any] struct {
	kind   printer.Kind[T]
	name   string // of the thing, such as product 2001
	done   string // what has become of it, such as is paused
	same   string // what is said when nothing has changed; "" = done already
	target string // of its rows in the audit

	before func(ctx context.Context) (T, error) // nil: there is nothing before
	do     func(ctx context.Context) (T, error)

	// ask is what is asked before, such as end product 2001 for good; "" = nothing is. word
	// is the answer that goes on.
	ask, word string
}

// perform does an act, and prints what was before and is after. On standard error it says
// what was done, with the row of the audit.
func perform[T any](ctx context.Context, a *App, c *client.Client, p act[T]) error {
	var before T
	var err error
	if p.before != nil {
		if before, err = p.before(ctx); err != nil {
			return err
		}
	}
	if p.ask != "" {
		if err := a.confirm(p.ask, p.word); err != nil {
			return err
		}
	}
	mark := a.auditMark(ctx, c, client.AuditFilter{Target: p.target})
	after, raw, err := kept(ctx, p.do)
	if unsure(err) {
		a.notef("whether %s %s is not known: see seckillctl audit list --target %s", p.name, p.done, p.target)
	}
	if err != nil {
		return err
	}
	audit := mark.since(ctx)
	if p.before == nil {
		a.notef("%s %s%s", p.name, p.done, audit)
		return printer.One(a.printer(), p.kind, after, raw)
	}
	different, err := printer.Changed(a.printer(), p.kind, before, after, raw)
	switch {
	case different || audit != "":
		a.notef("%s %s%s", p.name, p.done, audit)
	case p.same != "":
		a.notef("%s %s", p.name, p.same)
	default:
		a.notef("%s %s already", p.name, p.done)
	}
	return err
}

// unsure reports whether what failed with err may have been done all the same.
func unsure(err error) bool {
	switch client.CodeOf(err) {
	case client.CodeNoAnswer, client.CodeUnavailable, client.CodeInternal:
		return true
	default:
		return false
	}
}

// auditMark is where the audit stood before an act.
type auditMark struct {
	client *client.Client
	filter client.AuditFilter
	last   int64 // the newest row
	known  bool  // that could be read
}

// auditMark notes where the audit of what the caller does stands. That the audit cannot be
// read, which takes another role than some acts do, keeps nobody from acting.
func (a *App) auditMark(ctx context.Context, c *client.Client, filter client.AuditFilter) auditMark {
	filter.Actor = a.subject(ctx)
	m := auditMark{client: c, filter: filter}
	rows, err := c.Audit(m.filter).Page(ctx, "", 1)
	if m.known = err == nil; m.known && len(rows.Items) > 0 {
		m.last = rows.Items[0].ID
	}
	return m
}

// since names the rows behind the mark, in parentheses; "" when there are none.
func (m auditMark) since(ctx context.Context) string {
	var first, last int64
	if !m.known {
		return ""
	}
	for row, err := range m.client.Audit(m.filter).All(ctx) {
		if err != nil {
			return " (its row in the audit cannot be read: " + explain(err) + ")"
		}
		if row.ID <= m.last {
			break
		}
		first, last = row.ID, max(last, row.ID)
	}
	switch {
	case last == 0:
		return ""
	case first == last:
		return " (audit " + printer.Number(first) + ")"
	default:
		return " (audit " + printer.Number(first) + " to " + printer.Number(last) + ")"
	}
}

// subject returns whom the token of this run is of, as it says itself; "" when it does not.
func (a *App) subject(ctx context.Context) string {
	if a.target == nil || a.target.token == nil {
		return ""
	}
	token, err := a.target.token(ctx)
	if err != nil {
		return ""
	}
	c, err := readClaims(token)
	if err != nil {
		return ""
	}
	return c.Subject
}

// claims is what a token says of itself.
type claims struct {
	Subject string `json:"sub"`
	Role    string `json:"role"`
	Issued  int64  `json:"iat,omitempty"` // Unix seconds
	Expires int64  `json:"exp"`           // Unix seconds
}

// readClaims reads a token (RFC 7519) without looking at its signature.
func readClaims(token string) (c claims, err error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return c, usagef("this is no token: it has %d parts and not 3", len(parts))
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err != nil {
		return c, usagef("this is no token: %w", err)
	}
	return c, nil
}
