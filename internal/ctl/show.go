package ctl

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"seckill/client"
	"seckill/internal/ctl/printer"
)

// call makes a command that calls the service.
func (a *App) call(use, short string, args cobra.PositionalArgs,
	run func(ctx context.Context, c *client.Client, args []string) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: args,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.api()
			if err != nil {
				return err
			}
			return run(cmd.Context(), c, args)
		},
	}
}

// callProduct makes a command whose first argument is a product, behind which more may
// stand.
func (a *App) callProduct(use, short string, more int,
	run func(ctx context.Context, c *client.Client, productID int64, more []string) error) *cobra.Command {
	cmd := a.call(use, short, cobra.ExactArgs(1+more), func(ctx context.Context, c *client.Client, args []string) error {
		productID, err := positive("product", args[0])
		if err != nil {
			return err
		}
		return run(ctx, c, productID, args[1:])
	})
	cmd.ValidArgsFunction = a.completeProduct
	return cmd
}

// kept makes a call and returns its answer, and the JSON of that as it came.
func kept[T any](ctx context.Context, call func(ctx context.Context) (T, error)) (T, json.RawMessage, error) {
	var answer client.Answer
	thing, err := call(client.KeepAnswer(ctx, &answer))
	return thing, answer.Body, err
}

// show makes a call and prints its answer.
func show[T any](ctx context.Context, a *App, kind printer.Kind[T], call func(ctx context.Context) (T, error)) error {
	thing, raw, err := kept(ctx, call)
	if err != nil {
		return err
	}
	return printer.One(a.printer(), kind, thing, raw)
}

// showOwn prints what is no answer of the service.
func showOwn[T any](a *App, kind printer.Kind[T], thing T) error {
	raw, err := json.Marshal(thing)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	return printer.One(a.printer(), kind, thing, raw)
}

// listOwn prints a list that is no answer of the service.
func listOwn[T any](a *App, kind printer.Kind[T], things []T) error {
	page := printer.Page[T]{Items: things}
	for _, thing := range things {
		raw, err := json.Marshal(thing)
		if err != nil {
			return fmt.Errorf("encode: %w", err)
		}
		page.Raw = append(page.Raw, raw)
	}
	return printer.Many(a.printer(), kind, page)
}

// printItems prints an answer of the service that has all items at once: raw is its JSON as
// it came.
func printItems[T any](a *App, kind printer.Kind[T], items []T, raw json.RawMessage) error {
	p := a.printer()
	if f := p.Format(); f == printer.JSON || f == printer.YAML {
		return p.Raw(raw)
	}
	var each struct {
		Items []json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal(raw, &each); err != nil {
		return fmt.Errorf("read the items: %w", err)
	}
	a.noteMore(p, "", len(items))
	return printer.Many(p, kind, printer.Page[T]{Items: items, Raw: each.Items})
}
