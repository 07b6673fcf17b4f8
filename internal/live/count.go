package live

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"seckill/model"
)

const (
	// restFactor is how many times as long as orders took to be counted they are not counted
	// again: what watching costs the database is bounded.
	restFactor = 10
	// countTimeout bounds a count of orders, and countedFor is for how long one is shown.
	countTimeout, countedFor = 2 * time.Second, 10 * time.Second
	// countPatience is how long a sample waits for a count: that of a small sale is in it.
	countPatience = 100 * time.Millisecond
)

// orderCount counts orders beside the samples: there may be so many that it takes longer than
// a sample may.
type orderCount struct {
	busy atomic.Bool

	mu     sync.Mutex
	orders map[int64]model.LiveOrders // nil = not known
	at     time.Time                  // of the count
	next   time.Time                  // when the next may begin
}

// begin begins to count the orders of products, unless it is too soon. It returns what is
// closed at the end of the count, nil when none has begun.
func (c *orderCount) begin(ctx context.Context, l *looker, productIDs []int64) <-chan struct{} {
	c.mu.Lock()
	soon := time.Now().Before(c.next)
	c.mu.Unlock()
	if len(productIDs) == 0 || soon || !c.busy.CompareAndSwap(false, true) {
		return nil
	}
	done := make(chan struct{})
	l.asked.Go(func() {
		defer close(done)
		defer c.busy.Store(false)
		ctx, cancel := context.WithTimeout(ctx, countTimeout)
		defer cancel()
		began := time.Now()
		orders, err := l.from.Database.LiveOrders(ctx, productIDs)
		c.set(began, orders, err)
	})
	return done
}

func (c *orderCount) set(began time.Time, orders []model.LiveOrders, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.next = time.Now().Add(restFactor * time.Since(began))
	if err != nil {
		c.orders = nil
		return
	}
	c.at, c.orders = began, make(map[int64]model.LiveOrders, len(orders))
	for _, o := range orders {
		c.orders[o.ProductID] = o
	}
}

// get returns the last count, unless it is too old; it waits a moment for one that has just
// begun.
func (c *orderCount) get(now time.Time, counted <-chan struct{}) map[int64]model.LiveOrders {
	if counted != nil {
		timer := time.NewTimer(countPatience)
		defer timer.Stop()
		select {
		case <-counted:
		case <-timer.C:
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if now.Sub(c.at) > countedFor {
		return nil
	}
	return c.orders
}
