package ctl

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"seckill/client"
	"seckill/internal/ctl/printer"
)

var letterKind = printer.Kind[client.DeadLetter]{
	Name: "dead-letter",
	ID:   func(l client.DeadLetter) string { return printer.Number(l.ID) },
	Columns: []printer.Column[client.DeadLetter]{
		{Head: "letter", Number: true, Value: func(l client.DeadLetter) string { return printer.Number(l.ID) }},
		{Head: "product", Number: true, Value: func(l client.DeadLetter) string { return printer.Number(l.ProductID) }},
		{Head: "status", Value: func(l client.DeadLetter) string { return string(l.Status) }, Paint: paintLetter},
		{Head: "reason", Value: func(l client.DeadLetter) string { return l.Reason }},
		{Head: "fields", Value: func(l client.DeadLetter) string { return fieldsText(l.Fields) }},
		{Head: "stream id", Value: func(l client.DeadLetter) string { return l.StreamID }},
		{Head: "created", Value: func(l client.DeadLetter) string { return printer.Time(l.CreatedAt) }},
		{Head: "deliveries", Number: true, Wide: true, Value: func(l client.DeadLetter) string { return printer.Number(l.Deliveries) }},
		{Head: "fingerprint", Wide: true, Value: func(l client.DeadLetter) string { return l.Fingerprint }},
		{Head: "updated", Wide: true, Stamp: true, Value: func(l client.DeadLetter) string { return printer.Time(l.UpdatedAt) }},
	},
}

func paintLetter(l client.DeadLetter) printer.Paint {
	if l.Status == client.LetterOpen {
		return printer.Warn
	}
	return printer.Faint
}

// fieldsText writes fields in one line, by name.
func fieldsText(fields client.Fields) string {
	parts := make([]string, 0, len(fields))
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		parts = append(parts, name+"="+string(fields[name]))
	}
	return strings.Join(parts, " ")
}

// letterDetailKind is a letter with what was done to it.
var letterDetailKind = printer.Kind[client.DeadLetterDetail]{
	Name:    letterKind.Name,
	ID:      func(d client.DeadLetterDetail) string { return printer.Number(d.ID) },
	Columns: append(ofLetter(letterKind.Columns), outcomeColumns...),
}

// ofLetter makes columns of letters those of letters with their history.
func ofLetter(columns []printer.Column[client.DeadLetter]) []printer.Column[client.DeadLetterDetail] {
	out := make([]printer.Column[client.DeadLetterDetail], len(columns))
	for i, column := range columns {
		out[i] = printer.Column[client.DeadLetterDetail]{
			Head: column.Head, Wide: column.Wide, Number: column.Number, Stamp: column.Stamp,
			Value: func(d client.DeadLetterDetail) string { return column.Value(d.DeadLetter) },
		}
		if column.Paint != nil {
			out[i].Paint = func(d client.DeadLetterDetail) printer.Paint { return column.Paint(d.DeadLetter) }
		}
	}
	return out
}

var outcomeColumns = []printer.Column[client.DeadLetterDetail]{
	{Head: "became", Value: func(d client.DeadLetterDetail) string {
		if d.Outcome == nil {
			return ""
		}
		return d.Outcome.StreamID
	}},
	{Head: "attempt", Value: func(d client.DeadLetterDetail) string {
		if d.Outcome == nil || d.Outcome.Log == nil {
			return ""
		}
		return strings.TrimSpace(string(d.Outcome.Log.Status) + " " + d.Outcome.Log.Reason)
	}},
	{Head: "order", Value: func(d client.DeadLetterDetail) string {
		if d.Outcome == nil || d.Outcome.Order == nil {
			return ""
		}
		return printer.Number(d.Outcome.Order.OrderID)
	}},
}

var letterActKind = printer.Kind[client.DeadLetterAct]{
	Name: "act",
	ID:   func(h client.DeadLetterAct) string { return h.Action },
	Columns: []printer.Column[client.DeadLetterAct]{
		{Head: "at", Value: func(h client.DeadLetterAct) string { return printer.Time(h.At) }},
		{Head: "by", Value: func(h client.DeadLetterAct) string { return h.Actor }},
		{Head: "did", Value: func(h client.DeadLetterAct) string { return strings.TrimPrefix(h.Action, "dead_letter.") }},
		{Head: "note", Value: func(h client.DeadLetterAct) string { return h.Note }},
		{Head: "fields", Value: func(h client.DeadLetterAct) string { return fieldsText(h.After) }},
	},
}

