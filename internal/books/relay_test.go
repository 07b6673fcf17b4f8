package books_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"seckill/internal/admission"
	"seckill/internal/ledger"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// TestWhatNobodyToldTheGateIsToldByTheNextKeeper: the replica died after its commit.
func TestWhatNobodyToldTheGateIsToldByTheNextKeeper(t *testing.T) {
	h := newHouse(t)
	h.create(hourly())
	h.ledger = ledger.New(h.pool, silent{}) // which tells nobody
	h.raw(10, 11)
	h.settle()
	h.cancel(11)
	h.restock(2)
	h.want("told by nobody", "left 5, flying 0,")
	for range 2 {
		next := h.replica()
		next.run(next.keeper.Role())
	}
	servertest.Eventually(t, "the gate is told", func() bool { return h.count("SELECT count(*) FROM seckill_moves") == 0 })
	h.want("told", "left 6, flying 0, 10×1")
	h.inStep("told")
	if s := h.state(); s.Epoch != h.first {
		t.Errorf("the gate was made anew: epoch %d", s.Epoch)
	}
}

// TestTheGateOfAnEndedProductLearnsOfItsCancellations, however long ago it ended.
func TestTheGateOfAnEndedProductLearnsOfItsCancellations(t *testing.T) {
	h := newHouse(t)
	h.create(hourly())
	h.admit(10)
	h.settle()
	_, err := h.ledger.MoveProduct(t.Context(), "tester", 1, seckill.ProductEnded, time.Now())
	h.must(err)
	h.bring()
	h.ledger = ledger.New(h.pool, silent{})
	h.cancel(10)
	h.exec("UPDATE seckill_products SET updated_at = now() - interval '1 day'")
	next := h.replica()
	next.run(next.keeper.Role())
	servertest.Eventually(t, "the gate is told", func() bool { return h.count("SELECT count(*) FROM seckill_moves") == 0 })
	h.want("told", "left 5, flying 0,")
}

// rush is a crowd that wants product 1, at the gate and past it, until it is stopped.
type rush struct {
	h    *house
	stop func()

	mu       sync.Mutex
	admitted map[int64]int // by the epoch in which it was seen
}

// newRush lets buyers loose, each one of many users at a time. What fails, fails: Redis
// may be away.
func newRush(h *house, buyers, users int) *rush {
	ctx, cancel := context.WithCancel(context.Background())
	r := &rush{h: h, admitted: map[int64]int{}}
	var wg sync.WaitGroup
	for range buyers {
		wg.Go(func() { r.paced(ctx, 4*time.Millisecond, func() { r.buy(ctx, 1+rand.Int64N(int64(users))) }) })
	}
	wg.Go(func() {
		r.paced(ctx, 25*time.Millisecond, func() { _ = rawAdd(ctx, h.client, 1+rand.Int64N(int64(users))) })
	})
	r.stop = func() { cancel(); wg.Wait() }
	h.t.Cleanup(r.stop)
	return r
}

// paced does something again and again, no faster than two cores can follow.
func (*rush) paced(ctx context.Context, every time.Duration, do func()) {
	pace := time.NewTicker(every)
	defer pace.Stop()
	for ctx.Err() == nil {
		do()
		select {
		case <-ctx.Done():
		case <-pace.C:
		}
	}
}

func (r *rush) buy(ctx context.Context, user int64) {
	outcome, err := r.h.gate.Admit(ctx, admission.Attempt{ProductID: 1, UserID: user})
	if err != nil || outcome.StreamID == "" {
		return
	}
	s, err := r.h.gate.State(ctx, 1)
	if err != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.admitted[s.Epoch]++
}

// under is how many were admitted while a gate of the given epoch or a later one was seen.
func (r *rush) under(epoch int64) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for e, count := range r.admitted {
		if e >= epoch {
			n += count
		}
	}
	return n
}

const liveOrders = "SELECT count(*) FROM seckill_orders WHERE status IN ('PENDING_PAYMENT', 'PAID', 'CONFIRMED')"

