package books_test

import (
	"testing"
	"time"

	"seckill/internal/ledger"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// TestWhatNobodyHasSentAgainIsSentByTheNextKeeper, once, though several see it, and though
// the product has ended and nothing of it was on its way.
func TestWhatNobodyHasSentAgainIsSentByTheNextKeeper(t *testing.T) {
	h := newHouse(t)
	h.create(hourly())
	h.ledger = ledger.New(h.pool, silent{}) // which tells nobody
	_, err := h.ledger.MoveProduct(t.Context(), "tester", 1, seckill.ProductEnded, time.Now())
	h.must(err)
	h.bring()
	h.exec("INSERT INTO seckill_drained_products (product_id) VALUES (1)")
	dead := seckill.DeadLetter{StreamID: "1-0", Fields: map[string]any{"uid": "10", "epoch": "1"}, Reason: seckill.DeadStreamIDReused, Deliveries: 1}
	_, err = h.ledger.Store(t.Context(), ledger.Batch{ProductID: 1, Dead: []seckill.DeadLetter{dead}})
	h.must(err)
	h.must(h.ledger.ReplayLetter(t.Context(), int64(h.count("SELECT id FROM seckill_dead_letters")), ledger.Desk{Actor: "tester"}))
	if n := h.count("SELECT count(*) FROM seckill_drained_products"); n != 0 {
		t.Error("nobody would look at the entry: the product counts as drained")
	}
	if noted, err := h.ledger.MarkDrained(t.Context(), []int64{1}); err != nil || len(noted) != 0 {
		t.Errorf("drained though an entry goes to the stream again: %v, %v", noted, err)
	}
	for range 3 {
		next := h.replica()
		next.run(next.keeper.Role())
	}
	servertest.Eventually(t, "the entry is sent again", func() bool {
		return h.count("SELECT count(*) FROM seckill_resent_letters WHERE stream_id IS NOT NULL") == 1
	})
	h.must(h.keeper.Resend(t.Context(), 1))
	entries, err := h.client.XRange(t.Context(), seckill.StreamKey(1), "-", "+").Result()
	if err != nil || len(entries) != 1 || len(entries[0].Values) != 1 || entries[0].Values["uid"] != "10" {
		t.Fatalf("entries = %v, %v", entries, err)
	}
	h.settle()
	if n := h.count("SELECT count(*) FROM seckill_logs WHERE stream_id = $1 AND reason = 'ENDED'", entries[0].ID); n != 1 {
		t.Errorf("%d logs of an entry that arrived after the end", n)
	}
	h.inStep("sent again")
}
