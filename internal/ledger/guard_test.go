package ledger_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// TestTheDatabaseItselfRefuses writes SQL that bypasses the service.
func TestTheDatabaseItselfRefuses(t *testing.T) {
	l, pool, _ := newSale(t, seckill.Product{ProductID: 1, StockTotal: new(int64(5)), PerUserLimit: 1})
	if _, err := l.CreateProduct(t.Context(), "tester", seckill.Product{ProductID: 2, StockTotal: new(int64(5)), PerUserLimit: 2}); err != nil {
		t.Fatal(err)
	}
	settle(t, l, attempt(10, "1-0"))
	const insert = "INSERT INTO seckill_orders (product_id, user_id, stream_id, status) VALUES "
	for _, ok := range []string{
		insert + "(2, 10, '1-0', 'PAID')", // the slot is found by the database
		insert + "(2, 10, '2-0', 'PENDING_PAYMENT')",
		insert + "(1, 11, '3-0', 'CANCELLED')",
		insert + "(1, 11, '4-0', 'PENDING_PAYMENT')", // an order that is not live does not count
	} {
		if _, err := pool.Exec(t.Context(), ok); err != nil {
			t.Errorf("%s: %v", ok, err)
		}
	}
	for _, tt := range []struct{ name, sql, want string }{
		{"a stock below zero", "UPDATE seckill_products SET stock_left = -1 WHERE product_id = 1", "seckill_products_stock_left_check"},
		{"more left than there is", "UPDATE seckill_products SET stock_left = 6 WHERE product_id = 1", "seckill_products_stock_check"},
		{"a second live order, limit 1", insert + "(1, 10, '5-0', 'CONFIRMED')", "seckill_orders_within_limit"},
		{"a third live order, limit 2", insert + "(2, 10, '5-0', 'PAID')", "seckill_orders_within_limit"},
		{"a second live order in the same slot", "INSERT INTO seckill_orders (product_id, user_id, stream_id, status, slot) VALUES (1, 10, '6-0', 'PAID', 1)", "seckill_orders_live_key"},
		{"two live orders of one statement", insert + "(1, 12, '7-0', 'PAID'), (1, 12, '7-1', 'PAID')", "seckill_orders_within_limit"},
		{"a second order of one entry", insert + "(1, 13, '1-0', 'CANCELLED')", "seckill_orders_product_stream_key"},
		{"a cancelled order that lives again", "UPDATE seckill_orders SET status = 'PAID' WHERE stream_id = '3-0'", "seckill_order_immutable"},
		{"a paid order that is cancelled", "UPDATE seckill_orders SET status = 'CANCELLED' WHERE status = 'PAID'", "seckill_order_immutable"},
		{"an order that changes its user", "UPDATE seckill_orders SET user_id = 99 WHERE stream_id = '4-0'", "seckill_order_immutable"},
		{"an order of an unknown product", insert + "(77, 10, '1-0', 'PAID')", "does not exist"},
		{"a log twice", "INSERT INTO seckill_logs (product_id, user_id, stream_id) VALUES (1, 99, '1-0')", "seckill_logs_product_stream_key"},
	} {
		_, err := pool.Exec(t.Context(), tt.sql)
		var refused *pgconn.PgError
		if !errors.As(err, &refused) || !strings.Contains(refused.ConstraintName+" "+refused.Message, tt.want) {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
}

func TestTheDatabaseRefusesMoreThanALoweredLimit(t *testing.T) {
	l, pool, _ := newSale(t, seckill.Product{ProductID: 1, StockTotal: new(int64(9)), PerUserLimit: 0})
	settle(t, l, attempt(10, "1-0"), attempt(10, "2-0"), attempt(10, "3-0"), attempt(11, "4-0"))
	one := int64(1)
	if _, err := l.ChangeProduct(t.Context(), "tester", 1, seckill.ProductChange{PerUserLimit: &one}); err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(t.Context(), "UPDATE seckill_orders SET status = 'CANCELLED' WHERE slot = 1"); err != nil {
		t.Fatal(err)
	}
	const insert = "INSERT INTO seckill_orders (product_id, user_id, stream_id, status, slot) VALUES (1, $1, '9-0', 'CONFIRMED', 1)"
	var refused *pgconn.PgError
	if _, err := pool.Exec(t.Context(), insert, 10); !errors.As(err, &refused) || refused.ConstraintName != "seckill_orders_within_limit" {
		t.Errorf("a third live order, slot 1 being free: %v", err)
	}
	if _, err := pool.Exec(t.Context(), insert, 11); err != nil {
		t.Errorf("a user without a live order: %v", err)
	}
}

// TestTheDatabaseRefusesMoreLiveOrdersThanStock writes orders past the service, by each way
// that adds one or takes stock away.
func TestTheDatabaseRefusesMoreLiveOrdersThanStock(t *testing.T) {
	l, pool, _ := newSale(t, seckill.Product{ProductID: 1, StockTotal: new(int64(2)), PerUserLimit: 1})
	settle(t, l, attempt(10, "1-0"))
	const insert = "INSERT INTO seckill_orders (product_id, user_id, stream_id, status) VALUES "
	refused := func(sql, constraint string) {
		t.Helper()
		var fault *pgconn.PgError
		if _, err := pool.Exec(t.Context(), sql); !errors.As(err, &fault) || fault.ConstraintName != constraint {
			t.Errorf("%s: %v, want %s", sql, err, constraint)
		}
	}
	taken := func(sql string, live int) {
		t.Helper()
		if _, err := pool.Exec(t.Context(), sql); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
		if got := servertest.Count(t, pool, "SELECT live_orders FROM seckill_products WHERE product_id = 1"); got != live {
			t.Errorf("%s: %d live orders are counted, want %d", sql, got, live)
		}
	}
	refused(insert+"(1, 11, '2-0', 'PAID'), (1, 12, '3-0', 'PAID')", "seckill_orders_within_stock")
	taken(insert+"(1, 11, '2-0', 'PENDING_PAYMENT'), (1, 12, '3-0', 'CANCELLED')", 2)
	refused(insert+"(1, 13, '4-0', 'CONFIRMED')", "seckill_orders_within_stock")
	refused("UPDATE seckill_products SET stock_total = 1, stock_left = 0 WHERE product_id = 1", "seckill_product_keeps_stock")
	refused("UPDATE seckill_products SET stock_total = NULL, stock_left = NULL WHERE product_id = 1", "seckill_product_keeps_stock")
	taken("UPDATE seckill_orders SET status = 'PAID' WHERE stream_id = '2-0'", 2)
	// One unit is left by the books, none by the orders: nobody wins it, and nothing stands still.
	if outcome := settle(t, l, attempt(14, "5-0")); outcome.Stored != 1 {
		t.Errorf("settled: %+v", outcome)
	}
	if n := servertest.Count(t, pool, "SELECT count(*) FROM seckill_logs WHERE stream_id = '5-0' AND reason = 'SOLD_OUT'"); n != 1 {
		t.Error("an order above the stock was not SOLD_OUT")
	}
	taken("DELETE FROM seckill_orders WHERE stream_id = '2-0'", 1)
	taken("UPDATE seckill_orders SET status = 'CANCELLED' WHERE stream_id = '1-0'", 0)
	taken("TRUNCATE seckill_orders", 0)
	taken("UPDATE seckill_products SET stock_total = 1, stock_left = 0 WHERE product_id = 1", 0)
	taken(insert+"(1, 13, '4-0', 'CONFIRMED')", 1)
	taken("TRUNCATE seckill_orders", 0)
}

// TestTwoHandsInPsqlCannotTakeTheLastUnit: the second one waits for the first.
func TestTwoHandsInPsqlCannotTakeTheLastUnit(t *testing.T) {
	_, pool, _ := newSale(t, seckill.Product{ProductID: 1, StockTotal: new(int64(1)), PerUserLimit: 1})
	const insert = "INSERT INTO seckill_orders (product_id, user_id, stream_id, status) VALUES (1, $1, $2, 'PAID')"
	first, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = first.Rollback(t.Context()) }()
	if _, err := first.Exec(t.Context(), insert, 10, "1-0"); err != nil {
		t.Fatal(err)
	}
	second := make(chan error, 1)
	go func() {
		_, err := pool.Exec(t.Context(), insert, 11, "2-0")
		second <- err
	}()
	servertest.Eventually(t, "the second waits for the product's row", func() bool {
		return servertest.Count(t, pool, `SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock'`) == 1
	})
	if err := first.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	var fault *pgconn.PgError
	if err := <-second; !errors.As(err, &fault) || fault.ConstraintName != "seckill_orders_within_stock" {
		t.Errorf("the second: %v", err)
	}
}
