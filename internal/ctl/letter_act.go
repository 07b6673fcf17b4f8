package ctl

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"seckill/client"
	"seckill/internal/ctl/printer"
	"seckill/internal/seckill"
)

// correctionFlags say which fields of a letter are replaced.
type correctionFlags struct{ set, unset []string }

func (f *correctionFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.set, "set", nil, "field to replace, NAME=VALUE; can be given again")
	cmd.Flags().StringArrayVar(&f.unset, "unset", nil, "field to remove, NAME; can be given again")
}

func (f *correctionFlags) correction() (client.Correction, error) {
	correction := client.Correction{}
	for _, pair := range f.set {
		name, value, found := strings.Cut(pair, "=")
		if !found || name == "" {
			return nil, usagef("--set %q is not NAME=VALUE", pair)
		}
		field := client.Field(value)
		correction[name] = &field
	}
	for _, name := range f.unset {
		correction[name] = nil
	}
	return correction, nil
}

// letterAct is a change of a dead letter.
func letterAct(c *client.Client, letterID int64, done string,
	do func(ctx context.Context) (client.DeadLetterDetail, error)) act[client.DeadLetterDetail] {
	return act[client.DeadLetterDetail]{
		kind: letterDetailKind, name: fmt.Sprintf("dead letter %d", letterID), done: done,
		target: seckill.LetterTarget + printer.Number(letterID),
		before: func(ctx context.Context) (client.DeadLetterDetail, error) { return c.DeadLetter(ctx, letterID) },
		do:     do,
	}
}

var previewKind = printer.Kind[client.DeadLetterPreview]{
	Name: "preview",
	ID:   func(p client.DeadLetterPreview) string { return printer.YesNo(p.Valid) },
	Columns: []printer.Column[client.DeadLetterPreview]{
		{Head: "valid", Value: func(p client.DeadLetterPreview) string { return printer.YesNo(p.Valid) }, Paint: paintPreview},
		{Head: "reason", Value: func(p client.DeadLetterPreview) string { return string(p.Reason) }},
		{Head: "fields", Value: func(p client.DeadLetterPreview) string { return fieldsText(p.Fields) }},
		{Head: "attempt", Value: decisionText},
	},
}

func paintPreview(p client.DeadLetterPreview) printer.Paint {
	if p.Valid {
		return printer.Good
	}
	return printer.Bad
}

func decisionText(p client.DeadLetterPreview) string {
	switch {
	case p.Decision != nil:
		return strings.TrimSpace(string(p.Decision.Status) + " " + p.Decision.Reason)
	case p.Valid:
		return "to the stream again"
	default:
		return ""
	}
}

func (a *App) letterPreview() *cobra.Command {
	var f correctionFlags
	cmd := a.callLetter("preview LETTER", "Show what a replay would do now; exits with 1 if it would be refused",
		func(ctx context.Context, c *client.Client, letterID int64) error {
			correction, err := f.correction()
			if err != nil {
				return err
			}
			preview, raw, err := kept(ctx, func(ctx context.Context) (client.DeadLetterPreview, error) {
				return c.PreviewDeadLetter(ctx, letterID, correction)
			})
			if err != nil {
				return err
			}
			if err := printer.One(a.printer(), previewKind, preview, raw); err != nil {
				return err
			}
			if !preview.Valid {
				return errSilent
			}
			return nil
		})
	f.add(cmd)
	return cmd
}

func (a *App) replay(ctx context.Context, c *client.Client, letterID int64, correction client.Correction, note string) error {
	return perform(ctx, a, c, letterAct(c, letterID, "is replayed", func(ctx context.Context) (client.DeadLetterDetail, error) {
		return c.ReplayDeadLetter(ctx, letterID, correction, note)
	}))
}

func (a *App) letterReplay() *cobra.Command {
	var f correctionFlags
	var b bulkFlags
	cmd := a.call("replay [LETTER]", "Replay a dead letter, corrected; or all that match, of which the product's number is asked",
		cobra.MaximumNArgs(1), func(ctx context.Context, c *client.Client, args []string) error {
			correction, err := f.correction()
			if err != nil {
				return err
			}
			letterID, err := b.letter(args)
			if err != nil {
				return err
			}
			if letterID == 0 {
				return a.replayAll(ctx, c, b, correction)
			}
			return a.replay(ctx, c, letterID, correction, b.note)
		})
	f.add(cmd)
	b.add(cmd)
	return cmd
}

func (a *App) letterDiscard() *cobra.Command {
	var b bulkFlags
	cmd := a.call("discard [LETTER] --note WHY", "Discard a dead letter; or all that match, of which the product's number is asked",
		cobra.MaximumNArgs(1), func(ctx context.Context, c *client.Client, args []string) error {
			if b.note == "" {
				return usagef("--note is needed")
			}
			letterID, err := b.letter(args)
			if err != nil {
				return err
			}
			if letterID == 0 {
				return a.discardAll(ctx, c, b)
			}
			return perform(ctx, a, c, letterAct(c, letterID, "is discarded", func(ctx context.Context) (client.DeadLetterDetail, error) {
				return c.DiscardDeadLetter(ctx, letterID, b.note)
			}))
		})
	b.add(cmd)
	return cmd
}

func (a *App) letterReopen() *cobra.Command {
	var note string
	cmd := a.callLetter("reopen LETTER --note WHY", "Open a dead letter again that was discarded",
		func(ctx context.Context, c *client.Client, letterID int64) error {
			if note == "" {
				return usagef("--note is needed")
			}
			return perform(ctx, a, c, letterAct(c, letterID, "is open", func(ctx context.Context) (client.DeadLetterDetail, error) {
				return c.ReopenDeadLetter(ctx, letterID, note)
			}))
		})
	cmd.Flags().StringVar(&note, "note", "", "why, for the audit")
	return cmd
}
