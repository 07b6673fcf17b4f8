package metrics_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"testing"
	"time"

	"seckill/internal/metrics"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// countersOf are the counters of a product, with how many series each has.
var countersOf = map[string]int{
	"seckill_entries_total": 3, "seckill_logs_total": 8, "seckill_dead_letters_total": 6, "seckill_stream_lost_entries_total": 1,
	"seckill_attempts_total": 11, "seckill_orders_total": 5, "seckill_late_payments_total": 1, "seckill_surplus_payments_total": 2,
	"seckill_books_found_again_total": 1, "seckill_books_lost_total": 1,
}

// Gauges of a settled product, by what has to answer for them.
var (
	fromRedis = []string{
		"seckill_stream_lag", "seckill_stream_length", "seckill_stream_pending", "seckill_stream_oldest_pending_seconds",
		"seckill_stream_delay_seconds", "seckill_stream_ahead_seconds", "seckill_gate_open", "seckill_admission_delay_seconds",
	}
	fromPostgres = []string{
		"seckill_dead_letters_open", "seckill_dead_letters_oldest_open_seconds", "seckill_moves_pending",
		"seckill_moves_oldest_seconds", "seckill_orders_overdue", "seckill_orders_overdue_oldest_seconds",
	}
	facts     = []string{"seckill_product_info", "seckill_sale_start_timestamp_seconds", "seckill_sale_end_timestamp_seconds"}
	fromBooks = []string{"seckill_stock", "seckill_books_drift"}
)

func TestTheCountersOfAProductAreThereAtZeroBeforeAnythingHappens(t *testing.T) {
	h := newShared(t, nil)
	h.must(h.pool.AddRecordOnlyProducts(t.Context(), []int64{1}))
	h.sell(2)
	h.collect()
	for name, series := range countersOf {
		for _, product := range []string{"1", "2"} {
			got := h.find(name, "product", product)
			if len(got) != series || slices.Max(append(got, 0)) != 0 {
				t.Errorf("%s of product %s: %v, want %d at 0", name, product, got, series)
			}
		}
	}
	for _, name := range slices.Concat(fromRedis, fromPostgres, facts, fromBooks) {
		if !h.shown(name, "2") {
			t.Errorf("%s is not shown", name)
		}
	}
	h.want(1, "seckill_product_info", "product", "1", "status", "ACTIVE", "mode", "RECORD")
	h.want(1, "seckill_product_info", "product", "2", "status", "ACTIVE", "mode", "SETTLE")
	h.want(1e9, "seckill_sale_start_timestamp_seconds", "product", "2")
	h.want(4e9+0.5, "seckill_sale_end_timestamp_seconds", "product", "2")
	h.want(3, "seckill_admission_delay_seconds", "product", "2")
	h.want(1, "seckill_gate_open", "product", "2")
	if h.shown("seckill_sale_start_timestamp_seconds", "1") || h.shown("seckill_sale_end_timestamp_seconds", "1") {
		t.Error("a product without a window shows one")
	}
	h.want(1, "seckill_build_info")
}

