package ctl

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"seckill/client"
	"seckill/internal/ctl/printer"
)

// pageLimit is the most items that the service gives at once.
const pageLimit = 100

// span says which part of a list is shown.
type span struct {
	limit  int
	cursor string
}

// add adds the flags of a list.
func (s *span) add(cmd *cobra.Command) {
	cmd.Flags().IntVarP(&s.limit, "limit", "n", 50, "most items, 0 = all")
	cmd.Flags().StringVar(&s.cursor, "cursor", "", "where to go on: nextCursor of the page before")
}

// list prints a part of a list.
func list[T any](ctx context.Context, a *App, kind printer.Kind[T], of client.List[T], s span) error {
	if s.limit < 0 {
		return usagef("--limit must not be negative")
	}
	p := a.printer()
	streams := p.Format() == printer.JSONL || p.Format() == printer.Name // needs nothing of what follows
	all := printer.Page[T]{Next: s.cursor}
	for n, more := 0, true; more; more = all.Next != "" && (s.limit == 0 || n < s.limit) {
		page, err := fetchPage(ctx, of, all.Next, pageSize(s.limit, n))
		if err != nil {
			return err
		}
		n += len(page.Items)
		all.Next = page.Next
		if streams {
			if err := printer.Many(p, kind, page); err != nil {
				return err
			}
			continue
		}
		all.Items, all.Raw = append(all.Items, page.Items...), append(all.Raw, page.Raw...)
	}
	if !streams {
		if err := printer.Many(p, kind, all); err != nil {
			return err
		}
	}
	a.noteMore(p, all.Next, len(all.Items))
	return nil
}

// noteMore says on standard error whether there is more, where the data does not.
func (a *App) noteMore(p *printer.Printer, next string, items int) {
	switch {
	case next != "" && p.Format() != printer.JSON && p.Format() != printer.YAML:
		a.notef("there is more: --cursor %s, or --limit 0 for all", next)
	case items == 0 && p.Format().People():
		a.notef("none")
	}
}

// pageSize returns how many items are asked for when n have come.
func pageSize(limit, n int) int {
	if limit == 0 {
		return pageLimit
	}
	return min(pageLimit, limit-n)
}

// fetchPage fetches a page, with its items as they came.
func fetchPage[T any](ctx context.Context, of client.List[T], cursor string, limit int) (printer.Page[T], error) {
	var answer client.Answer
	page, err := of.Page(client.KeepAnswer(ctx, &answer), cursor, limit)
	if err != nil {
		return printer.Page[T]{}, err
	}
	var raw client.Page[json.RawMessage]
	if err := json.Unmarshal(answer.Body, &raw); err != nil {
		return printer.Page[T]{}, fmt.Errorf("read a page: %w", err)
	}
	return printer.Page[T]{Items: page.Items, Raw: raw.Items, Next: page.NextCursor}, nil
}