var letterGroupKind = printer.Kind[client.DeadLetterGroup]{
	Name: "dead-letters",
	ID:   func(g client.DeadLetterGroup) string { return printer.Number(g.ProductID) + "/" + g.Reason },
	Columns: []printer.Column[client.DeadLetterGroup]{
		{Head: "product", Number: true, Value: func(g client.DeadLetterGroup) string { return printer.Number(g.ProductID) }},
		{Head: "reason", Value: func(g client.DeadLetterGroup) string { return g.Reason }},
		{Head: "open", Number: true, Value: func(g client.DeadLetterGroup) string { return printer.Number(g.Open) }, Paint: paintGroup},
		{Head: "replayed", Number: true, Value: func(g client.DeadLetterGroup) string { return printer.Number(g.Replayed) }},
		{Head: "discarded", Number: true, Value: func(g client.DeadLetterGroup) string { return printer.Number(g.Discarded) }},
		{Head: "oldest open", Value: func(g client.DeadLetterGroup) string { return printer.Time(g.OldestOpenAt) }},
		{Head: "newest", Value: func(g client.DeadLetterGroup) string { return printer.Time(g.NewestAt) }},
		{Head: "such as", Value: func(g client.DeadLetterGroup) string { return numbers(g.SampleIDs) }},
	},
}

func paintGroup(g client.DeadLetterGroup) printer.Paint {
	if g.Open > 0 {
		return printer.Warn
	}
	return printer.Faint
}

func numbers(ids []int64) string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = printer.Number(id)
	}
	return strings.Join(texts, " ")
}

func (a *App) letterCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "dead-letter", Short: "Entries that could not be stored: correct, replay or discard them"}
	cmd.AddCommand(
		a.letterList(), a.letterSummary(), a.letterGet(),
		a.letterPreview(), a.letterEdit(), a.letterReplay(), a.letterDiscard(), a.letterReopen(),
	)
	return cmd
}

func (a *App) letterList() *cobra.Command {
	var f client.DeadLetterFilter
	var status string
	var during period
	var s span
	cmd := a.call("list", "List dead letters, newest first", cobra.NoArgs,
		func(ctx context.Context, c *client.Client, _ []string) (err error) {
			f.Status = client.LetterStatus(status)
			if f.From, f.To, err = during.times(a); err != nil {
				return err
			}
			return list(ctx, a, letterKind, c.DeadLetters(f), s)
		})
	flags := cmd.Flags()
	flags.Int64VarP(&f.ProductID, "product", "p", 0, "only of this product")
	flags.StringVar(&f.Reason, "reason", "", "only of this reason, such as INVALID_UID")
	flags.StringVar(&status, "status", "", "only OPEN, REPLAYED or DISCARDED ones")
	flags.StringVar(&f.StreamID, "stream-id", "", "only of this entry")
	during.add(cmd)
	s.add(cmd)
	return cmd
}

func (a *App) letterSummary() *cobra.Command {
	var productID int64
	cmd := a.call("summary", "Count dead letters by product and reason", cobra.NoArgs,
		func(ctx context.Context, c *client.Client, _ []string) error {
			groups, raw, err := kept(ctx, func(ctx context.Context) ([]client.DeadLetterGroup, error) {
				return c.DeadLetterGroups(ctx, productID)
			})
			if err != nil {
				return err
			}
			return printItems(a, letterGroupKind, groups, raw)
		})
	cmd.Flags().Int64VarP(&productID, "product", "p", 0, "only of this product")
	return cmd
}

// callLetter makes a command whose argument is a dead letter.
func (a *App) callLetter(use, short string, run func(ctx context.Context, c *client.Client, letterID int64) error) *cobra.Command {
	return a.call(use, short, cobra.ExactArgs(1), func(ctx context.Context, c *client.Client, args []string) error {
		letterID, err := positive("letter", args[0])
		if err != nil {
			return err
		}
		return run(ctx, c, letterID)
	})
}

func (a *App) letterGet() *cobra.Command {
	return a.callLetter("get LETTER", "Show a dead letter, what was done to it, and what it became",
		func(ctx context.Context, c *client.Client, letterID int64) error {
			letter, raw, err := kept(ctx, func(ctx context.Context) (client.DeadLetterDetail, error) { return c.DeadLetter(ctx, letterID) })
			if err != nil {
				return err
			}
			p := a.printer()
			if err := printer.One(p, letterDetailKind, letter, raw); err != nil || !p.Format().People() || len(letter.History) == 0 {
				return err
			}
			if err := p.Blank(); err != nil {
				return err
			}
			return listOwn(a, letterActKind, letter.History)
		})
}
