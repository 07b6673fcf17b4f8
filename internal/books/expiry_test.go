package books_test

import (
	"testing"
	"time"

	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// TestNothingExpiresBeforeOlderBooksAreWholeAgain: an order whose time is over in books that
// were put back may have been paid since. It is left alone, and gets its whole time again.
func TestNothingExpiresBeforeOlderBooksAreWholeAgain(t *testing.T) {
	h := newHouse(t)
	h.ledger.SweepOnly(h.keeper.Verified)
	h.create(seckill.Product{StockTotal: new(int64(10)), PerUserLimit: 1, PaymentWindow: time.Hour})
	sell := func(from, to int64) {
		t.Helper()
		for user := from; user <= to; user++ {
			h.admit(user)
		}
		h.settle()
	}
	sweep := func(want int) {
		t.Helper()
		h.must(h.ledger.ExpireOrders(t.Context()))
		if n := h.count("SELECT count(*) FROM seckill_orders WHERE status = 'EXPIRED'"); n != want {
			t.Errorf("%d orders are expired, want %d", n, want)
		}
	}
	const overdue = "UPDATE seckill_orders SET expires_at = now() - interval '1 second' WHERE status = 'PENDING_PAYMENT'"
	sell(1, 2)
	h.exec(overdue)
	sweep(0) // nobody has compared them yet
	h.must(h.keeper.Verify(t.Context()))
	sweep(2)
	sell(3, 4)
	h.copyBooks()
	sell(5, 6)
	h.putBackBooks()
	h.exec(overdue)
	sweep(2)
	h.keepHouse("a")
	servertest.Eventually(t, "the books are whole again", func() bool { return h.whole() == "" })
	sweep(2)
	if n := h.count("SELECT count(*) FROM seckill_orders WHERE status = 'PENDING_PAYMENT' AND expires_at > now() + interval '50 minutes'"); n != 4 {
		t.Errorf("%d orders have their whole time, want 4", n)
	}
	h.exec(overdue)
	servertest.Eventually(t, "they are swept once they are due again", func() bool {
		h.must(h.ledger.ExpireOrders(t.Context()))
		return h.count("SELECT count(*) FROM seckill_orders WHERE status = 'EXPIRED'") == 6
	})
	h.balanced("after all have expired")
}