func TestWhatWaitsIsShownWithItsAge(t *testing.T) {
	h := newShared(t, nil)
	h.sell(1)
	old := time.Now().Add(-time.Minute)
	h.push(1, seckill.StreamID{Ms: uint64(old.UnixMilli())}.String(), "uid", "1")
	h.exec("INSERT INTO seckill_dead_letters (product_id, stream_id, fields, reason, deliveries, fingerprint, created_at) " +
		"VALUES (1, '1-1', '{}', 'INVALID_UID', 1, 'f', now() - interval '1 hour')")
	h.exec("INSERT INTO seckill_moves (product_id, number, units, taken, freed, created_at) " +
		"SELECT 1, moves + 1, 0, '{}', '{}', now() - interval '2 minutes' FROM seckill_products WHERE product_id = 1")
	h.exec("INSERT INTO seckill_orders (product_id, user_id, stream_id, status, expires_at) " +
		"VALUES (1, 9, '9-9', 'PENDING_PAYMENT', now() - interval '3 minutes')")
	h.collect()
	between := func(name string, low, high float64) {
		t.Helper()
		if got := h.find(name, "product", "1"); len(got) != 1 || got[0] < low || got[0] > high {
			t.Errorf("%s = %v, want between %v and %v", name, got, low, high)
		}
	}
	between("seckill_stream_delay_seconds", 59, 600)
	between("seckill_dead_letters_oldest_open_seconds", 3600, 4200)
	between("seckill_moves_oldest_seconds", 120, 700)
	between("seckill_orders_overdue_oldest_seconds", 180, 760)
	h.want(1, "seckill_orders_overdue", "product", "1")
	h.want(1, "seckill_dead_letters_open", "product", "1")
	h.want(1, "seckill_moves_pending", "product", "1")

	h.must(h.clients.Commands.XGroupSetID(t.Context(), seckill.StreamKey(1), "g1", "$").Err())
	h.collect()
	h.want(0, "seckill_stream_delay_seconds", "product", "1") // the group has it behind itself
	h.push(1, "*", "uid", "2")
	h.push(1, "*", "uid", "3")
	h.collect()
	between("seckill_stream_delay_seconds", 0, 59)
	h.want(2, "seckill_stream_lag", "product", "1")
}

func TestNothingIsFrozenWhileAServerIsAway(t *testing.T) {
	redis, postgres := servertest.Redis(t), servertest.Postgres(t)
	h := newHouse(t, redis, servertest.Open(t, postgres.URL("")), nil)
	h.sell(1)
	h.collect()
	at := h.times()
	expect := func(what string, shown, gone []string, moved, still []metrics.Source) {
		t.Helper()
		h.collect()
		for _, name := range shown {
			if !h.shown(name, "1") {
				t.Errorf("%s: %s is not shown", what, name)
			}
		}
		for _, name := range gone {
			if h.shown(name, "1") {
				t.Errorf("%s: %s is shown still", what, name)
			}
		}
		now := h.times()
		for _, s := range moved {
			if now[s] <= at[s] {
				t.Errorf("%s: the time of %s stands still", what, s)
			}
		}
		for _, s := range still {
			if now[s] != at[s] {
				t.Errorf("%s: the time of %s moves", what, s)
			}
		}
		at = now
	}
	all := []metrics.Source{metrics.SourceRedis, metrics.SourcePostgres, metrics.SourceBooks}
	everything := slices.Concat(fromRedis, fromPostgres, facts, fromBooks)
	expect("both are there", everything, nil, all, nil)

	h.must(redis.Pause(context.WithoutCancel(t.Context())))
	expect("Redis is away", slices.Concat(fromPostgres, facts, fromBooks), fromRedis, all[1:2], all[:1])
	if h.find("seckill_stock", "place", "redis") != nil || h.find("seckill_stock", "place", "left") == nil {
		t.Error("Redis is away: what the gate held is shown, or what PostgreSQL holds is not")
	}
	h.want(0, "seckill_redis_up")
	h.must(redis.Resume(t.Context()))
	servertest.Eventually(t, "Redis answers", func() bool { return h.clients.Ping(t.Context()) == nil })
	expect("Redis is back", everything, nil, all, nil)

	h.must(postgres.Pause(t.Context()))
	expect("PostgreSQL is away", slices.Concat(fromRedis, facts), slices.Concat(fromPostgres, fromBooks), all[:1], all[1:])
	h.want(0, "seckill_postgres_up")
	h.must(postgres.Resume(t.Context()))
	servertest.Eventually(t, "PostgreSQL answers", func() bool { return h.pool.Check(t.Context()) == nil })
	expect("PostgreSQL is back", everything, nil, all, nil)
}

// times returns when each source was read last.
func (h *house) times() map[metrics.Source]float64 {
	h.t.Helper()
	at := map[metrics.Source]float64{}
	for _, s := range []metrics.Source{metrics.SourceRedis, metrics.SourcePostgres, metrics.SourceBooks} {
		at[s] = h.find("seckill_collected_timestamp_seconds", "source", string(s))[0]
	}
	return at
}

