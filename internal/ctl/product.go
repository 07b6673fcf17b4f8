package ctl

import (
	"github.com/spf13/cobra"

	"seckill/client"
	"seckill/internal/ctl/printer"
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
		{Head: "limit", Number: true, Value: func(p client.Product) string { return printer.Number(p.PerUserLimit) }},
		{Head: "starts", Value: func(p client.Product) string { return printer.Time(p.StartsAt) }},
		{Head: "ends", Value: func(p client.Product) string { return printer.Time(p.EndsAt) }},
		{Head: "pay within", Wide: true, Value: payWithin},
		{Head: "created", Wide: true, Value: func(p client.Product) string { return printer.Time(p.CreatedAt) }},
		{Head: "updated", Wide: true, Value: func(p client.Product) string { return printer.Time(p.UpdatedAt) }},
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

func payWithin(p client.Product) string {
	if p.PaymentWindowSeconds == nil {
		return ""
	}
	return printer.Optional(p.PaymentWindowSeconds) + "s"
}

func (a *App) productCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "product", Short: "Products on sale"}
	cmd.AddCommand(a.productList())
	return cmd
}

func (a *App) productList() *cobra.Command {
	var s span
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the products, highest number first",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.api()
			if err != nil {
				return err
			}
			return list(cmd.Context(), a, productKind, c.Products(), s)
		},
	}
	s.add(cmd)
	return cmd
}
