package ledger_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/model"
)

// TestNoTriggerNeedsATransitionTable: databases that spread their rows over several servers
// have none.
func TestNoTriggerNeedsATransitionTable(t *testing.T) {
	pool := servertest.Pool(t)
	if n := servertest.Count(t, pool, "SELECT count(*) FROM pg_trigger WHERE tgoldtable IS NOT NULL OR tgnewtable IS NOT NULL"); n != 0 {
		t.Errorf("%d triggers need one", n)
	}
	if n := servertest.Count(t, pool, "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'seckill_orders'::regclass AND NOT tgisinternal"); n < 10 {
		t.Errorf("only %d triggers guard the orders", n)
	}
}

// TestALargeStatementIsCountedOnce writes, changes and deletes more orders in one statement
// than are noted at a time, of two products by turns.
func TestALargeStatementIsCountedOnce(t *testing.T) {
	const orders = 5000
	stock := int64(orders)
	l, pool, _ := newSale(t, seckill.Product{ProductID: 1, StockTotal: &stock, PerUserLimit: 2})
	if _, err := l.CreateProduct(t.Context(), "tester", seckill.Product{ProductID: 2, StockTotal: &stock, PerUserLimit: 2}); err != nil {
		t.Fatal(err)
	}
	look := func(what string, live [2]int, told string) {
		t.Helper()
		for i, want := range live {
			if got := servertest.Count(t, pool, "SELECT live_orders FROM seckill_products WHERE product_id = $1", i+1); got != want {
				t.Errorf("%s: %d live orders of product %d are counted, want %d", what, got, i+1, want)
			}
		}
		var got string
		err := pool.QueryRow(t.Context(), `SELECT coalesce(string_agg(type || ' ' || n, ', ' ORDER BY type), '') FROM (
			SELECT type, sum(cardinality(orders)) AS n FROM seckill_order_events GROUP BY type) AS e`).Scan(&got)
		if err != nil || got != told {
			t.Errorf("%s: told is %q (%v), want %q", what, got, err, told)
		}
	}
	exec(t, pool, fmt.Sprintf(`INSERT INTO seckill_orders (product_id, user_id, stream_id, slot, status, updated_at)
		SELECT 1 + n %% 2, n, n || '-0', 1 + n %% 3 / 2, CASE WHEN n %% 10 = 0 THEN 'CANCELLED' ELSE 'PENDING_PAYMENT' END, now() + n %% 7 * interval '1 s'
		  FROM generate_series(1, %d) AS n`, orders))
	look("after an INSERT", [2]int{orders/2 - orders/10, orders / 2}, "CANCELLED 500, CREATED 4500")
	exec(t, pool, "UPDATE seckill_orders SET status = CASE WHEN user_id % 4 = 1 THEN 'PAID' ELSE 'EXPIRED' END WHERE status = 'PENDING_PAYMENT'")
	look("after an UPDATE", [2]int{0, orders / 4}, "CANCELLED 500, CREATED 4500, EXPIRED 3250, PAID 1250")
	exec(t, pool, "DELETE FROM seckill_orders WHERE user_id % 8 = 1")
	look("after a DELETE", [2]int{0, orders / 8}, "CANCELLED 500, CREATED 4500, EXPIRED 3250, PAID 1250")
}

