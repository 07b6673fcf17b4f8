package consumer_test

import (
	"context"
	"sync"
	"testing"

	"seckill/internal/ledger"
	"seckill/internal/servertest"
)

// crowd counts how many batches are being stored at the same time. Once full batches have
// begun to come it holds each until there are enough of them, or nobody else is to be expected.
type crowd struct {
	*ledger.Ledger

	mu     sync.Mutex
	enough int // so many are let go together, 0 = nobody waits
	inside int
	most   int
	met    chan struct{} // closed when there were enough

	passing int64         // the first user of a batch that is stored before others, 0 = none
	passed  chan struct{} // closed when it was
	once    sync.Once
}

func newCrowd(l *ledger.Ledger, enough int) *crowd {
	return &crowd{Ledger: l, enough: enough, met: make(chan struct{})}
}

func (c *crowd) enter() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inside++
	if c.most = max(c.most, c.inside); c.inside == c.enough {
		c.enough = 0
		close(c.met)
	}
}

func (c *crowd) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inside--
}

func (c *crowd) Store(ctx context.Context, b ledger.Batch) (ledger.Outcome, error) {
	c.enter()
	defer c.leave()
	switch first := b.Attempts[0].UserID; {
	case first == 1: // shows what kind of product it is
		return c.Ledger.Store(ctx, b)
	case first == c.passing: // the other one is not to be the first only by chance
		defer c.once.Do(func() { close(c.passed) })
	case c.passed != nil:
		<-c.passed
	}
	select {
	case <-c.met:
	case <-ctx.Done():
	}
	return c.Ledger.Store(ctx, b)
}

// unordered is how many logs of a product have a number below that of an earlier entry.
func (w *world) unordered(product int64) int {
	w.t.Helper()
	return servertest.Count(w.t, w.pool, `
SELECT count(*) FROM (SELECT user_id, lag(user_id) OVER (ORDER BY id) AS before FROM seckill_logs WHERE product_id = $1) AS l
 WHERE user_id < before`, product)
}

func TestBatchesOfARecordOnlyProductAreStoredSideBySideAndNumberedInTheirOrder(t *testing.T) {
	w := newWorld(t, 1)
	w.push(1, 1, 3050)
	c := newCrowd(w.ledger, 2)
	w.loop(1, "", c) // each batch but the first waits until there are two
	w.drained(1, 3050)
	if c.most != 2 {
		t.Errorf("%d batches at the same time at the most, want 2", c.most)
	}
	if n := w.unordered(1); n != 0 {
		t.Errorf("%d logs are numbered behind later ones", n)
	}
}

func TestBatchesOfASettledProductAreStoredOneAfterAnother(t *testing.T) {
	w := newWorld(t)
	w.exec("INSERT INTO seckill_products (product_id, stock_total, stock_left) VALUES (1, 700, 700)")
	w.push(1, 1, 1000)
	c := newCrowd(w.ledger, 1) // nobody waits
	w.loop(1, "", c)
	w.drained(1, 1000)
	if c.most != 1 {
		t.Errorf("%d batches at the same time", c.most)
	}
	if n := servertest.Count(t, w.pool, "SELECT count(*) FROM seckill_orders WHERE user_id <= 700"); n != 700 {
		t.Errorf("%d of the 700 who came first have an order", n)
	}
}

// TestAProductThatBecomesSettledIsSettledInItsOrder: while two of its batches are stored.
func TestAProductThatBecomesSettledIsSettledInItsOrder(t *testing.T) {
	w := newWorld(t, 1)
	w.push(1, 1, 1000)
	c := newCrowd(w.ledger, 3) // there are never three: they are let go below
	c.passing, c.passed = 201, make(chan struct{})
	w.loop(1, "", c)
	servertest.Eventually(t, "two batches are about to be stored", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.inside == 2
	})
	w.exec("UPDATE seckill_products SET stock_total = 150, stock_left = 150 WHERE product_id = 1")
	close(c.met)
	w.drained(1, 1000)
	recorded := servertest.Count(t, w.pool, "SELECT count(*) FROM seckill_logs WHERE status = 'PROCESSING'")
	if recorded != 100 {
		t.Errorf("%d entries were recorded before the product was settled, want 100", recorded)
	}
	if n := servertest.Count(t, w.pool, "SELECT count(*) FROM seckill_orders WHERE user_id BETWEEN 101 AND 250"); n != 150 {
		t.Errorf("%d of the 150 who came first have an order", n)
	}
	if n := w.metric("seckill_entries_total", 1, "outcome", "duplicate"); n != 0 {
		t.Errorf("%v entries were stored twice", n)
	}
}
