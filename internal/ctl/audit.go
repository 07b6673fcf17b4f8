package ctl

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"seckill/client"
	"seckill/internal/ctl/printer"
)

var auditKind = printer.Kind[client.AuditEntry]{
	Name: "audit",
	ID:   func(e client.AuditEntry) string { return printer.Number(e.ID) },
	Columns: []printer.Column[client.AuditEntry]{
		{Head: "audit", Number: true, Value: func(e client.AuditEntry) string { return printer.Number(e.ID) }},
		{Head: "at", Value: func(e client.AuditEntry) string { return printer.Time(e.CreatedAt) }},
		{Head: "actor", Value: func(e client.AuditEntry) string { return e.Actor }},
		{Head: "action", Value: func(e client.AuditEntry) string { return e.Action }},
		{Head: "target", Value: func(e client.AuditEntry) string { return e.Target }},
		{Head: "detail", Wide: true, Value: func(e client.AuditEntry) string { return compact(e.Detail) }},
	},
}

func compact(raw json.RawMessage) string {
	var out bytes.Buffer
	if json.Compact(&out, raw) != nil {
		return string(raw)
	}
	return out.String()
}

// auditFlags say which rows of the audit are meant.
type auditFlags struct {
	filter client.AuditFilter
	during period
}

func (f *auditFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.filter.Actor, "actor", "", "only what this subject did")
	flags.StringVar(&f.filter.Action, "action", "", "only this action, such as product.pause")
	flags.StringVar(&f.filter.Target, "target", "", "only what was done to this, such as product:2001")
}

func (a *App) auditCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "audit", Short: "Who did what"}
	cmd.AddCommand(a.auditList(), a.auditTail())
	return cmd
}

func (a *App) auditList() *cobra.Command {
	var f auditFlags
	var s span
	cmd := a.call("list", "List who did what, newest first; with -o wide, how", cobra.NoArgs,
		func(ctx context.Context, c *client.Client, _ []string) (err error) {
			if f.filter.From, f.filter.To, err = f.during.times(a); err != nil {
				return err
			}
			return list(ctx, a, auditKind, c.Audit(f.filter), s)
		})
	f.add(cmd)
	f.during.add(cmd)
	s.add(cmd)
	return cmd
}

// tailPause is how long a tail waits between two looks.
const tailPause = time.Second

func (a *App) auditTail() *cobra.Command {
	var f auditFlags
	var lines int
	cmd := a.call("tail", "Print what was done last, and what is done, until interrupted", cobra.NoArgs,
		func(ctx context.Context, c *client.Client, _ []string) error {
			if lines < 0 || lines > pageLimit {
				return usagef("--lines must be between 0 and %d", pageLimit)
			}
			return a.tail(ctx, c.Audit(f.filter), lines)
		})
	f.add(cmd)
	cmd.Flags().IntVarP(&lines, "lines", "n", 10, "rows to begin with")
	return cmd
}

func (a *App) tail(ctx context.Context, rows client.List[client.AuditEntry], lines int) error {
	stream := printer.NewStream(a.printer(), auditKind)
	page, err := fetchPage(ctx, rows, "", pageLimit)
	if err != nil {
		return a.endOfFollowing(ctx, err)
	}
	t := newTail(page.Items, page.Next)
	page.Items, page.Raw = page.Items[:min(lines, len(page.Items))], page.Raw[:min(lines, len(page.Raw))]
	for {
		if err := putOldestFirst(stream, page); err != nil {
			return err
		}
		if err := sleep(ctx, tailPause); err != nil {
			return a.endOfFollowing(ctx, err)
		}
		if page, err = t.fresh(ctx, rows); err != nil {
			return a.endOfFollowing(ctx, err)
		}
	}
}

func putOldestFirst(stream *printer.Stream[client.AuditEntry], page printer.Page[client.AuditEntry]) error {
	slices.Reverse(page.Items)
	slices.Reverse(page.Raw)
	return stream.Put(page.Items, page.Raw)
}

// tail knows which rows have been seen. Numbers are given before a transaction commits, so
// that a row can turn up behind one of a higher number.
type tail struct {
	seen  map[int64]bool
	floor int64 // what is not above it was there before
}

// tailBehind is how far below the highest number a row may turn up.
const tailBehind = 10_000

// newTail begins with the newest rows, behind which there may be a next page.
func newTail(rows []client.AuditEntry, next string) *tail {
	t := &tail{seen: map[int64]bool{}}
	for _, row := range rows {
		t.seen[row.ID] = true
	}
	if n := len(rows); n > 0 && next != "" {
		t.floor = rows[n-1].ID
	}
	return t
}

// keep returns the indexes of those rows that have not been seen, and has seen them.
func (t *tail) keep(rows []client.AuditEntry) (fresh []int) {
	for i, row := range rows {
		if row.ID > t.floor && !t.seen[row.ID] {
			t.seen[row.ID] = true
			fresh = append(fresh, i)
		}
	}
	return fresh
}

// fresh fetches the rows that have not been seen, newest first: page by page until a page
// has none.
func (t *tail) fresh(ctx context.Context, rows client.List[client.AuditEntry]) (printer.Page[client.AuditEntry], error) {
	var all printer.Page[client.AuditEntry]
	for cursor := ""; ; {
		page, err := fetchPage(ctx, rows, cursor, pageLimit)
		if err != nil {
			return all, err
		}
		fresh := t.keep(page.Items)
		for _, i := range fresh {
			all.Items, all.Raw = append(all.Items, page.Items[i]), append(all.Raw, page.Raw[i])
		}
		if cursor = page.Next; cursor == "" || len(fresh) == 0 {
			t.forget()
			return all, nil
		}
	}
}

// forget raises the floor.
func (t *tail) forget() {
	highest := t.floor
	for id := range t.seen {
		highest = max(highest, id)
	}
	t.floor = max(t.floor, highest-tailBehind)
	maps.DeleteFunc(t.seen, func(id int64, _ bool) bool { return id <= t.floor })
}
