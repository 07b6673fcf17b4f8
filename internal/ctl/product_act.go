package ctl

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"seckill/client"
	"seckill/internal/ctl/printer"
	"seckill/internal/seckill"
)

func (a *App) productPause() *cobra.Command {
	return a.callProduct("pause PRODUCT", "Pause a product: it admits and consumes nothing", 0,
		func(ctx context.Context, c *client.Client, productID int64, _ []string) error {
			return perform(ctx, a, c, productAct(c, productID, "is paused",
				func(ctx context.Context) (client.Product, error) { return c.PauseProduct(ctx, productID) }))
		})
}

func (a *App) productResume() *cobra.Command {
	return a.callProduct("resume PRODUCT", "Let a paused product go on", 0,
		func(ctx context.Context, c *client.Client, productID int64, _ []string) error {
			return perform(ctx, a, c, productAct(c, productID, "is on sale",
				func(ctx context.Context) (client.Product, error) { return c.ResumeProduct(ctx, productID) }))
		})
}

func (a *App) productEnd() *cobra.Command {
	return a.callProduct("end PRODUCT", "End a product for good; its number is asked for", 0,
		func(ctx context.Context, c *client.Client, productID int64, _ []string) error {
			end := productAct(c, productID, "has ended",
				func(ctx context.Context) (client.Product, error) { return c.EndProduct(ctx, productID) })
			end.ask, end.word = fmt.Sprintf("end product %d for good", productID), printer.Number(productID)
			return perform(ctx, a, c, end)
		})
}

func (a *App) productDelete() *cobra.Command {
	return a.callProduct("delete PRODUCT", "Delete a product that has ended; its number is asked for", 0,
		func(ctx context.Context, c *client.Client, productID int64, _ []string) error {
			if _, err := c.Product(ctx, productID); err != nil {
				return err
			}
			if err := a.confirm(fmt.Sprintf("delete product %d", productID), printer.Number(productID)); err != nil {
				return err
			}
			mark := a.auditMark(ctx, c, client.AuditFilter{Target: seckill.ProductTarget(productID)})
			if err := c.DeleteProduct(ctx, productID); err != nil {
				return err
			}
			a.notef("product %d is deleted%s", productID, mark.since(ctx))
			return nil
		})
}

func (a *App) productStock() *cobra.Command {
	var delta int64
	var note string
	cmd := a.callProduct("stock PRODUCT --delta UNITS --note WHY",
		"Add units to the stock, or withdraw some; then the product's number is asked for", 0,
		func(ctx context.Context, c *client.Client, productID int64, _ []string) error {
			if delta == 0 || note == "" {
				return usagef("--delta, which is not 0, and --note are needed")
			}
			restock := productAct(c, productID, "has "+units(delta)+" more",
				func(ctx context.Context) (client.Product, error) {
					return c.RestockProduct(ctx, productID, delta, note)
				})
			if delta < 0 {
				restock.done = "has " + units(-delta) + " less"
				restock.ask = fmt.Sprintf("withdraw %s of product %d", units(-delta), productID)
				restock.word = printer.Number(productID)
			}
			return perform(ctx, a, c, restock)
		})
	cmd.Flags().Int64Var(&delta, "delta", 0, "units to add; to withdraw, less than 0")
	cmd.Flags().StringVar(&note, "note", "", "why, for the audit")
	return cmd
}

// units writes a number of units.
func units(n int64) string {
	if n == 1 {
		return "1 unit"
	}
	return printer.Number(n) + " units"
}

// productFlags are the fields of a product as flags.
type productFlags struct {
	name         string
	stock, limit int64
	starts, ends string
	payWithin    string
}

func (a *App) productSet() *cobra.Command {
	var f productFlags
	var cmd *cobra.Command
	cmd = a.callProduct("set PRODUCT", "Change fields of a product; what is stored already keeps its outcome", 0,
		func(ctx context.Context, c *client.Client, productID int64, _ []string) error {
			change, err := f.change(cmd, a)
			if err != nil {
				return err
			}
			return perform(ctx, a, c, productAct(c, productID, "is changed",
				func(ctx context.Context) (client.Product, error) { return c.ChangeProduct(ctx, productID, change) }))
		})
	flags := cmd.Flags()
	flags.StringVar(&f.name, "name", "", "name, 1 to 200 characters")
	flags.Int64Var(&f.stock, "stock", 0, "units of stock, once, of a product without any; later see product stock")
	flags.Int64Var(&f.limit, "limit", 0, "most live orders of a user, 0 = no limit")
	flags.StringVar(&f.starts, "starts", "", "begin of the sale: "+timeForms+", or none")
	flags.StringVar(&f.ends, "ends", "", "end of the sale: "+timeForms+", or none")
	flags.StringVar(&f.payWithin, "pay-within", "", "time to pay an order, such as 10m; 0 = orders need no payment")
	return cmd
}

// change returns the change that the flags ask for.
func (f *productFlags) change(cmd *cobra.Command, a *App) (change client.ProductChange, err error) {
	given := 0
	set := func(flag string, to func() error) {
		if err == nil && cmd.Flags().Changed(flag) {
			given++
			err = to()
		}
	}
	set("name", func() error { change.Name = &f.name; return nil })
	set("stock", func() error { change.StockTotal = &f.stock; return nil })
	set("limit", func() error { change.PerUserLimit = &f.limit; return nil })
	set("starts", func() (err error) { change.StartsAt, err = a.timeOrNone("starts", f.starts); return err })
	set("ends", func() (err error) { change.EndsAt, err = a.timeOrNone("ends", f.ends); return err })
	set("pay-within", func() (err error) { change.PaymentWindowSeconds, err = wholeSeconds(f.payWithin); return err })
	if err == nil && given == 0 {
		err = usagef("what shall be set? See seckillctl product set --help")
	}
	return change, err
}