// TestWhatIsAnnouncedIsCounted: a settlement announces the orders that it writes, and whoever
// announces what is not true gets past no guard.
func TestWhatIsAnnouncedIsCounted(t *testing.T) {
	const insert = "INSERT INTO seckill_orders (product_id, user_id, stream_id, status, slot) VALUES "
	for _, tt := range []struct {
		name string
		sql  []string
		want string // in the error, "" = none
		live int
	}{
		{"as many", []string{"SELECT seckill_expect_orders(1, 2)", insert + "(1, 1, '1-0', 'PAID', 1), (1, 2, '2-0', 'PAID', 1)"}, "", 2},
		{"fewer", []string{"SELECT seckill_expect_orders(1, 3)", insert + "(1, 1, '1-0', 'PAID', 1), (1, 2, '2-0', 'PAID', 1)"}, "were announced, and 2 written", 0},
		{"more", []string{"SELECT seckill_expect_orders(1, 1)", insert + "(1, 1, '1-0', 'PAID', 1), (1, 2, '2-0', 'PAID', 1)"}, "were announced, and 2 written", 0},
		{"none", []string{"SELECT seckill_expect_orders(1, 1)", insert + "(2, 1, '1-0', 'PAID', 1)"}, "were announced, and 0 written", 0},
		{"those of another product too", []string{"SELECT seckill_expect_orders(1, 1)", insert + "(1, 1, '1-0', 'PAID', 1), (2, 1, '1-0', 'PAID', 1)"}, "", 1},
		{"above the stock", []string{"SELECT seckill_expect_orders(1, 3)", insert + "(1, 1, '1-0', 'PAID', 1), (1, 2, '2-0', 'PAID', 1), (1, 3, '3-0', 'PAID', 1)"}, "with a stock of 2", 0},
		{"above the limit", []string{"SELECT seckill_expect_orders(1, 1)", insert + "(1, 1, '1-0', 'PAID', 2)"}, "over the limit", 0},
		{"of a product without stock", []string{"SELECT seckill_expect_orders(3, 1)", insert + "(3, 1, '1-0', 'PAID', 1)"}, "product without stock", 0},
		{"of no product", []string{"SELECT seckill_expect_orders(77, 1)", insert + "(77, 1, '1-0', 'PAID', 1)"}, "does not exist", 0},
		{"in two statements", []string{"SELECT seckill_expect_orders(1, 1)", insert + "(1, 1, '1-0', 'PAID', 1)", insert + "(1, 2, '2-0', 'PAID', 1)"}, "", 2},
		{"those written before", []string{insert + "(1, 1, '1-0', 'PAID', 1)", "SELECT pg_sleep(0.002)", "SELECT seckill_expect_orders(1, 1)", insert + "(1, 2, '2-0', 'PAID', 1)"}, "", 2},
		{"all IDs, by a hand", []string{insert + "(1, 1, '1-0', 'PAID', 1)", "SELECT set_config('seckill.expected', '1 0 1', true)", insert + "(1, 2, '2-0', 'PAID', 1)"}, "would have 3 live orders", 0},
		{"no number, by a hand", []string{"SELECT set_config('seckill.expected', '1 0', true)", insert + "(1, 2, '2-0', 'PAID', 1)"}, "orders of product 1 were announced", 0},
		{"nonsense, by a hand", []string{"SELECT set_config('seckill.expected', '1 x', true)", insert + "(1, 2, '2-0', 'PAID', 1)"}, "invalid input syntax", 0},
		{"noted already, by a hand", []string{"SELECT set_config('seckill.noted', 'nonsense', true)", insert + "(1, 2, '2-0', 'PAID', 1)"}, "", 1},
		{"under a savepoint", []string{"SAVEPOINT s", "SELECT seckill_expect_orders(1, 1)", insert + "(1, 1, '1-0', 'PAID', 1)"}, "were announced, and 0 written", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			pool := servertest.Pool(t)
			exec(t, pool, "INSERT INTO seckill_products (product_id, stock_total, stock_left) VALUES (1, 2, 2), (2, 2, 2), (3, NULL, NULL)")
			err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error { return each(t.Context(), tx, tt.sql) })
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
			wantCounted(t, pool, tt.live)
		})
	}
}

func each(ctx context.Context, tx pgx.Tx, statements []string) error {
	for _, sql := range statements {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// wantCounted wants product 1 to have live orders, and each product as many counted and told
// of as there are.
func wantCounted(t *testing.T, pool *model.Pool, live int) {
	t.Helper()
	if got := servertest.Count(t, pool, "SELECT live_orders FROM seckill_products WHERE product_id = 1"); got != live {
		t.Errorf("%d live orders are counted, want %d", got, live)
	}
	if n := servertest.Count(t, pool, `SELECT count(*) FROM seckill_products p
		WHERE live_orders <> (SELECT count(*) FROM seckill_orders o WHERE o.product_id = p.product_id)
		   OR live_orders <> (SELECT coalesce(sum(cardinality(orders)), 0) FROM seckill_order_events e WHERE e.product_id = p.product_id)`); n != 0 {
		t.Errorf("of %d products not every order is counted, and told of, once", n)
	}
}
