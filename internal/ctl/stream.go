package ctl

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"seckill/client"
	"seckill/internal/ctl/printer"
)

var streamKind = printer.Kind[client.Stream]{
	Name: "stream",
	ID:   func(s client.Stream) string { return printer.Number(s.ProductID) },
	Columns: []printer.Column[client.Stream]{
		{Head: "product", Number: true, Value: func(s client.Stream) string { return printer.Number(s.ProductID) }},
		{Head: "length", Number: true, Value: func(s client.Stream) string { return printer.Number(s.Length) }},
		{Head: "lag", Number: true, Value: lagText, Paint: paintLag},
		{Head: "pending", Number: true, Value: func(s client.Stream) string { return printer.Number(s.Pending) }},
		{Head: "oldest pending", Number: true, Value: oldestPending},
		{Head: "per second", Number: true, Value: func(s client.Stream) string { return strconv.FormatFloat(s.EntriesPerSecond, 'f', 1, 64) }},
		{Head: "consumers", Number: true, Value: func(s client.Stream) string { return printer.Number(len(s.Consumers)) }, Paint: paintConsumers},
		{Head: "group", Wide: true, Value: func(s client.Stream) string { return s.Group }},
		{Head: "last delivered", Wide: true, Value: func(s client.Stream) string { return s.LastDeliveredID }},
		{Head: "stream", Wide: true, Value: func(s client.Stream) string { return s.Stream }},
	},
}

func lagText(s client.Stream) string {
	if s.Lag == nil {
		return "not known"
	}
	return printer.Number(*s.Lag)
}

func paintLag(s client.Stream) printer.Paint {
	if s.Lag == nil {
		return printer.Warn
	}
	return printer.Plain
}

func oldestPending(s client.Stream) string {
	if s.OldestPendingMs == nil {
		return ""
	}
	return printer.Millis(*s.OldestPendingMs)
}

func paintConsumers(s client.Stream) printer.Paint {
	if len(s.Consumers) == 0 {
		return printer.Warn
	}
	return printer.Plain
}

var consumerKind = printer.Kind[client.StreamConsumer]{
	Name: "consumer",
	ID:   func(c client.StreamConsumer) string { return c.Name },
	Columns: []printer.Column[client.StreamConsumer]{
		{Head: "consumer", Value: func(c client.StreamConsumer) string { return c.Name }},
		{Head: "pending", Number: true, Value: func(c client.StreamConsumer) string { return printer.Number(c.Pending) }},
		{Head: "asked", Number: true, Value: func(c client.StreamConsumer) string { return printer.Millis(c.IdleMs) + " ago" }},
	},
}

var pendingKind = printer.Kind[client.PendingEntry]{
	Name: "entry",
	ID:   func(e client.PendingEntry) string { return e.StreamID },
	Columns: []printer.Column[client.PendingEntry]{
		{Head: "stream id", Value: func(e client.PendingEntry) string { return e.StreamID }},
		{Head: "consumer", Value: func(e client.PendingEntry) string { return e.Consumer }},
		{Head: "delivered", Number: true, Value: func(e client.PendingEntry) string { return printer.Millis(e.IdleMs) + " ago" }},
		{Head: "deliveries", Number: true, Value: func(e client.PendingEntry) string { return printer.Number(e.Deliveries) }},
	},
}

func (a *App) streamCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "stream", Short: "Streams of attempts, and who reads them"}
	cmd.AddCommand(a.streamList(), a.streamGet(), a.streamPending())
	return cmd
}

func (a *App) streamList() *cobra.Command {
	var s span
	cmd := a.call("list", "List the streams, highest product first", cobra.NoArgs,
		func(ctx context.Context, c *client.Client, _ []string) error {
			return list(ctx, a, streamKind, c.Streams(), s)
		})
	s.add(cmd)
	return cmd
}

func (a *App) streamGet() *cobra.Command {
	return a.callProduct("get PRODUCT", "Show the stream of a product, and its consumers", 0,
		func(ctx context.Context, c *client.Client, productID int64, _ []string) error {
			stream, raw, err := kept(ctx, func(ctx context.Context) (client.Stream, error) { return c.Stream(ctx, productID) })
			if err != nil {
				return err
			}
			p := a.printer()
			if err := printer.One(p, streamKind, stream, raw); err != nil || !p.Format().People() || len(stream.Consumers) == 0 {
				return err
			}
			if err := p.Blank(); err != nil {
				return err
			}
			return listOwn(a, consumerKind, stream.Consumers)
		})
}

func (a *App) streamPending() *cobra.Command {
	var s span
	cmd := a.callProduct("pending PRODUCT", "List the entries that are delivered and not yet acknowledged", 0,
		func(ctx context.Context, c *client.Client, productID int64, _ []string) error {
			return list(ctx, a, pendingKind, c.Pending(productID), s)
		})
	s.add(cmd)
	return cmd
}
