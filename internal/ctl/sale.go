package ctl

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"seckill/client"
	"seckill/internal/ctl/printer"
	"seckill/internal/ctl/watch"
)

func (a *App) saleCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "sale", Short: "A sale while it happens, and afterwards"}
	cmd.AddCommand(a.saleWatch(), a.saleWait(), a.saleReport())
	return cmd
}

func (a *App) saleWatch() *cobra.Command {
	cmd := a.callProduct("watch PRODUCT", "Show a sale while it happens, until interrupted; without a terminal one line a second", 0,
		func(ctx context.Context, c *client.Client, productID int64, _ []string) error {
			switch {
			case !printer.Format(a.options.output).People():
				return a.watchJSON(ctx, c, productID)
			case a.Terminal(a.Stdout) && a.Terminal(a.Stdin):
				return watch.Terminal(ctx, a.Stdin, a.Stdout, productID, a.colour(a.Stdout), a.Now,
					func(ctx context.Context, each func(client.LiveEvent)) error { return a.live(ctx, c, productID, each) })
			default:
				return a.watchLines(ctx, c, productID)
			}
		})
	cmd.Long = `Show a sale while it happens, until interrupted.

On a terminal: the stock and how it burns down, attempts and results each second, the delay
from arrival to commit, the stream, orders, books and alarms. Numbers that are not of now are
marked as stale. Keys: w shows 2 or 15 minutes, q ends it.

Without a terminal: one line a second. With -o json or jsonl: one sample of the API a line.`
	return cmd
}

const (
	// liveAgain is the pause before live events are opened anew once the client has given up.
	liveAgain = time.Second
)

// live calls each with every live event of a product until ctx ends. A service that is away
// is waited for, as a sale that is watched is not over then; but one that has never answered
// is an error, and so is a refusal.
func (a *App) live(ctx context.Context, c *client.Client, productID int64, each func(client.LiveEvent)) error {
	came := false
	for {
		err := follow(ctx, c, productID, func(event client.LiveEvent) {
			came = true
			each(event)
		})
		if ctx.Err() != nil {
			return nil //nolint:nilerr // the user has ended it
		}
		failed, ok := errors.AsType[*client.Error](err)
		if !came || !ok || !failed.Temporary() {
			return err
		}
		if sleep(ctx, liveAgain) != nil {
			return nil //nolint:nilerr // the user has ended it
		}
	}
}

// follow calls each with every event until there is an error.
func follow(ctx context.Context, c *client.Client, productID int64, each func(client.LiveEvent)) error {
	for event, err := range c.ProductLive(ctx, productID) {
		if err != nil {
			return err
		}
		each(event)
	}
	return nil
}

// watchLines prints a line for each sample, and says when none comes any more.
func (a *App) watchLines(ctx context.Context, c *client.Client, productID int64) error {
	state := watch.State{ProductID: productID}
	return a.eachSample(ctx, c, productID, &state, func(*client.LiveSample) error {
		_, err := fmt.Fprintln(a.Stdout, watch.Line(&state))
		return err
	})
}

// watchJSON prints each sample as a line of JSON.
func (a *App) watchJSON(ctx context.Context, c *client.Client, productID int64) error {
	state := watch.State{ProductID: productID}
	lines := printer.New(a.Stdout, printer.JSONL, false)
	return a.eachSample(ctx, c, productID, &state, func(sample *client.LiveSample) error {
		raw, err := jsonOf(sample)
		if err != nil {
			return err
		}
		return lines.Raw(raw)
	})
}

// eachSample calls do with each sample, once it is in the state. While none comes it says so
// on standard error, once.
func (a *App) eachSample(ctx context.Context, c *client.Client, productID int64, state *watch.State, do func(*client.LiveSample) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	events := make(chan client.LiveEvent)
	over := make(chan error, 1)
	go func() {
		over <- a.live(ctx, c, productID, func(event client.LiveEvent) {
			select {
			case events <- event:
			case <-ctx.Done():
			}
		})
	}()
	silence := time.NewTimer(watch.StaleAfter)
	defer silence.Stop()
	for {
		select {
		case event := <-events:
			silence.Reset(watch.StaleAfter)
			if state.Add(event, a.Now()); event.Sample == nil {
				continue
			}
			if err := do(event.Sample); err != nil {
				cancel()
				return errors.Join(err, <-over)
			}
		case <-silence.C:
			a.noteSilence(state)
		case err := <-over:
			return err
		}
	}
}

// noteSilence says that the last sample is not of now.
func (a *App) noteSilence(state *watch.State) {
	if state.Last != nil {
		a.notef("stale: nothing has come since %s, trying again", printer.Time(state.Last.At))
	}
}
