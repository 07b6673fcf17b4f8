package e2e

import (
	"context"
	"strconv"
	"testing"
	"time"

	"seckill/client"
	"seckill/internal/auth"
	"seckill/internal/servertest"
)

// mostExportMemory bounds, in bytes, what a process takes of the system while it exports a million orders.
const mostExportMemory = 60e6

// TestAMillionOrdersAreExportedInLittleMemory counts what Go has taken of the system: the
// memory of the race detector, which the service does not have elsewhere, is beside it.
func TestAMillionOrdersAreExportedInLittleMemory(t *testing.T) {
	const orders = 1_000_000
	s := newSite(t)
	p := s.start("a", "")
	p.ready()
	s.fillOrders(orders)
	token, err := auth.IssueToken(secret, "tester", "viewer", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.New(client.Config{URL: p.address, Token: client.StaticToken(token)})
	if err != nil {
		t.Fatal(err)
	}
	n, last := 0, int64(orders+1)
	for order, err := range c.ExportOrders(t.Context(), client.OrderFilter{}) {
		if err != nil {
			t.Fatalf("after %d orders: %v", n, err)
		}
		if order.OrderID != last-1 {
			t.Fatalf("order %d after %d", order.OrderID, last)
		}
		last = order.OrderID
		n++
	}
	if n != orders {
		t.Errorf("%d orders, want %d", n, orders)
	}
	taken, err := strconv.ParseFloat(p.metric("go_memstats_sys_bytes"), 64)
	if err != nil || taken > mostExportMemory {
		t.Errorf("%.0f MB taken, %v", taken/1e6, err)
	}
	t.Logf("%.1f MB taken", taken/1e6)
}

// fillOrders writes orders with the IDs 1 to n, as a restored copy would: no trigger looks. They
// are cancelled ones, since live ones are what the gate learns of, which takes memory too.
func (s *site) fillOrders(n int) {
	s.t.Helper()
	tx, err := s.pool.Begin(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	defer tx.Rollback(context.WithoutCancel(s.t.Context()))
	for _, statement := range []string{
		"SET LOCAL session_replication_role = replica",
		`INSERT INTO seckill_products (product_id, name, status, stock_total, stock_left, per_user_limit) VALUES (9, 'rice', 'ENDED', 1, 1, 1)`,
		`INSERT INTO seckill_orders (id, product_id, user_id, stream_id, status, slot)
			SELECT n, 9, n, n || '-0', 'CANCELLED', 1 FROM generate_series(1, ` + strconv.Itoa(n) + `) n`,
	} {
		if _, err := tx.Exec(s.t.Context(), statement); err != nil {
			s.t.Fatalf("%s: %v", statement, err)
		}
	}
	if err := tx.Commit(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	if got := servertest.Count(s.t, s.pool, "SELECT count(*) FROM seckill_orders"); got != n {
		s.t.Fatalf("%d orders, want %d", got, n)
	}
}
