package books_test

import (
	"testing"
	"time"

	"seckill/internal/admission"
	"seckill/internal/ledger"
	"seckill/internal/seckill"
	"seckill/model"
)

// hourly sells five units, two a user, that have to be paid within the hour.
func hourly() seckill.Product {
	return seckill.Product{StockTotal: new(int64(5)), PerUserLimit: 2, PaymentWindow: time.Hour}
}

func TestWhatTheGateHoldsAfterItWasTold(t *testing.T) {
	for _, tt := range []struct {
		name    string
		do      func(h *house)
		before  string // while nobody has told the gate
		after   string
		pending int // moves in between
	}{
		{"an admitted winner", func(h *house) { h.admit(10); h.settle() },
			"left 4, flying 0, 10×1", "left 4, flying 0, 10×1", 0},
		{"a raw winner", func(h *house) { h.raw(10, 10); h.settle() },
			"left 5, flying 0,", "left 3, flying 0, 10×2", 1},
		{"raw winners who were faster than admitted losers", func(h *house) { h.raw(1, 2, 3, 4, 5); h.admit(11, 12); h.settle() },
			"left 3, flying 0, 11×1 12×1", "left 0, flying 0, 1×1 2×1 3×1 4×1 5×1", 1},
		{"a limit that was reached past the gate", func(h *house) { h.raw(10, 10); h.admit(10); h.settle() },
			"left 4, flying 0, 10×1", "left 3, flying 0, 10×2", 1},
		{"a window that has closed meanwhile", func(h *house) { h.admit(10, 11); h.closeWindow(); h.settle() },
			"left 3, flying 0, 10×1 11×1", "left 5, flying 0,", 2},
		{"a sale that has not started after all", func(h *house) { h.admit(10); h.openLater(); h.settle() },
			"left 4, flying 0, 10×1", "left 5, flying 0,", 2},
		{"a dead letter that held a unit", func(h *house) { h.admit(10); h.bury() },
			"left 4, flying 0, 10×1", "left 5, flying 0,", 1},
		{"an order cancelled, twice", func(h *house) { h.admit(10, 10); h.settle(); h.cancel(10); h.cancel(10) },
			"left 3, flying 0, 10×2", "left 4, flying 0, 10×1", 1},
		{"orders expired, twice", func(h *house) { h.admit(10, 10, 11); h.settle(); h.expire(); h.expire() },
			"left 2, flying 0, 10×2 11×1", "left 5, flying 0,", 1},
		{"an order paid", func(h *house) { h.admit(10); h.settle(); h.pay(10) },
			"left 4, flying 0, 10×1", "left 4, flying 0, 10×1", 0},
		{"stock added", func(h *house) { h.admit(10); h.restock(3) },
			"left 4, flying 1, 10×1", "left 7, flying 1, 10×1", 1},
		{"more stock withdrawn than the gate has left", func(h *house) { h.admit(10, 11); h.restock(-4) },
			"left 3, flying 2, 10×1 11×1", "left -1, flying 2, 10×1 11×1", 1},
		{"a batch delivered three times", func(h *house) {
			h.raw(10)
			d := h.deliver(9)
			h.store(d)
			h.store(d)
			h.store(d)
			h.told(d)
		},
			"left 5, flying 0,", "left 4, flying 0, 10×1", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			h.create(hourly())
			tt.do(h)
			h.want("before", tt.before)
			if n := h.count("SELECT count(*) FROM seckill_moves"); n != tt.pending {
				t.Errorf("%d moves wait, want %d", n, tt.pending)
			}
			h.inStep("before the gate is told")
			h.bring()
			h.want("after", tt.after)
			h.inStep("after the gate was told")
			h.bring()
			h.want("again", tt.after)
			if n := h.count("SELECT count(*) FROM seckill_moves"); n != 0 {
				t.Errorf("%d moves are kept", n)
			}
			if s := h.state(); s.Epoch != h.first {
				t.Errorf("the gate was made anew: epoch %d", s.Epoch)
			}
		})
	}
}

func (h *house) change(c seckill.ProductChange) {
	h.t.Helper()
	_, err := h.ledger.ChangeProduct(h.t.Context(), "tester", 1, c)
	h.must(err)
}

func (h *house) closeWindow() { h.change(seckill.ProductChange{EndsAt: new(time.UnixMilli(1000))}) }

func (h *house) openLater() {
	h.change(seckill.ProductChange{StartsAt: new(time.Now().Add(time.Hour))})
}

// bury makes a dead letter of everything in the stream.
func (h *house) bury() {
	h.t.Helper()
	d := h.deliver(100)
	for _, a := range d.batch.Attempts {
		d.batch.Dead = append(d.batch.Dead, a.DeadLetter(seckill.DeadRejectedByDatabase, 5))
	}
	d.batch.Attempts = nil
	h.store(d)
	h.told(d)
}

func (h *house) expire() {
	h.t.Helper()
	h.exec("UPDATE seckill_orders SET expires_at = now() - interval '1 ms' WHERE status = 'PENDING_PAYMENT'")
	h.must(h.ledger.ExpireOrders(h.t.Context()))
}

