package ledger_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"seckill/internal/ledger"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/model"
)

// act makes one change of a sale by chance, as whatever replica. What is refused, or fails
// because a connection is cut, is left to the others.
func act(t *testing.T, l *ledger.Ledger, pool *model.Pool, pick func(n int) int) {
	anOrder := func(status string) (id int64) {
		_ = pool.QueryRow(t.Context(), "SELECT id FROM seckill_orders WHERE status = $1 OFFSET $2 LIMIT 1", status, pick(4)).Scan(&id)
		return id
	}
	switch pick(8) {
	case 0, 1, 2:
		b := ledger.Batch{ProductID: 1}
		for range 1 + pick(6) {
			user := int64(1 + pick(40))
			b.Attempts = append(b.Attempts, attempt(user, fmt.Sprintf("%d-%d", 1+pick(200), user)))
		}
		_, _ = l.Store(t.Context(), b)
	case 3, 4:
		_, _ = l.PayOrder(t.Context(), anOrder("PENDING_PAYMENT"), "tester", fmt.Sprint("ref-", pick(3)))
	case 5:
		_, _ = l.CancelOrder(t.Context(), anOrder("PENDING_PAYMENT"), "tester", pick(2) == 0)
	case 6:
		_ = l.ExpireOrders(t.Context())
	case 7:
		_, _ = l.RestockProduct(t.Context(), "tester", 1, int64(pick(5)), "more")
	}
}

// rarely does what happens seldom, of which a follower has to begin anew, or not to notice.
func rarely(t *testing.T, l *ledger.Ledger, pool *model.Pool, pick func(n int) int) {
	switch pick(4) {
	case 0:
		exec(t, pool, "UPDATE seckill_orders SET expires_at = now() - interval '1 ms' WHERE status = 'PENDING_PAYMENT' AND id % 2 = 0")
	case 1: // as a server does that was started again: the next number is of another stretch
		exec(t, pool, "UPDATE seckill_products SET events_server = 'another'")
	case 2:
		exec(t, pool, fmt.Sprint("UPDATE seckill_orders SET status = 'CANCELLED' WHERE status = 'PENDING_PAYMENT' AND user_id % 5 = ", pick(5)))
	case 3:
		exec(t, pool, "UPDATE seckill_order_events SET at = '2020-01-01' WHERE number < (SELECT avg(number) FROM seckill_order_events)")
		if err := l.TrimOrderEvents(t.Context(), time.Hour); err != nil {
			t.Error(err)
		}
	}
}

// Any history, one change after another; followers at any place rebuild the table of orders
// after each step of theirs that ends at the end.
func TestWhoeverFollowsAnyHistoryHasTheTableOfOrders(t *testing.T) {
	l, pool, _ := newSale(t, seckill.Product{ProductID: 1, StockTotal: new(int64(20)), PerUserLimit: 2, PaymentWindow: time.Hour})
	rapid.Check(t, func(r *rapid.T) {
		exec(t, pool, `TRUNCATE seckill_logs, seckill_orders, seckill_order_events, seckill_moves;
			UPDATE seckill_products SET stock_total = 20, stock_left = 20, events = 0, events_server = '', events_reset = 0, events_trimmed = 0`)
		pick := func(n int) int { return rapid.IntRange(0, n-1).Draw(r, "pick") }
		followers := []*follower{newFollower(t, pool, 1+pick(3)), newFollower(t, pool, 100)}
		for range rapid.IntRange(5, 25).Draw(r, "steps") {
			if act(t, l, pool, pick); pick(8) == 0 {
				rarely(t, l, pool, pick)
			}
			if f := followers[pick(2)]; pick(3) == 0 {
				if _, err := f.step(); err != nil {
					r.Fatal(err)
				}
			}
		}
		for _, f := range append(followers, newFollower(t, pool, 7)) {
			if f.wantTable(); t.Failed() {
				r.FailNow()
			}
		}
	})
}

// Everything at once: settlement, payment, cancellation and expiry by several replicas whose
// connections are cut at any moment, at their commit too, while others follow.
func TestWhoeverFollowsThroughRacesAndCrashesHasTheTableOfOrders(t *testing.T) {
	l, pool, _ := newSale(t, seckill.Product{ProductID: 1, StockTotal: new(int64(1000)), PerUserLimit: 20, PaymentWindow: time.Second})
	var left atomic.Int64
	left.Store(1500)
	var acting, following sync.WaitGroup
	for seed := range uint64(6) {
		replica := l
		if seed%2 == 1 {
			replica = ledger.New(pool, &observed{})
		}
		chance := rand.New(rand.NewPCG(seed, 3))
		acting.Go(func() {
			for n := left.Add(-1); n >= 0; n = left.Add(-1) {
				act(t, replica, pool, chance.IntN)
				if n%50 == 0 {
					_, _ = pool.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
						WHERE datname = current_database() AND pid <> pg_backend_pid() AND random() < 0.5`)
				}
			}
		})
	}
	followers := []*follower{newFollower(t, pool, 1), newFollower(t, pool, 3), newFollower(t, pool, 1000)}
	over := make(chan struct{})
	for _, f := range followers {
		following.Go(func() {
			for ended := false; !ended; {
				select {
				case <-over:
					ended = true
				default:
					_, _ = f.step() // again, whatever has cut it
				}
			}
		})
	}
	acting.Wait()
	close(over)
	following.Wait()
	for _, f := range followers {
		if f.wantTable(); f.anew != 0 {
			t.Errorf("a follower began anew %d times, and nothing was lost", f.anew)
		}
	}
	for _, kind := range []string{"CREATED", "PAID", "CANCELLED", "EXPIRED"} {
		if servertest.Count(t, pool, "SELECT count(*) FROM seckill_order_events WHERE type = '"+kind+"'") == 0 {
			t.Errorf("no order was %s: the test shows nothing", kind)
		}
	}
	if n := servertest.Count(t, pool, "SELECT count(*) FROM seckill_orders"); n > servertest.Count(t, pool, "SELECT sum(cardinality(orders)) FROM seckill_order_events WHERE type = 'CREATED'") {
		t.Errorf("%d orders, and fewer were told of", n)
	}
}
