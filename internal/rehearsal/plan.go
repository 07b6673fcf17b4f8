package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"seckill/client"
)

// Bounds of a plan. They keep a slip of the hand from becoming an attack.
const (
	MaxRate   = 5_000            // buyers a second
	MaxFor    = 10 * time.Minute // from the first buyer to the last
	MaxBuyers = 500_000
)

const (
	// defaultPatience is how long an attempt, a result, or the books are waited for.
	defaultPatience = 30 * time.Second
	// maxUnderWay bounds the buyers that are waiting for something at one time. Those who
	// come while so many wait are begun later, and their latency has that in it.
	maxUnderWay = 10_000
)

// Act is what a buyer does with an order that has to be paid.
type Act int

// The acts of a buyer.
const (
	Ignore Act = iota // lets it expire
	Pay
	Cancel
)

// Plan says who comes when, and does what.
type Plan struct {
	// ProductID names the product. Required.
	ProductID int64

	// Buyers is how many come, each once, each a user of its own. Required, at most MaxBuyers.
	Buyers int

	// Arrival is when buyer n, 0 to Buyers-1, comes after the beginning; it never falls.
	// Required.
	Arrival func(n int) time.Duration

	// Act is what buyer n does with an order. Defaults to Ignore.
	Act func(n int) Act

	// Push puts the attempt of a user into the stream past the gate, as a BFF that uses XADD
	// does. Needed where Raw is ever true.
	Push func(ctx context.Context, productID, userID int64) error

	// Raw says whether buyer n goes past the gate. Defaults to nobody.
	Raw func(n int) bool

	// Patience is how long a buyer waits to be answered and then for a result, and how long the
	// books may take to come to rest. Defaults to 30 s.
	Patience time.Duration

	// Tell is called once a second with how far it is. Defaults to nothing.
	Tell func(Progress)
}

// Evenly returns arrivals at a rate, in buyers a second.
func Evenly(rate int) func(n int) time.Duration {
	return func(n int) time.Duration { return time.Duration(n) * time.Second / time.Duration(rate) }
}

// Shares returns acts of which the given shares, in percent, are payments and cancels, spread
// evenly over the buyers.
func Shares(pay, cancel int) func(n int) Act {
	return func(n int) Act {
		switch at := n * 37 % 100; { // 37 and 100 have no common factor: each of 100 buyers has a place of its own
		case at < pay:
			return Pay
		case at < pay+cancel:
			return Cancel
		default:
			return Ignore
		}
	}
}

// Load returns the plan of a load at a rate (buyers a second) for some time.
func Load(productID int64, rate int, during time.Duration) (Plan, error) {
	switch {
	case rate < 1 || rate > MaxRate:
		return Plan{}, fmt.Errorf("a rate of %d buyers a second: it has to be 1 to %d", rate, MaxRate)
	case during <= 0 || during > MaxFor:
		return Plan{}, fmt.Errorf("a load for %v: it has to be longer than 0s, and at most %v", during, MaxFor)
	}
	buyers := int(during * time.Duration(rate) / time.Second)
	if buyers > MaxBuyers {
		return Plan{}, fmt.Errorf("%d a second for %v are %d buyers: there may be %d", rate, during, buyers, MaxBuyers)
	}
	return Plan{ProductID: productID, Buyers: max(buyers, 1), Arrival: Evenly(rate)}, nil
}

func (p Plan) withDefaults() Plan {
	if p.Act == nil {
		p.Act = func(int) Act { return Ignore }
	}
	if p.Raw == nil {
		p.Raw = func(int) bool { return false }
	}
	if p.Patience == 0 {
		p.Patience = defaultPatience
	}
	if p.Tell == nil {
		p.Tell = func(Progress) {}
	}
	return p
}

func (p Plan) validate() error {
	if p.ProductID <= 0 || p.Buyers <= 0 || p.Buyers > MaxBuyers || p.Arrival == nil {
		return fmt.Errorf("a rehearsal needs a product, 1 to %d buyers, and when they come", MaxBuyers)
	}
	return nil
}

// ErrNotRehearsal is of a product that a rehearsal must not run on.
var ErrNotRehearsal = errors.New("no product of a rehearsal")

// check returns why a rehearsal must not run on a product, nil when it may.
func check(p client.Product) error {
	switch {
	case !IsRehearsal(p):
		return fmt.Errorf("product %d is %q: %w: its name has to begin with %q, for made-up buyers take real stock",
			p.ProductID, p.Name, ErrNotRehearsal, Prefix)
	case p.Mode != client.Settle:
		return fmt.Errorf("product %d is record-only: %w: without stock there is nothing to sell out", p.ProductID, ErrNotRehearsal)
	}
	return nil
}
