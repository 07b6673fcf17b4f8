package consumer_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"seckill/internal/consumer"
	"seckill/internal/ledger"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/internal/stream"
	"seckill/model"
)

func upTo(n int64) []int64 {
	ids := make([]int64, n)
	for i := range ids {
		ids[i] = int64(i) + 1
	}
	return ids
}

// ready waits until every product is consumed.
func ready(t *testing.T, s *consumer.Supervisor) {
	t.Helper()
	servertest.Eventually(t, "ready", func() bool { return s.Check(t.Context()) == nil })
}

// TestManyProductsShareFewLanes has entries come into the streams of far more products than
// there are lanes, before the start, while they are quiet, and again.
func TestManyProductsShareFewLanes(t *testing.T) {
	const products, lanes = 60, 3
	w := newWorld(t, upTo(products)...)
	for _, id := range upTo(products / 2) {
		w.push(id, 1, 5)
	}
	s := w.sharing(prepared, lanes, w.ledger)
	w.start(s.Role)
	ready(t, s)
	for round := 1; round <= 3; round++ {
		for _, id := range upTo(products) {
			w.push(id, 5*round+1, 5*round+5)
		}
		for _, id := range upTo(products) {
			stored := 5 * round
			if id <= products/2 {
				stored += 5
			}
			w.drained(id, stored)
		}
	}
	for _, id := range upTo(products) {
		if w.metric("seckill_consumers_up", id) != 1 {
			t.Errorf("product %d counts as not consumed", id)
		}
	}
	// Those of the readers, of ordinary commands, of this test.
	if n := clients(t, w); n > lanes+40 {
		t.Errorf("%d connections for %d products in %d lanes", n, products, lanes)
	}
}

// blind sees no arrivals: whoever is given a lane has been woken in another way.
type blind struct{ *stream.Inspector }

func (blind) Arrivals(_ context.Context, places []stream.Place) []stream.Arrival {
	return make([]stream.Arrival, len(places))
}

func (b blind) Groups(ctx context.Context, ids []int64, minIdle time.Duration) []stream.Standby {
	all := b.Inspector.Groups(ctx, ids, minIdle)
	for i := range all {
		all[i].Waiting = false
	}
	return all
}

func (w *world) blindly(lanes int) *consumer.Supervisor {
	s := w.sharing(prepared, lanes, w.ledger)
	s.Share(consumer.Sharing{
		Lanes: lanes, Quiet: blind{stream.NewInspector(w.clients.Commands, "g1", seckill.StreamKey)}, ClaimIdle: config().ClaimIdle,
		Reader: func(product int64) *stream.Reader { return w.reader(product, "") }, Up: w.metrics.ConsumerUp,
	})
	w.start(s.Role)
	ready(w.t, s)
	return s
}

func TestTheBellWakesAQuietProduct(t *testing.T) {
	w := newWorld(t, 1, 2, 3, 4)
	s := w.blindly(1)
	s.Ring(99) // of a product that nobody knows
	for round := range 20 {
		for _, id := range upTo(4) {
			w.push(id, round+1, round+1)
			s.Ring(id)
		}
	}
	for _, id := range upTo(4) {
		w.drained(id, 20)
	}
}

// TestNoEntryIsMissedAsAProductFallsSilent rings for a second entry at whatever moment of the
// life that the first one has brought about.
func TestNoEntryIsMissedAsAProductFallsSilent(t *testing.T) {
	w := newWorld(t, 1, 2)
	s := w.blindly(1)
	for n := 1; n < 400; n += 2 {
		for user := n; user <= n+1; user++ {
			w.push(1, user, user)
			s.Ring(1)
			for until := time.Now().Add(time.Duration(rand.IntN(4000)) * time.Microsecond); time.Now().Before(until); {
				// finer than a sleep
			}
		}
		servertest.Eventually(t, "both are stored", func() bool { return w.logs(1) == n+1 })
	}
}

