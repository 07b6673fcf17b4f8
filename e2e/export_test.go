package e2e

import (
	"bytes"
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
	seen := &descending{t: t, next: orders}
	if err := c.ExportOrdersCSV(t.Context(), client.OrderFilter{}, seen); err != nil {
		t.Fatalf("before order %d: %v", seen.next, err)
	}
	if seen.next != 0 {
		t.Errorf("the last order is %d, want 1", seen.next+1)
	}
	taken, err := strconv.ParseFloat(p.metric("go_memstats_sys_bytes"), 64)
	if err != nil || taken > mostExportMemory {
		t.Errorf("%.0f MB taken, %v", taken/1e6, err)
	}
	t.Logf("%.1f MB taken", taken/1e6)
}

// descending reads a CSV of orders, whose IDs have to count down from next, each once.
type descending struct {
	t    *testing.T
	next int64
	rest []byte // of a line whose end is still to come
}

// Write implements io.Writer.
func (d *descending) Write(text []byte) (int, error) {
	lines := bytes.Split(append(d.rest, text...), []byte("\n"))
	for _, line := range lines[:len(lines)-1] {
		d.line(line)
	}
	d.rest = lines[len(lines)-1]
	return len(text), nil
}

func (d *descending) line(line []byte) {
	id, _, _ := bytes.Cut(line, []byte(","))
	switch got, err := strconv.ParseInt(string(id), 10, 64); {
	case err != nil && !bytes.Contains(line, []byte("orderId")):
		d.t.Fatalf("a line that is no order, before %d: %q", d.next, line)
	case err == nil && got != d.next:
		d.t.Fatalf("order %d, want %d", got, d.next)
	case err == nil:
		d.next--
	}
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
