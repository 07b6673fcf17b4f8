package ctl

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"seckill/client"
	"seckill/internal/ctl/printer"
	"seckill/internal/seckill"
)

var booksKind = printer.Kind[client.Books]{
	Name: "books",
	ID:   func(b client.Books) string { return printer.Number(b.ProductID) },
	Columns: []printer.Column[client.Books]{
		{Head: "product", Value: func(b client.Books) string { return printer.Number(b.ProductID) }},
		{Head: "stock", Value: func(b client.Books) string { return printer.Optional(b.StockTotal) }},
		{Head: "left", Value: func(b client.Books) string { return printer.Optional(b.StockLeft) }},
		{Head: "live orders", Value: func(b client.Books) string { return printer.Number(b.LiveOrders) }},
		{Head: "left in redis", Value: func(b client.Books) string { return printer.Optional(b.RedisLeft) }},
		{Head: "in flight", Value: func(b client.Books) string { return printer.Optional(b.InFlight) }},
		{Head: "moves pending", Value: func(b client.Books) string { return printer.Optional(b.PendingMoves) }},
		{Head: "drift", Value: func(b client.Books) string { return printer.Number(b.Drift) }, Paint: paintBooks},
		{Head: "balanced", Value: func(b client.Books) string { return printer.YesNo(b.Balanced) }, Paint: paintBooks},
		{Head: "orders", Value: func(b client.Books) string { return counts(b.OrdersByStatus) }},
		{Head: "attempts", Value: func(b client.Books) string { return counts(b.LogsByStatus) }},
	},
}

func paintBooks(b client.Books) printer.Paint {
	if b.Balanced {
		return printer.Good
	}
	return printer.Bad
}

// counts writes numbers by name, such as 3 PAID, 1 CANCELLED; the greatest first.
func counts(by map[string]int64) string {
	names := slices.SortedFunc(maps.Keys(by), func(x, y string) int {
		if by[x] != by[y] {
			return int(by[y] - by[x])
		}
		return strings.Compare(x, y)
	})
	for i, name := range names {
		names[i] = printer.Number(by[name]) + " " + name
	}
	return strings.Join(names, ", ")
}

func (a *App) booksCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "books", Short: "Whether stock and orders add up"}
	cmd.AddCommand(a.booksGet(), a.booksRepair())
	return cmd
}

func (a *App) booksGet() *cobra.Command {
	return a.callProduct("get PRODUCT", "Show the books of a product; exits with 1 if they are not balanced", 0,
		func(ctx context.Context, c *client.Client, productID int64, _ []string) error {
			books, raw, err := kept(ctx, func(ctx context.Context) (client.Books, error) { return c.Books(ctx, productID) })
			if err != nil {
				return err
			}
			if err := printer.One(a.printer(), booksKind, books, raw); err != nil {
				return err
			}
			if !books.Balanced {
				return nof("the books of product %d are not balanced", productID)
			}
			return nil
		})
}

func (a *App) booksRepair() *cobra.Command {
	var dry bool
	cmd := a.callProduct("repair PRODUCT", "Correct what Redis has left by the drift; the product's number is asked for", 0,
		func(ctx context.Context, c *client.Client, productID int64, _ []string) error {
			if dry {
				return a.tryRepair(ctx, c, productID)
			}
			return perform(ctx, a, c, act[client.Books]{
				kind: booksKind, name: fmt.Sprintf("the books of product %d", productID), done: "are repaired", same: "needed no repair",
				target: seckill.ProductTarget(productID),
				before: func(ctx context.Context) (client.Books, error) { return c.Books(ctx, productID) },
				do:     func(ctx context.Context) (client.Books, error) { return c.RepairBooks(ctx, productID) },
				ask:    fmt.Sprintf("repair the books of product %d", productID), word: printer.Number(productID),
			})
		})
	cmd.Flags().BoolVar(&dry, "dry-run", false, "show what would be corrected, and correct nothing")
	return cmd
}

// tryRepair shows what a repair would make of the books as they are now.
func (a *App) tryRepair(ctx context.Context, c *client.Client, productID int64) error {
	before, raw, err := kept(ctx, func(ctx context.Context) (client.Books, error) { return c.Books(ctx, productID) })
	if err != nil {
		return err
	}
	after := before
	if before.RedisLeft != nil && before.Drift != 0 {
		left := *before.RedisLeft + before.Drift
		after.RedisLeft, after.Drift, after.Balanced = &left, 0, true
	}
	if _, err := printer.Changed(a.printer(), booksKind, before, after, raw); err != nil {
		return err
	}
	if after.RedisLeft == before.RedisLeft {
		a.notef("a repair would change nothing")
		return nil
	}
	a.notef("a repair would change this; nothing was done")
	return nil
}