// leave has a consumer be given entries and go away without acknowledging them.
func (w *world) leave(product int64, instance string) {
	w.t.Helper()
	reader := w.reader(product, instance)
	if err := reader.Join(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	if _, err := reader.Read(w.t.Context(), 100, time.Second); err != nil {
		w.t.Fatal(err)
	}
}

func TestWhatIsPendingOfAQuietProductIsTakenOver(t *testing.T) {
	w := newWorld(t, upTo(6)...)
	w.push(1, 1, 10)
	w.leave(1, "") // by the same consumer, in an earlier life
	s := w.sharing(prepared, 1, w.ledger)
	w.start(s.Role)
	ready(t, s)
	w.drained(1, 10)
	for _, id := range upTo(6) { // by another one, later
		w.push(id, 11, 20)
		w.leave(id, "gone")
	}
	w.drained(1, 20)
	for _, id := range upTo(6)[1:] {
		w.drained(id, 10)
	}
}

func TestAGroupThatIsGoneIsMadeAgainWhileItsProductIsQuiet(t *testing.T) {
	w := newWorld(t, upTo(6)...)
	s := w.sharing(prepared, 1, w.ledger)
	w.start(s.Role)
	ready(t, s)
	if err := w.client.XGroupDestroy(t.Context(), seckill.StreamKey(2), "g1").Err(); err != nil {
		t.Fatal(err)
	}
	for _, id := range upTo(6) {
		w.push(id, 1, 10)
	}
	for _, id := range upTo(6) {
		w.drained(id, 10)
	}
	if err := w.client.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	w.add(3, "1-1", "uid", "11") // below all that was there before
	w.drained(3, 11)
	ready(t, s)
	for _, id := range upTo(6) {
		servertest.Eventually(t, "every group is there again", func() bool { return w.pending(id) == 0 })
	}
}

// TestBrokenStreamsHoldUpNoOther has more keys of the wrong type than there are lanes.
func TestBrokenStreamsHoldUpNoOther(t *testing.T) {
	w := newWorld(t, upTo(8)...)
	for _, id := range []int64{1, 2, 3} {
		w.client.Set(t.Context(), seckill.StreamKey(id), "no stream", 0)
	}
	s := w.supervisor(prepared)
	for round := range 3 {
		for _, id := range upTo(8)[3:] {
			w.push(id, 10*round+1, 10*round+10)
		}
		for _, id := range upTo(8)[3:] {
			w.drained(id, 10*round+10)
		}
	}
	if err := s.Check(t.Context()); err == nil || err.Error() != "products not consumed: [1 2 3]" {
		t.Errorf("ready: %v", err)
	}
	w.client.Del(t.Context(), seckill.StreamKey(1), seckill.StreamKey(2), seckill.StreamKey(3))
	w.push(2, 1, 10)
	w.drained(2, 10)
	ready(t, s)
}

func TestAHotProductSharesItsLane(t *testing.T) {
	const backlog = 40_000
	w := newWorld(t, 1, 2, 3)
	for from := 1; from < backlog; from += 10_000 {
		w.push(1, from, from+9999)
	}
	s := w.sharing(prepared, 1, w.ledger)
	w.start(s.Role)
	servertest.Eventually(t, "the hot product is read", func() bool { return w.logs(1) > 0 })
	w.push(2, 1, 10)
	w.push(3, 1, 10)
	w.drained(2, 10)
	w.drained(3, 10)
	if w.logs(1) == backlog {
		t.Error("the others have waited for the whole backlog")
	}
	w.drained(1, backlog)
}

func TestQuietProductsOutliveAnOutageOfRedis(t *testing.T) {
	w := newWorld(t, upTo(30)...)
	s := w.supervisor(prepared)
	ready(t, s)
	if err := w.redis.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	servertest.Eventually(t, "all are named", func() bool {
		err := s.Check(t.Context())
		return err != nil && strings.HasSuffix(err.Error(), "20] and 10 more")
	})
	for _, id := range upTo(30) {
		if w.metric("seckill_consumers_up", id) != 0 {
			t.Errorf("product %d counts as consumed", id)
		}
	}
	if err := w.redis.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	ready(t, s)
	for _, id := range upTo(30) {
		w.push(id, 1, 5)
		w.drained(id, 5)
	}
}

// held is a ledger that does not get on with one product until it is released.
type held struct {
	*ledger.Ledger

	product  int64
	released chan struct{}
}

func (s held) Store(ctx context.Context, b ledger.Batch) (ledger.Outcome, error) {
	if b.ProductID == s.product {
		select {
		case <-s.released:
		case <-ctx.Done():
			return ledger.Outcome{}, fmt.Errorf("store: %w", ctx.Err())
		}
	}
	return s.Ledger.Store(ctx, b)
}

func TestAProductThatIsStuckLosesItsLane(t *testing.T) {
	w := newWorld(t, 1, 2, 3)
	store := held{Ledger: w.ledger, product: 1, released: make(chan struct{})}
	release := sync.OnceFunc(func() { close(store.released) })
	defer release()
	s := w.sharing(prepared, 1, store)
	w.start(s.Role)
	ready(t, s)
	w.push(1, 1, 500)
	servertest.Eventually(t, "it is stuck", func() bool { return w.pending(1) > 0 })
	w.push(2, 1, 10)
	w.push(3, 1, 10)
	w.drained(2, 10)
	w.drained(3, 10)
	if n := w.logs(1); n != 0 {
		t.Errorf("%d logs of the product that is stuck", n)
	}
	release()
	w.drained(1, 500)
	ready(t, s)
}

func TestAQuietProductIsPausedAndResumed(t *testing.T) {
	w := newWorld(t, upTo(4)...)
	s := w.sharing(prepared, 1, w.ledger)
	w.start(s.Role)
	ready(t, s)
	w.exec("UPDATE seckill_products SET status = 'PAUSED' WHERE product_id IN (1, 2)")
	servertest.Eventually(t, "two are consumed", func() bool { return len(s.Served()) == 2 })
	w.push(1, 1, 10)
	s.Ring(1)
	w.push(3, 1, 10)
	w.drained(3, 10)
	if n := w.logs(1); n != 0 {
		t.Errorf("%d logs of a paused product", n)
	}
	w.exec("UPDATE seckill_products SET status = 'ACTIVE' WHERE product_id IN (1, 2)")
	w.drained(1, 10)
	ready(t, s)
}

// TestWhatAQuietProductHasLostIsReadAgainInOrder takes rows out of the books of a product that
// nobody reads, and has its group read again, as the keeper does.
func TestWhatAQuietProductHasLostIsReadAgainInOrder(t *testing.T) {
	w := newWorld(t, upTo(4)...)
	s := w.sharing(prepared, 1, w.ledger)
	w.start(s.Role)
	for _, id := range upTo(4) {
		w.push(id, 1, 250)
	}
	for _, id := range upTo(4) {
		w.drained(id, 250)
	}
	ids := w.client.XRange(t.Context(), seckill.StreamKey(2), "-", "+").Val()
	w.exec("DELETE FROM seckill_logs WHERE product_id = 2 AND user_id > 20")
	again := stream.Reread{From: ids[20].ID, Until: ids[249].ID, Found: int64(250 - w.logs(2))}
	if err := stream.NewInspector(w.clients.Commands, "g1", seckill.StreamKey).BeginReread(t.Context(), 2, again); err != nil {
		t.Fatal(err)
	}
	w.drained(2, 250)
	var unordered int
	err := w.pool.QueryRow(t.Context(), `
SELECT count(*) FROM (SELECT user_id, lag(user_id) OVER (ORDER BY id) AS before FROM seckill_logs WHERE product_id = 2) AS l
 WHERE user_id < before`).Scan(&unordered)
	if err != nil || unordered != 0 {
		t.Errorf("%d entries are stored behind later ones, %v", unordered, err)
	}
}

// TestALaneForEachWhileThereAreEnough counts who reads when products come and go.
func TestALaneForEachWhileThereAreEnough(t *testing.T) {
	w := newWorld(t, 1, 2, 3, 4)
	products := func(ids ...int64) []model.ProductState {
		var all []model.ProductState
		for _, id := range ids {
			all = append(all, model.ProductState{ProductID: id, Status: "ACTIVE"})
		}
		return all
	}
	var mu sync.Mutex
	listed := products(1, 2)
	list := func(context.Context) ([]model.ProductState, error) {
		mu.Lock()
		defer mu.Unlock()
		return listed, nil
	}
	s := consumer.NewSupervisor(prepared, list, func(product int64) *consumer.Loop {
		return consumer.NewLoop(product, config(), w.reader(product, ""), w.ledger, w.metrics)
	})
	s.Share(consumer.Sharing{
		Lanes: 3, Quiet: stream.NewInspector(w.clients.Commands, "g1", seckill.StreamKey), ClaimIdle: config().ClaimIdle,
		Reader: func(product int64) *stream.Reader { return w.reader(product, "") }, Up: w.metrics.ConsumerUp,
	})
	w.start(s.Role)
	ready(t, s)
	is := func(what string, n int) {
		t.Helper()
		servertest.Eventually(t, what, func() bool { return s.Lanes() == n })
	}
	become := func(ids ...int64) {
		mu.Lock()
		defer mu.Unlock()
		listed = products(ids...)
	}
	is("each has a lane", 2)
	become(1, 2, 3, 4)
	is("none keeps one for nothing", 0)
	w.push(4, 1, 10)
	w.drained(4, 10)
	become(2, 3)
	is("each has a lane again", 2)
}
