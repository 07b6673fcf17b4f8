package ctl

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"seckill/client"
	"seckill/internal/ctl/printer"
)

// bulkFlags say which dead letters are meant when none is named.
type bulkFlags struct {
	productID int64
	reason    string
	all       bool
	note      string
}

func (b *bulkFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.Int64VarP(&b.productID, "product", "p", 0, "in bulk: the open ones of this product")
	flags.StringVar(&b.reason, "reason", "", "in bulk: the open ones of this reason")
	flags.BoolVar(&b.all, "all", false, "in bulk: every open one")
	flags.StringVar(&b.note, "note", "", "why, for the audit")
}

// letter returns the letter that is named, 0 when letters are meant in bulk.
func (b *bulkFlags) letter(args []string) (int64, error) {
	bulk := b.productID != 0 || b.reason != "" || b.all
	switch {
	case len(args) == 1 && bulk:
		return 0, usagef("a letter, or a filter: not both")
	case len(args) == 1:
		return positive("letter", args[0])
	case !bulk:
		return 0, usagef("which? Name a letter, or give --product, --reason or --all")
	case b.productID < 0:
		return 0, usagef("product %d is no positive number", b.productID)
	default:
		return 0, nil
	}
}

// String describes the letters that are meant.
func (b *bulkFlags) String() string {
	words := []string{"all open dead letters"}
	if b.productID != 0 {
		words = append(words, fmt.Sprintf("of product %d", b.productID))
	}
	if b.reason != "" {
		words = append(words, "with "+b.reason)
	}
	return strings.Join(words, " ")
}

// confirmBulk asks for the product's number, or for the word all where every product's
// letters are meant.
func (a *App) confirmBulk(what string, b bulkFlags) error {
	word := "all"
	if b.productID != 0 {
		word = printer.Number(b.productID)
	}
	return a.confirm(what+" "+b.String(), word)
}

var replaysKind = printer.Kind[client.DeadLetterReplays]{
	Name: "dead-letters",
	ID:   func(r client.DeadLetterReplays) string { return printer.Number(r.NextID) },
	Columns: []printer.Column[client.DeadLetterReplays]{
		{Head: "matched", Value: func(r client.DeadLetterReplays) string { return printer.Number(r.Matched) }},
		{Head: "replayed", Value: func(r client.DeadLetterReplays) string { return printer.Number(r.Replayed) }},
		{Head: "still bad", Value: func(r client.DeadLetterReplays) string { return printer.Number(r.StillBad) }},
		{Head: "remaining", Value: func(r client.DeadLetterReplays) string { return printer.Number(r.Remaining) }},
	},
}

// replayAll replays in bulk, call after call, and prints the sum. Letters that are still bad
// are the answer no.
func (a *App) replayAll(ctx context.Context, c *client.Client, b bulkFlags, correction client.Correction) error {
	if err := a.confirmBulk("replay", b); err != nil {
		return err
	}
	mark := a.auditMark(ctx, c, client.AuditFilter{Action: "dead_letter.replay"})
	sum := client.DeadLetterReplays{}
	for first := true; first || sum.Remaining > 0; first = false {
		part, err := c.ReplayDeadLetters(ctx, client.DeadLetterReplay{
			ProductID: b.productID, Reason: b.reason, Fields: correction, Note: b.note, AfterID: sum.NextID,
		})
		if err != nil {
			return a.brokenOff(err, sum.Replayed+sum.StillBad, func() error { return showOwn(a, replaysKind, sum) })
		}
		if first {
			sum.Matched = part.Matched
		}
		sum.Replayed, sum.StillBad = sum.Replayed+part.Replayed, sum.StillBad+part.StillBad
		sum.Remaining, sum.NextID = part.Remaining, part.NextID
	}
	a.notef("%d replayed%s", sum.Replayed, mark.since(ctx))
	if err := showOwn(a, replaysKind, sum); err != nil {
		return err
	}
	if sum.StillBad > 0 {
		return nof("%d are still bad and stay open", sum.StillBad)
	}
	return nil
}

var discardsKind = printer.Kind[client.DeadLetterDiscards]{
	Name: "dead-letters",
	ID:   func(d client.DeadLetterDiscards) string { return printer.Number(d.NextID) },
	Columns: []printer.Column[client.DeadLetterDiscards]{
		{Head: "matched", Value: func(d client.DeadLetterDiscards) string { return printer.Number(d.Matched) }},
		{Head: "discarded", Value: func(d client.DeadLetterDiscards) string { return printer.Number(d.Discarded) }},
		{Head: "remaining", Value: func(d client.DeadLetterDiscards) string { return printer.Number(d.Remaining) }},
	},
}

// discardAll discards in bulk, call after call, and prints the sum.
func (a *App) discardAll(ctx context.Context, c *client.Client, b bulkFlags) error {
	if err := a.confirmBulk("discard", b); err != nil {
		return err
	}
	mark := a.auditMark(ctx, c, client.AuditFilter{Action: "dead_letter.discard"})
	sum := client.DeadLetterDiscards{}
	for first := true; first || sum.Remaining > 0; first = false {
		part, err := c.DiscardDeadLetters(ctx, client.DeadLetterDiscard{
			ProductID: b.productID, Reason: b.reason, Note: b.note, AfterID: sum.NextID,
		})
		if err != nil {
			return a.brokenOff(err, sum.Discarded, func() error { return showOwn(a, discardsKind, sum) })
		}
		if first {
			sum.Matched = part.Matched
		}
		sum.Discarded, sum.Remaining, sum.NextID = sum.Discarded+part.Discarded, part.Remaining, part.NextID
	}
	a.notef("%d discarded%s", sum.Discarded, mark.since(ctx))
	return showOwn(a, discardsKind, sum)
}

// brokenOff shows what was done before a bulk act failed.
func (a *App) brokenOff(err error, done int64, show func() error) error {
	if done == 0 {
		return err
	}
	a.notef("it has broken off after %d:", done)
	if failed := show(); failed != nil {
		return failed
	}
	return err
}
