package ctl

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"seckill/client"
	"seckill/internal/ctl/printer"
)

var eventKind = printer.Kind[client.OrderEvent]{
	Name: "event",
	ID:   func(e client.OrderEvent) string { return printer.Number(e.Number) },
	Columns: []printer.Column[client.OrderEvent]{
		{Head: "number", Number: true, Value: func(e client.OrderEvent) string { return printer.Number(e.Number) }},
		{Head: "at", Value: func(e client.OrderEvent) string { return printer.Time(e.At) }},
		{Head: "event    ", Value: func(e client.OrderEvent) string { return string(e.Type) }, Paint: paintEvent},
		{Head: "order", Number: true, Value: func(e client.OrderEvent) string { return printer.Number(e.Order.OrderID) }},
		{Head: "user", Number: true, Value: func(e client.OrderEvent) string { return printer.Number(e.Order.UserID) }},
		{Head: "reference", Value: func(e client.OrderEvent) string { return e.Order.PaymentRef }},
	},
}

func paintEvent(e client.OrderEvent) printer.Paint {
	switch e.Type {
	case client.OrderWasPaid, client.OrderWasConfirmed:
		return printer.Good
	case client.OrderWasCancelled, client.OrderHasExpired:
		return printer.Faint
	default:
		return printer.Plain
	}
}

const (
	// followItems is how many events are fetched at a time: as many as the service gives.
	followItems = 1000
	// followWait is how long the service is asked to wait for an event.
	followWait = 25 * time.Second
	// followPause is the least pause after an answer without events: a replica that stops
	// answers at once.
	followPause = 200 * time.Millisecond
)

func (a *App) orderFollow() *cobra.Command {
	var after int64
	var once bool
	cmd := a.callProduct("follow PRODUCT", "Print what becomes of a product's orders, as it happens, until interrupted", 0,
		func(ctx context.Context, c *client.Client, productID int64, _ []string) error {
			if after < 0 {
				return usagef("--after must not be negative")
			}
			return a.follow(ctx, c, productID, after, once)
		})
	cmd.Flags().Int64Var(&after, "after", 0, "number of the event to go on after, 0 = from the beginning")
	cmd.Flags().BoolVar(&once, "once", false, "end where no more has happened, instead of waiting")
	return cmd
}

func (a *App) follow(ctx context.Context, c *client.Client, productID, after int64, once bool) error {
	wait := followWait
	if once {
		wait = 0
	}
	stream := printer.NewStream(a.printer(), eventKind)
	for {
		page, raw, err := kept(ctx, func(ctx context.Context) (client.OrderEventPage, error) {
			return c.OrderEventPage(ctx, productID, after, followItems, wait)
		})
		if err != nil {
			return a.endOfFollowing(ctx, err)
		}
		if err := putEvents(stream, page, raw); err != nil {
			return err
		}
		after = page.Next
		if len(page.Items) > 0 {
			continue
		}
		if once {
			return nil
		}
		if err := sleep(ctx, followPause); err != nil {
			return a.endOfFollowing(ctx, err)
		}
	}
}

// putEvents prints the events of a page, each with its JSON as it came.
func putEvents(stream *printer.Stream[client.OrderEvent], page client.OrderEventPage, raw json.RawMessage) error {
	var each struct {
		Items []json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal(raw, &each); err != nil {
		return fmt.Errorf("read events: %w", err)
	}
	return stream.Put(page.Items, each.Items)
}

// endOfFollowing is how something ends that goes on until it is interrupted: then all is
// well.
func (a *App) endOfFollowing(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil //nolint:nilerr // the user has ended it
	}
	if e, ok := errors.AsType[*client.Error](err); ok && e.Next > 0 {
		a.notef("list the orders anew, and go on with --after %d", e.Next)
	}
	return err
}

// sleep waits, and returns why it did not wait to the end.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
