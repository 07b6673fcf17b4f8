package ctl

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"seckill/client"
)

const (
	// waitTime is how long a condition is waited for unless it is said.
	waitTime = 10 * time.Minute
	// waitPause is the pause between two looks.
	waitPause = 500 * time.Millisecond
)

// answer is what a look at a condition comes to.
type answer int

const (
	notYet answer = iota
	met
	never // it cannot be met any more
)

// situation is what conditions are decided by.
type situation struct {
	product client.Product
	books   client.Books
	stream  client.Stream
	now     time.Time
}

// conditions are what can be waited for.
var conditions = map[string]func(s *situation) (answer, string){
	"sold-out": soldOut,
	"drained":  drained,
	"balanced": balanced,
	"ended":    ended,
}

func (a *App) saleWait() *cobra.Command {
	var condition string
	var limit time.Duration
	names := slices.Sorted(maps.Keys(conditions))
	cmd := a.callProduct("wait PRODUCT --for CONDITION", "Wait until a sale is sold out, drained, balanced or ended", 0,
		func(ctx context.Context, c *client.Client, productID int64, _ []string) error {
			decide, known := conditions[condition]
			if !known {
				return usagef("--for %q: one of %s", condition, strings.Join(names, ", "))
			}
			if limit <= 0 {
				return usagef("--timeout must be more than 0")
			}
			return a.wait(ctx, c, productID, condition, limit, decide)
		})
	cmd.Long = `Wait until a sale is

  sold-out  no unit is left
  drained   nothing is in the stream that is not stored, and no unit is in flight
  balanced  every unit is in one place
  ended     an operator has ended it, or its time is over

Exits with 0 when it is, with 1 when it cannot be any more (a sale that has ended with units
left is never sold out), with 3 when it is not within --timeout.`
	cmd.Flags().StringVar(&condition, "for", "", "what to wait for: "+strings.Join(names, ", "))
	cmd.Flags().DurationVar(&limit, "timeout", waitTime, "how long to wait")
	_ = cmd.MarkFlagRequired("for") // there is such a flag
	return cmd
}

// wait looks again and again until the condition is decided. A service that is away
// meanwhile is waited for.
func (a *App) wait(ctx context.Context, c *client.Client, productID int64, condition string, limit time.Duration,
	decide func(s *situation) (answer, string)) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	detail := "nothing was seen"
	for {
		s, err := a.look(ctx, c, productID)
		if err != nil && ctx.Err() == nil && !temporary(err) {
			return err
		}
		if err == nil {
			var result answer
			switch result, detail = decide(&s); result {
			case met:
				a.notef("product %d is %s: %s", productID, condition, detail)
				return nil
			case never:
				return nof("product %d will not be %s: %s", productID, condition, detail)
			case notYet:
			}
		}
		if sleep(ctx, waitPause) != nil {
			return a.waitedInVain(ctx, productID, condition, limit, detail)
		}
	}
}

// waitedInVain is the end of a wait that has not seen its condition.
func (a *App) waitedInVain(ctx context.Context, productID int64, condition string, limit time.Duration, detail string) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return context.Canceled
	}
	return &exitError{ExitUnreachable, fmt.Errorf("product %d is not %s after %v: %s", productID, condition, limit, detail)}
}

// temporary reports whether the same call may succeed later.
func temporary(err error) bool { return exitCode(err) == ExitUnreachable }

// look asks for what conditions are decided by.
func (a *App) look(ctx context.Context, c *client.Client, productID int64) (s situation, err error) {
	s.now = a.Now()
	if s.product, err = c.Product(ctx, productID); err != nil {
		return s, err
	}
	if s.books, err = c.Books(ctx, productID); err != nil {
		return s, err
	}
	s.stream, err = c.Stream(ctx, productID)
	return s, err
}

func soldOut(s *situation) (answer, string) {
	switch left := s.product.StockLeft; {
	case left == nil:
		return never, "it is record-only, without stock"
	case *left == 0:
		return met, fmt.Sprintf("%d of %d units are sold", *s.product.StockTotal, *s.product.StockTotal)
	case s.product.Status == client.Ended && isDrained(s):
		return never, fmt.Sprintf("it has ended with %d units left", *left)
	default:
		return notYet, fmt.Sprintf("%d units are left", *left)
	}
}

func drained(s *situation) (answer, string) {
	if isDrained(s) {
		return met, "nothing is on its way"
	}
	return notYet, fmt.Sprintf("lag %s, pending %d, in flight %s", orUnknown(s.stream.Lag), s.stream.Pending, orUnknown(s.books.InFlight))
}

func isDrained(s *situation) bool {
	nothing := func(n *int64) bool { return n != nil && *n == 0 }
	inFlight := s.product.StockTotal == nil || nothing(s.books.InFlight)
	return nothing(s.stream.Lag) && s.stream.Pending == 0 && inFlight
}

func balanced(s *situation) (answer, string) {
	if s.books.Balanced {
		return met, "every unit is in one place"
	}
	return notYet, fmt.Sprintf("drift %d, in flight %s, moves pending %s",
		s.books.Drift, orUnknown(s.books.InFlight), orUnknown(s.books.PendingMoves))
}

func ended(s *situation) (answer, string) {
	p := &s.product
	switch {
	case p.Status == client.Ended:
		return met, "an operator has ended it"
	case !p.EndsAt.IsZero() && !s.now.Before(p.EndsAt):
		return met, "its time is over"
	case p.EndsAt.IsZero():
		return notYet, "it is " + string(p.Status) + " and has no end"
	default:
		return notYet, fmt.Sprintf("it is %s until %s", p.Status, p.EndsAt.UTC().Format(time.RFC3339))
	}
}

func orUnknown(n *int64) string {
	if n == nil {
		return "not known"
	}
	return fmt.Sprint(*n)
}