// quiet waits until everything that was admitted is settled and told, then wants Redis
// and PostgreSQL to agree to the unit.
func (h *house) quiet() {
	h.t.Helper()
	last := "nothing was looked at"
	h.t.Cleanup(func() {
		if h.t.Failed() {
			h.t.Log("last seen: " + last)
		}
	})
	servertest.Eventually(h.t, "everything is settled and told", func() bool {
		last = h.unrest()
		return last == ""
	})
	h.balanced("quiet")
	if drift, open := h.drift(); drift != 0 || !open {
		h.t.Errorf("quiet, and the books say: drift %d, open %v", drift, open)
	}
	// Every entry that the stream still holds has its log.
	for entries := range h.pages() {
		unsettled, err := h.pool.Unsettled(h.t.Context(), 1, entries)
		if err != nil || len(unsettled) > 0 {
			h.t.Errorf("%d entries are not settled, %v", len(unsettled), err)
		}
	}
}

// pages iterates over the IDs in the stream.
func (h *house) pages() func(yield func([]string) bool) {
	return func(yield func([]string) bool) {
		for from := "-"; ; {
			page, err := h.client.XRangeN(h.t.Context(), seckill.StreamKey(1), from, "+", 1000).Result()
			h.must(err)
			var ids []string
			for _, m := range page {
				ids = append(ids, m.ID)
			}
			if len(ids) == 0 || !yield(ids) {
				return
			}
			from = "(" + ids[len(ids)-1]
		}
	}
}

// unrest says what is still under way, "" when nothing is.
func (h *house) unrest() string {
	ctx := h.t.Context()
	backlog, err := h.streams.Backlogs(ctx, []int64{1})
	if err != nil {
		return err.Error()
	}
	gate, err := h.gate.State(ctx, 1)
	switch {
	case err != nil:
		return err.Error()
	case backlog[0].Waiting != 0:
		return "entries wait to be settled"
	case gate.InFlight != 0:
		return "entries are in flight"
	case h.count("SELECT count(*) FROM seckill_moves") != 0:
		return "the gate has not been told everything"
	}
	return h.problem(ctx)
}

// TestManyReplicasTellOneGate of what many settle, cancel, expire and restock at once.
func TestManyReplicasTellOneGate(t *testing.T) {
	h := newHouse(t)
	h.create(seckill.Product{StockTotal: new(int64(300)), PerUserLimit: 2, PaymentWindow: time.Hour})
	other := h.replica()
	for name, replica := range map[string]*house{"a": h, "b": other} {
		replica.run(replica.keeper.Role())
		replica.consume(name + "1")
		replica.consume(name + "2")
	}
	crowd := []*rush{newRush(h, 3, 200), newRush(other, 3, 200)}
	var wg sync.WaitGroup
	for n := range 4 {
		wg.Go(func() { h.meddle(n) })
	}
	wg.Wait()
	for _, r := range crowd {
		r.stop()
	}
	h.quiet()
	if s := h.state(); s.Epoch != h.first {
		t.Errorf("the gate was made anew: epoch %d", s.Epoch)
	}
	if n := h.count("SELECT moves FROM seckill_products"); n < 100 {
		t.Errorf("only %d moves were written: this tests little", n)
	}
}

// meddle cancels, expires, adds and withdraws stock, fifty times.
func (h *house) meddle(n int) {
	for i := range 50 {
		var id int64
		ctx := h.t.Context()
		err := error(nil)
		switch (n + i) % 4 {
		case 0, 1:
			const one = "SELECT id FROM seckill_orders WHERE status = 'PENDING_PAYMENT' ORDER BY random() LIMIT 1"
			if h.pool.QueryRow(ctx, one).Scan(&id) == nil {
				_, err = h.ledger.CancelOrder(ctx, id, "tester", true)
			}
		case 2:
			if _, err = h.pool.Exec(ctx, `UPDATE seckill_orders SET expires_at = now() WHERE id IN (SELECT id FROM seckill_orders
				WHERE status = 'PENDING_PAYMENT' ORDER BY random() LIMIT 3 FOR UPDATE SKIP LOCKED)`); err == nil {
				err = h.ledger.ExpireOrders(ctx)
			}
		default:
			_, err = h.ledger.RestockProduct(ctx, "tester", 1, int64(i%7-3)*2+1, "n")
		}
		if err != nil && seckill.ErrorCode(err) == seckill.CodeInternal && !timedOut(err) {
			h.t.Errorf("meddler %d: %v", n, err)
		}
	}
}
