package admission

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// What the outer tests need from inside: Redis's clock cannot be set, and which attempts
// share a call is left to chance.

// pristine is admit.lua as it is.
var pristine = admitSource

// FreezeClock has the gate take a given moment for Redis's, until the test ends.
func FreezeClock(tb testing.TB, at time.Time) {
	tb.Helper()
	const asks = "redis.call('TIME')"
	if strings.Count(pristine, asks) != 1 {
		tb.Fatalf("the script does not ask %s once", asks)
	}
	micros := at.UnixMicro()
	frozen := strings.Replace(pristine, asks, fmt.Sprintf("{'%d', '%d'}", micros/1e6, micros%1e6), 1)
	replace := func(source string) {
		admitSource, admitOnce = source, make([]sync.Once, len(admitSizes))
	}
	replace(frozen)
	tb.Cleanup(func() { replace(pristine) })
}

// Measures reports whether the backlog of a product is measured.
func (p *Pressure) Measures(productID int64) bool {
	_, found := p.gauges.Load(productID)
	return found
}

// AdmitTogether decides attempts for one product in one call.
func (g *Gate) AdmitTogether(attempts []Attempt) ([]Outcome, error) {
	batch := make([]*waiter, len(attempts))
	for i, a := range attempts {
		batch[i] = &waiter{attempt: a, done: make(chan struct{}, 1)}
	}
	g.admit(keysOf(attempts[0].ProductID), batch, func() {})
	outcomes := make([]Outcome, len(attempts))
	for i, w := range batch {
		<-w.done
		if w.err != nil {
			return nil, w.err
		}
		outcomes[i] = w.outcome
	}
	return outcomes, nil
}

// WaitLonger has a gate wait for Redis as long as a test may take on a busy machine.
func (g *Gate) WaitLonger() { g.timeout = 10 * callTimeout }

// Gathered is how many attempts for a product wait for the next call.
func (g *Gate) Gathered(productID int64) int {
	l := g.lane(productID)
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.waiting)
}

// Knows reports whether anything is kept of a product.
func (g *Gate) Knows(productID int64) bool {
	_, known := g.lanes.Load(productID)
	return known
}

// SoldOutFor is how long a gate remembers that a product is sold out.
const SoldOutFor = soldOutFor

// Decide reads an answer of the gate's script to attempts.
func Decide(attempts []Attempt, answer string) ([]Outcome, error) {
	batch := make([]*waiter, len(attempts))
	for i, a := range attempts {
		batch[i] = &waiter{attempt: a}
	}
	_, err := decide(1, batch, answer)
	outcomes := make([]Outcome, len(batch))
	for i, w := range batch {
		outcomes[i] = w.outcome
	}
	return outcomes, err
}
