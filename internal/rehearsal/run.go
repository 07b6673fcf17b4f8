package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"seckill/client"
)

// Made-up users begin at a random one above 2^50, where no real one is and JavaScript still
// counts exactly. Two rehearsals, of one product too, do not meet.
const (
	leastUser  = int64(1) << 50
	usersSpace = int64(1) << 51
)

// run is one run of a plan.
type run struct {
	plan   Plan
	client *client.Client
	tally  *tally
	first  int64 // user
	began  time.Time
}

// Run does what the plan says and looks into the books afterwards. What does not hold is in the
// report, and no error. c makes the attempts, with the token of an operator, as the books are an
// operator's; it should repeat nothing (Retry.Tries 1), so that an attempt that is turned away
// counts as that. When ctx ends no more buyers come; those who have come are waited for all the
// same, and the report is of them.
//
// Errors: ErrNotRehearsal, CodeForbidden without an operator's token, and those of the client from before the first buyer and from the look
// into the books.
func Run(ctx context.Context, c *client.Client, plan Plan) (Report, error) {
	if err := plan.validate(); err != nil {
		return Report{}, err
	}
	product, err := c.Product(ctx, plan.ProductID)
	if err == nil {
		err = check(product)
	}
	if err == nil {
		err = checkRole(ctx, c)
	}
	if err != nil {
		return Report{}, err
	}
	return Sell(ctx, c, plan)
}

// checkRole returns an error unless c is an operator: each attempt of another one would be
// refused, and look like a refusal of the gate.
func checkRole(ctx context.Context, c *client.Client) error {
	session, err := c.Session(ctx)
	if err == nil && session.Role != "operator" {
		return fmt.Errorf("a rehearsal takes the token of an operator, and this one is of a %s: %w", session.Role, client.CodeForbidden)
	}
	return err
}

// Sell is Run on any product with stock, for who has made the product itself.
func Sell(ctx context.Context, c *client.Client, plan Plan) (Report, error) {
	if err := plan.validate(); err != nil {
		return Report{}, err
	}
	before, err := c.Books(ctx, plan.ProductID)
	if err != nil {
		return Report{}, err
	}
	if before.StockTotal == nil {
		return Report{}, fmt.Errorf("product %d is record-only: %w", plan.ProductID, ErrNotRehearsal)
	}
	r := &run{
		plan: plan.withDefaults(), client: c, tally: newTally(), began: time.Now(),
		first: leastUser + rand.Int64N(usersSpace), //nolint:gosec // it spreads, and hides nothing
	}
	r.crowd(ctx)
	took := time.Since(r.began)
	rest := context.WithoutCancel(ctx)
	r.findUnknown(rest)
	after, err := r.atRest(rest)
	if err != nil {
		return Report{}, fmt.Errorf("look into the books: %w", err)
	}
	report := r.report(took)
	report.BrokenOff = ctx.Err() != nil
	report.judge(&before, &after, r.tally)
	return report, nil
}

// crowd lets the buyers come, and returns when the last one has left.
func (r *run) crowd(ctx context.Context) {
	work := context.WithoutCancel(ctx)
	stopTelling := r.tellEverySecond()
	defer stopTelling()
	var all sync.WaitGroup
	defer all.Wait()
	places := make(chan struct{}, maxUnderWay)
	for n := range r.plan.Buyers {
		b := buyer{n: n, user: r.first + int64(n), due: r.began.Add(r.plan.Arrival(n)), raw: r.plan.Raw(n), ask: client.NewRequestID()}
		if !sleepUntil(ctx, b.due) {
			return
		}
		places <- struct{}{}
		r.tally.comes(time.Since(b.due))
		all.Go(func() {
			defer func() { <-places }()
			r.buy(work, b)
		})
	}
}

// sleepUntil waits for a moment; it reports whether ctx is still alive then.
func sleepUntil(ctx context.Context, at time.Time) bool {
	if pause := time.Until(at); pause > 0 {
		return sleep(ctx, pause)
	}
	return ctx.Err() == nil
}

// tellEverySecond tells how far it is until stop is called, and then once more.
func (r *run) tellEverySecond() (stop func()) {
	done := make(chan struct{})
	var telling sync.WaitGroup
	telling.Go(func() {
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				r.plan.Tell(r.tally.progress(time.Since(r.began)))
			case <-done:
				return
			}
		}
	})
	return func() {
		close(done)
		telling.Wait()
		r.plan.Tell(r.tally.progress(time.Since(r.began)))
	}
}

// findUnknown asks what became of attempts that were never answered.
func (r *run) findUnknown(ctx context.Context) {
	for _, b := range r.tally.unknown {
		if b.raw {
			continue // its user has no other trace than the result, and it is counted as what it is
		}
		if result := r.wait(ctx, b); result.Status != "" {
			r.tally.found()
			r.tally.told(b, result, 0)
		}
	}
}

// atRest returns the books once nothing is on its way, and at the end of the patience as they
// are then.
func (r *run) atRest(ctx context.Context) (client.Books, error) {
	end := time.Now().Add(r.plan.Patience)
	for {
		books, err := r.client.Books(ctx, r.plan.ProductID)
		over := time.Now().After(end)
		if err == nil && (resting(&books) || over) {
			return books, nil
		}
		if final := client.CodeOf(err); over || final == client.CodeProductNotFound || final == client.CodeForbidden {
			return books, err
		}
		if !sleep(ctx, lookPause) {
			return books, errors.Join(err, context.Cause(ctx))
		}
	}
}

// resting reports whether nothing of a product is on its way.
func resting(b *client.Books) bool {
	return b.Balanced && isZero(b.InFlight) && isZero(b.PendingMoves)
}

// isZero reports whether a number is known, and 0.
func isZero(n *int64) bool { return n != nil && *n == 0 }