func (h *house) pay(user int64) {
	h.t.Helper()
	_, err := h.ledger.PayOrder(h.t.Context(), h.orderOf(user), "tester", "ref")
	h.must(err)
}

func TestTheGateFollowsTheTermsOfTheProduct(t *testing.T) {
	h := newHouse(t)
	h.create(seckill.Product{PerUserLimit: 1})
	to := func(status seckill.ProductStatus) func() {
		return func() {
			_, err := h.ledger.MoveProduct(t.Context(), "tester", 1, status, time.Now())
			h.must(err)
		}
	}
	const in = ""
	for _, step := range []struct {
		name string
		do   func()
		user int64
		want string // what the gate answers; in = admitted
	}{
		{"record-only, without limit", func() {}, 10, in},
		{"record-only, again", func() {}, 10, in},
		{"settled", func() { h.change(seckill.ProductChange{StockTotal: new(int64(3))}) }, 10, in},
		{"settled, limit reached", func() {}, 10, "LIMIT_REACHED"},
		{"a higher limit", func() { h.change(seckill.ProductChange{PerUserLimit: new(int64(2))}) }, 10, in},
		{"paused", to(seckill.ProductPaused), 11, "PAUSED"},
		{"resumed", to(seckill.ProductActive), 11, in},
		{"sold out", func() {}, 12, "SOLD_OUT"},
		{"one unit more", func() { h.restock(1) }, 12, in},
		{"a window to come", func() { h.openLater() }, 13, "NOT_STARTED"},
		{"no window", func() { h.change(seckill.ProductChange{StartsAt: new(time.Time{})}) }, 13, "SOLD_OUT"},
		{"a window that is over", func() { h.closeWindow() }, 13, "ENDED"},
		{"ended", to(seckill.ProductEnded), 13, "ENDED"},
	} {
		step.do()
		h.bring()
		h.gate = admission.NewGate(h.client) // which does not remember that it was sold out
		got := h.ask(step.user)
		if _, err := seckill.ParseStreamID(got); err == nil {
			got = in
		}
		if got != step.want {
			t.Errorf("%s: %q, want %q", step.name, got, step.want)
		}
	}
	h.settle()
	h.inStep("settled, before the gate is told") // the entries of the record-only time are debited
	h.bring()
	h.inStep("at the end")
	if n := h.count("SELECT count(*) FROM seckill_logs"); n != 6 {
		t.Errorf("%d entries are settled, want all 6", n)
	}
}

// TestMovesOfManyUsersGoInPages: more moves than one call takes, and more users than one
// command of Redis.
func TestMovesOfManyUsersGoInPages(t *testing.T) {
	const batches, size = 21, 150
	h := newHouse(t)
	h.create(seckill.Product{StockTotal: new(int64(batches * size)), PerUserLimit: 1})
	for b := range batches {
		var batch []seckill.Attempt
		for i := range size {
			user := int64(1 + b*size + i)
			batch = append(batch, seckill.Attempt{UserID: user, StreamID: seckill.StreamID{Ms: uint64(b + 1), Seq: uint64(i)}.String()})
		}
		_, err := h.ledger.Store(t.Context(), ledger.Batch{ProductID: 1, Attempts: batch})
		h.must(err)
	}
	h.inStep("before")
	h.bring()
	h.inStep("after")
	if s := h.state(); s.Left != 0 || s.Applied-h.firstMove != batches || s.Epoch != h.first {
		t.Errorf("%+v", s)
	}
}

// TestAppliedButNotDropped: the replica that told the gate died before it dropped the
// rows, or after some pages.
func TestAppliedButNotDropped(t *testing.T) {
	h := newHouse(t)
	h.create(seckill.Product{StockTotal: new(int64(100))})
	for user := range int64(20) {
		h.raw(user + 1)
		h.store(h.deliver(1))
	}
	for _, upTo := range []int{3, 20} {
		product, rows, err := h.pool.Moves(t.Context(), 1, 0, upTo)
		h.must(err)
		applied, err := h.gate.Apply(t.Context(), 1, product.Epoch, product.Moves,
			admission.Terms{Settled: true, Status: product.Status}, toTell(rows))
		if err != nil || applied != rows[len(rows)-1].Number {
			t.Fatalf("applied up to %d, %v", applied, err)
		}
		h.inStep("applied, not dropped")
	}
	h.raw(50)
	h.store(h.deliver(1))
	h.bring()
	h.inStep("told the rest")
	if n := h.count("SELECT count(*) FROM seckill_moves"); n != 0 {
		t.Errorf("%d moves are kept", n)
	}
	if s := h.state(); s.Left != 79 || s.Epoch != h.first {
		t.Errorf("%+v", s)
	}
}

func toTell(rows []model.Move) []admission.Move {
	var list []admission.Move
	for _, r := range rows {
		list = append(list, admission.Move{Number: r.Number, Units: r.Units, Taken: r.Taken, Freed: r.Freed})
	}
	return list
}
