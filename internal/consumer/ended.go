package consumer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/zeromicro/go-zero/core/logx"

	"seckill/internal/role"
	"seckill/internal/seckill"
	"seckill/internal/stream"
	"seckill/model"
)

const (
	// endedTick is how often it is seen whether a look is due.
	endedTick = time.Second
	// drainingInterval is how often a product that has ended is looked at until nothing of
	// it is on its way, drainedInterval how often after that: an entry that comes later
	// still has to be settled.
	drainingInterval, drainedInterval = 5 * time.Second, 30 * time.Second
	// drainedRate is how many drained products are looked at in a second, at the most: with
	// more of them each is looked at less often.
	drainedRate = 100
	// retireInterval is how often products are looked for whose keys may go.
	retireInterval = time.Minute
	// endedPage is how many products are looked at together.
	endedPage = 500
	// endedTimeout bounds one look.
	endedTimeout = 20 * time.Second
)

type (
	// Streams tells what is left in streams; stream.Inspector is it.
	Streams interface {
		Leftovers(ctx context.Context, productIDs []int64) []stream.Leftover
		LastIDs(ctx context.Context, productIDs []int64) []stream.Leftover
	}
	// Flights tells what is in flight; admission.Gate is it.
	Flights interface {
		Flying(ctx context.Context, productIDs []int64) ([]int64, []error)
		Retire(ctx context.Context, productID int64) (holder string, err error)
	}
	// Drained is where it is noted which products are done with; the ledger is it.
	Drained interface {
		MarkDrained(ctx context.Context, productIDs []int64) ([]int64, error)
		UnmarkDrained(ctx context.Context, productIDs []int64) error
		DrainedBefore(ctx context.Context, age time.Duration) ([]int64, error)
		RetireProduct(ctx context.Context, productID int64) (bool, error)
	}
)

// Ended looks after the products that have ended. While something of one is on its way, it
// is consumed as ever; then it is noted as drained and costs nothing but a look now and
// then, until its keys are removed from Redis.
type Ended struct {
	products  func() []model.ProductState
	streams   Streams
	flights   Flights
	drained   Drained
	retention time.Duration // how long a product is drained before its keys go; 0 = they stay

	lookedAt map[int64]time.Time // when each product was looked at last
	lastIDs  map[int64]string    // of streams in which nothing was left
	retireAt time.Time           // when to look for keys that may go

	mu   sync.Mutex
	left map[int64]bool // products of which something is on its way
}

// NewEnded makes what looks after the given products that have ended.
func NewEnded(products func() []model.ProductState, streams Streams, flights Flights, drained Drained,
	retention time.Duration) *Ended {
	return &Ended{
		products: products, streams: streams, flights: flights, drained: drained, retention: retention,
		lookedAt: map[int64]time.Time{}, lastIDs: map[int64]string{}, left: map[int64]bool{},
	}
}

// Left reports whether something of a product that has ended was seen to be on its way.
func (e *Ended) Left(productID int64) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.left[productID]
}

// Role makes the role that looks.
func (e *Ended) Role() *role.Role {
	return role.Every(endedTick, "look after products that have ended", e.Look)
}

// Look looks at every product that is due, and removes the keys of those whose time is over.
func (e *Ended) Look(ctx context.Context) error {
	draining, drained := e.due(time.Now())
	var problems []error
	for page := range slices.Chunk(drained, endedPage) {
		changed, err := e.changed(ctx, page)
		draining = append(draining, changed...)
		problems = append(problems, err)
	}
	for page := range slices.Chunk(draining, endedPage) {
		problems = append(problems, e.lookAt(ctx, page))
	}
	if e.retention > 0 && time.Now().After(e.retireAt) {
		e.retireAt = time.Now().Add(retireInterval)
		problems = append(problems, e.retire(ctx))
	}
	return role.Problems(problems)
}

