package ctl

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"seckill/client"
	"seckill/internal/ctl/printer"
	"seckill/internal/seckill"
)

var orderKind = printer.Kind[client.Order]{
	Name: "order",
	ID:   func(o client.Order) string { return printer.Number(o.OrderID) },
	Columns: []printer.Column[client.Order]{
		{Head: "order", Number: true, Value: func(o client.Order) string { return printer.Number(o.OrderID) }},
		{Head: "product", Number: true, Value: func(o client.Order) string { return printer.Number(o.ProductID) }},
		{Head: "user", Number: true, Value: func(o client.Order) string { return printer.Number(o.UserID) }},
		{Head: "status", Value: func(o client.Order) string { return string(o.Status) }, Paint: paintOrder},
		{Head: "expires", Value: func(o client.Order) string { return printer.Time(o.ExpiresAt) }},
		{Head: "paid", Value: func(o client.Order) string { return printer.Time(o.PaidAt) }},
		{Head: "reference", Value: func(o client.Order) string { return o.PaymentRef }},
		{Head: "stream id", Wide: true, Value: func(o client.Order) string { return o.StreamID }},
		{Head: "created", Value: func(o client.Order) string { return printer.Time(o.CreatedAt) }},
		{Head: "updated", Wide: true, Stamp: true, Value: func(o client.Order) string { return printer.Time(o.UpdatedAt) }},
	},
}

func paintOrder(o client.Order) printer.Paint {
	switch o.Status {
	case client.Paid, client.Confirmed:
		return printer.Good
	case client.PendingPayment:
		return printer.Warn
	default:
		return printer.Faint
	}
}

// orderFlags say which orders are meant.
type orderFlags struct {
	productID, userID int64
	status, reference string
	period            period
}

func (f *orderFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.Int64VarP(&f.productID, "product", "p", 0, "only of this product")
	flags.Int64VarP(&f.userID, "user", "u", 0, "only of this user")
	flags.StringVar(&f.status, "status", "", "only PENDING_PAYMENT, PAID, CONFIRMED, CANCELLED or EXPIRED ones")
	flags.StringVar(&f.reference, "ref", "", "only those that were paid with this reference")
	f.period.add(cmd)
}

func (f *orderFlags) filter(a *App) (client.OrderFilter, error) {
	from, to, err := f.period.times(a)
	return client.OrderFilter{
		ProductID: f.productID, UserID: f.userID, Status: client.OrderStatus(f.status), PaymentRef: f.reference, From: from, To: to,
	}, err
}

func (a *App) orderCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "order", Short: "Orders, and what becomes of them"}
	cmd.AddCommand(a.orderList(), a.orderGet(), a.orderPay(), a.orderCancel(), a.orderExport(), a.orderFollow())
	return cmd
}

func (a *App) orderList() *cobra.Command {
	var f orderFlags
	var s span
	cmd := a.call("list", "List orders, newest first", cobra.NoArgs,
		func(ctx context.Context, c *client.Client, _ []string) error {
			filter, err := f.filter(a)
			if err != nil {
				return err
			}
			return list(ctx, a, orderKind, c.Orders(filter), s)
		})
	f.add(cmd)
	s.add(cmd)
	return cmd
}

// callOrder makes a command whose argument is an order.
func (a *App) callOrder(use, short string, run func(ctx context.Context, c *client.Client, orderID int64) error) *cobra.Command {
	return a.call(use, short, cobra.ExactArgs(1), func(ctx context.Context, c *client.Client, args []string) error {
		orderID, err := positive("order", args[0])
		if err != nil {
			return err
		}
		return run(ctx, c, orderID)
	})
}

func (a *App) orderGet() *cobra.Command {
	return a.callOrder("get ORDER", "Show an order", func(ctx context.Context, c *client.Client, orderID int64) error {
		return show(ctx, a, orderKind, func(ctx context.Context) (client.Order, error) { return c.Order(ctx, orderID) })
	})
}

// orderAct is a change of an order.
func orderAct(c *client.Client, orderID int64, done string, do func(ctx context.Context) (client.Order, error)) act[client.Order] {
	return act[client.Order]{
		kind: orderKind, name: fmt.Sprintf("order %d", orderID), done: done, target: seckill.OrderTarget(orderID),
		before: func(ctx context.Context) (client.Order, error) { return c.Order(ctx, orderID) },
		do:     do,
	}
}

func (a *App) orderPay() *cobra.Command {
	var reference string
	cmd := a.callOrder("pay ORDER --ref REFERENCE", "Say that an order has been paid",
		func(ctx context.Context, c *client.Client, orderID int64) error {
			if reference == "" {
				return usagef("--ref, the mark of the payment, is needed")
			}
			return perform(ctx, a, c, orderAct(c, orderID, "is paid",
				func(ctx context.Context) (client.Order, error) { return c.PayOrder(ctx, orderID, reference) }))
		})
	cmd.Flags().StringVar(&reference, "ref", "", "mark of the payment; again with the same one does no harm")
	return cmd
}

func (a *App) orderCancel() *cobra.Command {
	return a.callOrder("cancel ORDER", "Cancel an order; its unit returns to stock",
		func(ctx context.Context, c *client.Client, orderID int64) error {
			return perform(ctx, a, c, orderAct(c, orderID, "is cancelled",
				func(ctx context.Context) (client.Order, error) { return c.CancelOrder(ctx, orderID) }))
		})
}

func (a *App) orderExport() *cobra.Command {
	var f orderFlags
	var csv bool
	cmd := a.call("export", "Print all orders that match, newest first: JSON, one a line, or CSV", cobra.NoArgs,
		func(ctx context.Context, c *client.Client, _ []string) error {
			filter, err := f.filter(a)
			if err != nil {
				return err
			}
			if csv {
				return c.ExportOrdersCSV(ctx, filter, a.Stdout)
			}
			return a.exportOrders(ctx, c, filter)
		})
	f.add(cmd)
	cmd.Flags().BoolVar(&csv, "csv", false, "as CSV, with a line of names")
	return cmd
}

// exportOrders prints orders as they come. What was printed before an error is not all.
func (a *App) exportOrders(ctx context.Context, c *client.Client, filter client.OrderFilter) error {
	if format := printer.Format(a.options.output); format.People() || format == printer.JSON {
		a.options.output = string(printer.JSONL)
	}
	var answer client.Answer
	stream := printer.NewStream(a.printer(), orderKind)
	for order, err := range c.ExportOrders(client.KeepAnswer(ctx, &answer), filter) {
		if err != nil {
			return fmt.Errorf("what was printed is not all: %w", err)
		}
		if err := stream.Put([]client.Order{order}, []json.RawMessage{answer.Body}); err != nil {
			return err
		}
	}
	return nil
}
