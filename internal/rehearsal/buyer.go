package rehearsal

import (
	"context"
	"fmt"
	"strings"
	"time"

	"seckill/client"
)

// againPause is the pause after an attempt of which it is not known whether it was admitted.
const againPause = time.Second

// buyer is one who comes.
type buyer struct {
	n    int
	user int64
	due  time.Time // when he was to come
	raw  bool      // past the gate
	ask  string    // request ID
}

// buy is the way of a buyer, from the click to the payment.
func (r *run) buy(ctx context.Context, b buyer) {
	defer r.tally.leaves()
	outcome := r.enter(ctx, b)
	r.tally.answered(b, outcome, time.Since(b.due))
	if outcome != Admitted && outcome != Pushed {
		return
	}
	result := r.wait(ctx, b)
	r.tally.told(b, result, time.Since(b.due))
	r.act(ctx, b, result)
}

// enter makes the attempt, and returns its outcome.
func (r *run) enter(ctx context.Context, b buyer) string {
	if b.raw {
		if err := r.plan.Push(ctx, r.plan.ProductID, b.user); err != nil {
			return Unknown
		}
		return Pushed
	}
	ctx, cancel := context.WithTimeout(ctx, r.plan.Patience)
	defer cancel()
	for {
		_, err := r.client.Attempt(ctx, r.plan.ProductID, b.user, b.ask)
		if outcome := outcomeOf(err); outcome != Unknown {
			return outcome
		}
		if !sleep(ctx, againPause) { // under the same request ID it takes one unit, however often
			return Unknown
		}
	}
}

// outcomeOf names what became of an attempt.
func outcomeOf(err error) string {
	if err == nil {
		return Admitted
	}
	switch code := client.CodeOf(err); code {
	case "", client.CodeNoAnswer, client.CodeUnavailable, client.CodeInternal:
		return Unknown
	default:
		return strings.ToLower(string(code))
	}
}

// wait waits for the result of a buyer's attempt, and returns what there is at the end.
func (r *run) wait(ctx context.Context, b buyer) client.Result {
	end := time.Now().Add(r.plan.Patience)
	for {
		result, _ := r.client.WaitResult(ctx, r.plan.ProductID, b.user, max(0, time.Until(end)))
		if result.Status.Final() || time.Until(end) <= againPause || !sleep(ctx, againPause) {
			return result
		}
	}
}

// act pays or cancels what the buyer has won, or does not.
func (r *run) act(ctx context.Context, b buyer, result client.Result) {
	act := r.plan.Act(b.n)
	if result.Order == nil || result.Order.Status != client.PendingPayment || act == Ignore {
		return
	}
	var err error
	if act == Pay {
		_, err = r.client.PayOrder(ctx, result.Order.OrderID, fmt.Sprint("rehearsal-", b.ask))
	} else {
		_, err = r.client.CancelOrder(ctx, result.Order.OrderID)
	}
	r.tally.acted(act, err)
}