// TestAProductThatIsBrokenIsShownNoMoreAndTheOthersAre breaks three of five: a stream of
// another type, a gate of another type, and one whose gate is deleted.
func TestAProductThatIsBrokenIsShownNoMoreAndTheOthersAre(t *testing.T) {
	h := newShared(t, nil)
	h.sell(1, 2, 3, 4, 5)
	h.collect()
	redis := h.clients.Commands
	h.must(redis.Set(t.Context(), seckill.StreamKey(1), "no stream", 0).Err())
	gate := func(product int64) string { return "{" + seckill.StreamKey(product) + "}:gate" }
	if n := redis.Exists(t.Context(), gate(2), gate(3)).Val(); n != 2 {
		t.Fatalf("%d gates of two: is the name of the key another one?", n)
	}
	h.must(redis.Set(t.Context(), gate(2), "no gate", 0).Err())
	h.must(redis.Del(t.Context(), gate(3)).Err())
	h.push(5, "*", "uid", "1")
	h.collect()
	if h.shown("seckill_stream_lag", "1") || h.shown("seckill_stream_delay_seconds", "1") {
		t.Error("the stream that is none is shown")
	}
	h.want(1, "seckill_gate_open", "product", "1")
	if h.shown("seckill_gate_open", "2") || !h.shown("seckill_stream_lag", "2") {
		t.Errorf("the gate that is none: %v, the stream beside it: %v", h.find("seckill_gate_open", "product", "2"), h.find("seckill_stream_lag", "product", "2"))
	}
	h.want(0, "seckill_gate_open", "product", "3")
	h.want(1, "seckill_gate_open", "product", "4")
	h.want(1, "seckill_stream_length", "product", "5")
	for _, product := range []int64{1, 2, 3, 4, 5} {
		h.want(5, "seckill_stock", "product", strconv.FormatInt(product, 10), "place", "left")
	}
}

func TestTheSeriesOfAProductGoAfterItsEnd(t *testing.T) {
	h := newShared(t, func(s *metrics.Sources) { s.Linger = time.Nanosecond })
	h.sell(1, 2, 3)
	h.metrics.ConsumerUp(1, true)
	h.metrics.TrimHeld(1, "analytics", time.Hour)
	h.collect()
	for _, id := range []int64{1, 2} {
		_, err := h.ledger.MoveProduct(t.Context(), "tester", id, seckill.ProductEnded, time.Now())
		h.must(err)
	}
	h.exec("DELETE FROM seckill_moves") // the gates know
	if _, err := h.ledger.MarkDrained(t.Context(), []int64{1}); err != nil {
		t.Fatal(err)
	}
	h.must(h.look(t.Context()))
	families, err := h.reg.Gather()
	h.must(err)
	for _, f := range families {
		if h.shown(f.GetName(), "1") {
			t.Errorf("%s is shown still", f.GetName())
		}
	}
	h.want(1, "seckill_product_info", "product", "2", "status", "ENDED") // something may be on its way
	h.want(1, "seckill_product_info", "product", "3", "status", "ACTIVE")
}

func TestThePreflightOfASaleWithinADayIsShown(t *testing.T) {
	answer, problem := true, error(nil)
	h := newShared(t, func(s *metrics.Sources) {
		s.Ready = func(context.Context, int64) (bool, error) { return answer, problem }
	})
	h.sell(1, 2, 3)
	h.exec("UPDATE seckill_products SET starts_at = now() + interval '1 hour' WHERE product_id = 2")
	h.exec("UPDATE seckill_products SET starts_at = now() + interval '2 days' WHERE product_id = 3")
	h.must(h.ask(t.Context()))
	h.want(1, "seckill_preflight_ready") // of product 2 alone: the first has started, the third is far off
	answer = false
	h.must(h.ask(t.Context()))
	h.want(0, "seckill_preflight_ready", "product", "2")
	problem = errors.New("nobody can tell")
	if err := h.ask(t.Context()); err == nil || h.shown("seckill_preflight_ready", "2") {
		t.Errorf("%v, %v", err, h.find("seckill_preflight_ready"))
	}
}
