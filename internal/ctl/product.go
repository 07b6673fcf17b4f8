package ctl

import (
	"context"

	"github.com/spf13/cobra"

	"seckill/client"
	"seckill/internal/ctl/printer"
	"seckill/internal/seckill"
)

var productKind = printer.Kind[client.Product]{
	Name: "product",
	ID:   func(p client.Product) string { return printer.Number(p.ProductID) },
	Columns: []printer.Column[client.Product]{
		{Head: "product", Number: true, Value: func(p client.Product) string { return printer.Number(p.ProductID) }},
		{Head: "name", Value: func(p client.Product) string { return p.Name }},
		{Head: "status", Value: func(p client.Product) string { return string(p.Status) }, Paint: paintProduct},
		{Head: "mode", Value: func(p client.Product) string { return string(p.Mode) }},
		{Head: "stock", Number: true, Value: func(p client.Product) string { return printer.Optional(p.StockTotal) }},
		{Head: "left", Number: true, Value: func(p client.Product) string { return printer.Optional(p.StockLeft) }},
		{Head: "limit", Number: true, Value: perUser},
		{Head: "starts", Value: func(p client.Product) string { return printer.Time(p.StartsAt) }},
		{Head: "ends", Value: func(p client.Product) string { return printer.Time(p.EndsAt) }},
		{Head: "pay within", Wide: true, Value: payWithin},
		{Head: "created", Wide: true, Stamp: true, Value: func(p client.Product) string { return printer.Time(p.CreatedAt) }},
		{Head: "updated", Wide: true, Stamp: true, Value: func(p client.Product) string { return printer.Time(p.UpdatedAt) }},
	},
}

func paintProduct(p client.Product) printer.Paint {
	switch p.Status {
	case client.Paused:
		return printer.Warn
	case client.Ended:
		return printer.Faint
	default:
		return printer.Plain
	}
}

// perUser is the limit of a user; it holds for products with stock only.
func perUser(p client.Product) string {
	switch {
	case p.Mode == client.Record:
		return ""
	case p.PerUserLimit == 0:
		return "none"
	default:
		return printer.Number(p.PerUserLimit)
	}
}

func payWithin(p client.Product) string {
	if p.PaymentWindowSeconds == nil {
		return ""
	}
	return printer.Seconds(*p.PaymentWindowSeconds)
}

func (a *App) productCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "product", Short: "Products on sale"}
	cmd.AddCommand(
		a.productList(), a.productGet(),
		a.productCreate(), a.productApply(), a.productDiff(),
		a.productSet(), a.productPause(), a.productResume(), a.productStock(), a.productEnd(), a.productDelete(),
	)
	return cmd
}

func (a *App) productList() *cobra.Command {
	var s span
	cmd := a.call("list", "List the products, highest number first", cobra.NoArgs,
		func(ctx context.Context, c *client.Client, _ []string) error {
			return list(ctx, a, productKind, c.Products(), s)
		})
	s.add(cmd)
	return cmd
}

func (a *App) productGet() *cobra.Command {
	return a.callProduct("get PRODUCT", "Show a product", 0,
		func(ctx context.Context, c *client.Client, productID int64, _ []string) error {
			return show(ctx, a, productKind, func(ctx context.Context) (client.Product, error) { return c.Product(ctx, productID) })
		})
}

// productAct is a change of a product.
func productAct(c *client.Client, productID int64, done string, do func(ctx context.Context) (client.Product, error)) act[client.Product] {
	return act[client.Product]{
		kind: productKind, name: "product " + printer.Number(productID), done: done,
		target: seckill.ProductTarget(productID),
		before: func(ctx context.Context) (client.Product, error) { return c.Product(ctx, productID) },
		do:     do,
	}
}