// due returns the products that have ended and are to be looked at now.
func (e *Ended) due(now time.Time) (draining, drained []int64) {
	listed := map[int64]bool{}
	interval := max(drainedInterval, time.Duration(len(e.lastIDs))*time.Second/drainedRate)
	for _, p := range e.products() {
		if p.Status != string(seckill.ProductEnded) {
			continue
		}
		listed[p.ProductID] = true
		last, looked := e.lookedAt[p.ProductID]
		_, known := e.lastIDs[p.ProductID]
		switch {
		case p.Drained && known && now.Sub(last) >= interval:
			drained = append(drained, p.ProductID)
		case (!p.Drained || !known) && (!looked || now.Sub(last) >= drainingInterval):
			draining = append(draining, p.ProductID)
		default:
			continue
		}
		e.lookedAt[p.ProductID] = now
	}
	for id := range e.lookedAt {
		if !listed[id] { // retired
			e.forget(id)
		}
	}
	return draining, drained
}

func (e *Ended) forget(productID int64) {
	delete(e.lookedAt, productID)
	delete(e.lastIDs, productID)
	e.mu.Lock()
	delete(e.left, productID)
	e.mu.Unlock()
}

// changed returns those of drained products whose streams have changed since.
func (e *Ended) changed(ctx context.Context, page []int64) ([]int64, error) {
	ctx, cancel := context.WithTimeout(ctx, endedTimeout)
	defer cancel()
	var changed []int64
	var problems []error
	for i, l := range e.streams.LastIDs(ctx, page) {
		switch {
		case l.Err != nil:
			problems = append(problems, fmt.Errorf("product %d: %w", page[i], l.Err))
		case l.LastID != e.lastIDs[page[i]]:
			changed = append(changed, page[i])
		}
	}
	return changed, role.Problems(problems)
}

// lookAt finds out of which products something is on its way, and notes it.
func (e *Ended) lookAt(ctx context.Context, page []int64) error {
	ctx, cancel := context.WithTimeout(ctx, endedTimeout)
	defer cancel()
	var empty, busy []int64
	var problems []error
	flying, flyingErrs := e.flights.Flying(ctx, page)
	for i, l := range e.streams.Leftovers(ctx, page) {
		id := page[i]
		if err := errors.Join(l.Err, flyingErrs[i]); err != nil {
			problems = append(problems, fmt.Errorf("product %d: %w", id, err))
			continue
		}
		left := l.Left || flying[i] > 0
		e.mu.Lock()
		e.left[id] = left
		e.mu.Unlock()
		if left {
			delete(e.lastIDs, id)
			busy = append(busy, id)
		} else {
			e.lastIDs[id] = l.LastID
			empty = append(empty, id)
		}
	}
	problems = append(problems, e.note(ctx, empty, busy))
	return role.Problems(problems)
}

// note notes what was found.
func (e *Ended) note(ctx context.Context, empty, busy []int64) error {
	var drained []int64
	var markErr, unmarkErr error
	if len(empty) > 0 {
		drained, markErr = e.drained.MarkDrained(ctx, empty)
	}
	if len(busy) > 0 {
		unmarkErr = e.drained.UnmarkDrained(ctx, busy)
	}
	if len(drained) > 0 {
		logx.Infof("%d products have ended and nothing of them is on its way: %v", len(drained), drained[:min(20, len(drained))])
	}
	return errors.Join(markErr, unmarkErr)
}

// retire removes the keys of products that have been drained for long, and has it noted.
func (e *Ended) retire(ctx context.Context) error {
	ids, err := e.drained.DrainedBefore(ctx, e.retention)
	if err != nil {
		return err
	}
	problems := make([]error, len(ids))
	for i, id := range ids {
		if ctx.Err() != nil {
			break
		}
		if err := e.retireProduct(ctx, id); err != nil {
			problems[i] = fmt.Errorf("retire product %d: %w", id, err)
		}
	}
	return role.Problems(problems)
}

func (e *Ended) retireProduct(ctx context.Context, id int64) error {
	ctx, cancel := context.WithTimeout(ctx, endedTimeout)
	defer cancel()
	holder, err := e.flights.Retire(ctx, id)
	if err != nil {
		return err
	}
	if holder != "" {
		logx.Infof("the keys of product %d stay in Redis: %s has not done with them", id, holder)
		return nil
	}
	noted, err := e.drained.RetireProduct(ctx, id)
	if err == nil && noted {
		logx.Infof("product %d has ended for good: its keys are removed from Redis", id)
	}
	return err
}
