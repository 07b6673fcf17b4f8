package consumer_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/semaphore"

	"seckill/internal/consumer"
	"seckill/internal/ledger"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// late lets nothing be stored until it is let go, and keeps how large the batches are.
type late struct {
	*ledger.Ledger

	gate  chan struct{}
	mu    sync.Mutex
	sizes []int
}

// Server is asked before the first batch: that it waits says nothing about the pace.
func (l *late) Server(ctx context.Context) (string, error) {
	<-l.gate
	return l.Ledger.Server(ctx)
}

func (l *late) Store(ctx context.Context, b ledger.Batch) (ledger.Outcome, error) {
	l.mu.Lock()
	l.sizes = append(l.sizes, len(b.Attempts)+len(b.Dead))
	l.mu.Unlock()
	return l.Ledger.Store(ctx, b)
}

// largest returns how many entries the largest batch has had.
func (l *late) largest() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	most := 0
	for _, n := range l.sizes {
		most = max(most, n)
	}
	return most
}

// behind starts a loop that joins reads, and returns once they wait; release lets go.
func (w *world) behind(maxBatch int) (store *late, release func()) {
	w.t.Helper()
	store = &late{Ledger: w.ledger, gate: make(chan struct{})}
	release = sync.OnceFunc(func() { close(store.gate) })
	c := config()
	c.MaxBatch, c.ClaimIdle = maxBatch, time.Hour
	loop := consumer.NewLoop(1, c, w.reader(1, ""), store, w.metrics)
	loop.Tell(&doorman{w: w})
	w.start(loop.Role)
	w.t.Cleanup(release) // before the loop is stopped
	servertest.Eventually(w.t, "reads wait", func() bool { return w.pending(1) >= int64(maxBatch) })
	return store, release
}

func TestReadsThatWaitAreStoredTogether(t *testing.T) {
	const entries, most = 3000, 500
	w := newWorld(t, 1)
	w.push(1, 1, entries-1)
	w.add(1, "*", "uid", "none of ours")
	store, release := w.behind(most)
	release()
	w.drained(1, entries-1)
	if n := w.deadLetters("true"); n != 1 {
		t.Errorf("%d dead letters", n)
	}
	if n := store.largest(); n <= config().Count || n > most {
		t.Errorf("the largest batch has had %d entries", n)
	}
}

// TestLoopsShareWhatTheyReadAhead: while nothing can be stored, each of three loops has one read
// with the store, one that waits and one that may not, and two more wait between all of them.
func TestLoopsShareWhatTheyReadAhead(t *testing.T) {
	const entries, held = 1000, 3*3*100 + 200
	w := newWorld(t, 1, 2, 3)
	gate := make(chan struct{})
	c := config()
	c.MaxBatch, c.ClaimIdle, c.Ahead = entries, time.Hour, semaphore.NewWeighted(200)
	for id := int64(1); id <= 3; id++ {
		w.push(id, 1, entries)
		w.start(consumer.NewLoop(id, c, w.reader(id, ""), &late{Ledger: w.ledger, gate: gate}, w.metrics).Role)
	}
	release := sync.OnceFunc(func() { close(gate) })
	t.Cleanup(release)
	looks := 0
	servertest.Eventually(t, fmt.Sprintf("%d entries are under way, and remain so", held), func() bool {
		if looks++; w.pending(1)+w.pending(2)+w.pending(3) != held {
			looks = 0
		}
		return looks == 30
	})
	release()
	for id := int64(1); id <= 3; id++ {
		w.drained(id, entries)
	}
	servertest.Eventually(t, "nothing is held any more", func() bool {
		if !c.Ahead.TryAcquire(200) {
			return false
		}
		c.Ahead.Release(200)
		return true
	})
}

// TestWhatIsDeliveredAgainWhileItWaitsIsSettledOnce: somebody sets the group back.
func TestWhatIsDeliveredAgainWhileItWaitsIsSettledOnce(t *testing.T) {
	const entries, stock = 1000, int64(400)
	w := newWorld(t)
	_, err := w.ledger.CreateProduct(t.Context(), "test", seckill.Product{
		ProductID: 1, StockTotal: new(stock), PerUserLimit: 2, PaymentWindow: time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	w.push(1, 1, 300)
	_, release := w.behind(300)
	if err := w.client.XGroupSetID(t.Context(), seckill.StreamKey(1), "g1", "0").Err(); err != nil {
		t.Fatal(err)
	}
	w.push(1, 301, entries)
	release()
	w.drained(1, entries)
	if n := w.deadLetters("true"); n != 0 {
		t.Errorf("%d dead letters", n)
	}
	orders := servertest.Count(t, w.pool, "SELECT count(*) FROM seckill_orders WHERE product_id = 1")
	if orders != int(stock) {
		t.Errorf("%d orders of %d units", orders, stock)
	}
}
