package admission

import (
	"context"
	"fmt"
	"sync/atomic"
)

// Answer is what the gate has said to one attempt of a batch. Err is as that of Admit.
type Answer struct {
	Outcome

	Err error
}

// group is the attempts of one batch, which are waited for together.
type group struct {
	left atomic.Int64  // of them, without an answer
	done chan struct{} // closed with the last answer
}

// AdmitBatch decides attempts for one product, in order, each as if it were made alone, in as
// few calls to Redis as they fit into. Their ProductID is not read.
func (g *Gate) AdmitBatch(ctx context.Context, productID int64, attempts []Attempt) []Answer {
	lane := g.lane(productID)
	answers := make([]Answer, len(attempts))
	waiting, places := lane.enter(attempts, answers)
	if len(waiting) == 0 {
		return answers
	}
	ctx, cancel := context.WithTimeout(ctx, g.timeout)
	defer cancel()
	together := waiting[0].group
	lane.join(waiting...)
	select {
	case <-together.done:
	case <-ctx.Done():
	}
	for n, w := range waiting {
		answers[places[n]] = w.leave(ctx)
	}
	return answers
}

// enter answers the attempts of a batch that need no call, and makes waiters of the others,
// which are those at the places.
func (l *lane) enter(attempts []Attempt, answers []Answer) (waiting []*waiter, places []int) {
	own := make([]waiter, len(attempts))
	waiting, places = make([]*waiter, 0, len(attempts)), make([]int, 0, len(attempts))
	together := &group{done: make(chan struct{})}
	soldOut := l.soldOut()
	for i := range attempts {
		if refusal, known := attempts[i].refusedAtOnce(soldOut); known {
			answers[i].Refusal = refusal
			continue
		}
		own[i].attempt, own[i].group = attempts[i], together
		waiting, places = append(waiting, &own[i]), append(places, i)
	}
	together.left.Store(int64(len(waiting)))
	return waiting, places
}

// leave returns the answer to an attempt of a batch, when all have theirs or ctx has ended.
func (w *waiter) leave(ctx context.Context) Answer {
	if w.told.Load() {
		return Answer{Outcome: w.outcome, Err: w.err}
	}
	w.gone.Store(true) // w stays the call's, if it is under way
	return Answer{Err: fmt.Errorf("admit: %w", context.Cause(ctx))}
}
