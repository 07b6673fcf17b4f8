package ledger_test

import (
	"context"
	"testing"
	"time"

	"seckill/internal/ledger"
	"seckill/internal/servertest"
	"seckill/model"
)

// whileHeld runs fn while product 1 is held, and lets the product go once fn waits for it;
// it returns the time, by the database's clock, until which fn has waited at the least.
func whileHeld(t *testing.T, pool *model.Pool, fn func() error) time.Time {
	t.Helper()
	tx := holdProduct(t, pool)
	done := make(chan error, 1)
	go func() { done <- fn() }()
	servertest.Eventually(t, "somebody waits for the product", func() bool { return waiting(t, pool) == 1 })
	var released time.Time
	if err := pool.QueryRow(t.Context(), "SELECT clock_timestamp()").Scan(&released); err != nil {
		t.Fatal(err)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return released
}

// none fails the test when a query counts any row.
func none(t *testing.T, pool *model.Pool, what, query string, args ...any) {
	t.Helper()
	if n := servertest.Count(t, pool, query, args...); n != 0 {
		t.Errorf("%d %s", n, what)
	}
}

// TestARowHasTheTimeOfItsDecision: not that of the beginning of a transaction that then
// waited.
func TestARowHasTheTimeOfItsDecision(t *testing.T) {
	l, pool, _ := newSale(t, paying(5))
	settled := whileHeld(t, pool, func() error {
		_, err := l.Store(context.Background(), ledger.Batch{ProductID: 1, Attempts: attempts(1, 3)})
		return err
	})
	none(t, pool, "logs of another time", "SELECT count(*) FROM seckill_logs WHERE created_at < $1 OR created_at <> updated_at", settled)
	none(t, pool, "orders of another time", "SELECT count(*) FROM seckill_orders WHERE created_at < $1 OR created_at <> updated_at", settled)
	none(t, pool, "orders whose time to pay is another", `SELECT count(*) FROM seckill_orders
		WHERE created_at + interval '1 hour' - expires_at NOT BETWEEN interval '0' AND interval '1 ms'`)
	none(t, pool, "products of another time", "SELECT count(*) FROM seckill_products WHERE updated_at < $1", settled)
	none(t, pool, "logs and orders that differ", "SELECT count(*) FROM seckill_logs JOIN seckill_orders o USING (stream_id) WHERE seckill_logs.created_at <> o.created_at")

	id := servertest.Count(t, pool, "SELECT min(id) FROM seckill_orders")
	cancelled := whileHeld(t, pool, func() error {
		_, err := l.CancelOrder(context.Background(), int64(id), "tester", true)
		return err
	})
	none(t, pool, "cancelled orders of another time", "SELECT count(*) FROM seckill_orders WHERE status = 'CANCELLED' AND updated_at < $1", cancelled)
	none(t, pool, "audit rows of another time", "SELECT count(*) FROM seckill_audit WHERE action = 'order.cancel' AND created_at < $1", cancelled)
	changed := whileHeld(t, pool, func() error {
		_, err := l.RestockProduct(context.Background(), "tester", 1, 1, "")
		return err
	})
	none(t, pool, "products of another time", "SELECT count(*) FROM seckill_products WHERE updated_at < $1", changed)

	paid := servertest.Count(t, pool, "SELECT max(id) FROM seckill_orders")
	if _, err := l.PayOrder(t.Context(), int64(paid), "tester", "p"); err != nil {
		t.Fatal(err)
	}
	none(t, pool, "paid orders of two times", "SELECT count(*) FROM seckill_orders WHERE status = 'PAID' AND paid_at <> updated_at")
}

// TestAnExpiredOrderIsNotOlderThanItsTime: an order that becomes due after the sweep's
// transaction has begun is swept with it.
func TestAnExpiredOrderIsNotOlderThanItsTime(t *testing.T) {
	l, pool, _ := newSale(t, paying(1))
	newOrder(t, l, pool, 10)
	tx, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.WithoutCancel(t.Context()))
	if _, err := tx.Exec(t.Context(), "SELECT now()"); err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(t.Context(), "UPDATE seckill_orders SET expires_at = clock_timestamp()"); err != nil {
		t.Fatal(err)
	}
	users, err := model.ExpireOrders(t.Context(), tx, 1, 10, time.Minute)
	if err != nil || len(users) != 1 {
		t.Fatalf("expired orders of %v %v", users, err)
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	none(t, pool, "expired orders older than their time", "SELECT count(*) FROM seckill_orders WHERE updated_at < expires_at")
}
