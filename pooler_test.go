package main

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"seckill/internal/devstack"
	"seckill/internal/servertest"
)

// newEmptySite is a site whose database has no schema yet. The pool of the test leads to
// it straight.
func newEmptySite(t *testing.T, name string) *site {
	t.Helper()
	s := newSite(t)
	if _, err := s.pool.Exec(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	s.url = strings.Replace(s.url, "/"+s.pool.Config().ConnConfig.Database+"?", "/"+name+"?", 1)
	s.pool = servertest.Open(t, s.url)
	return s
}

// TestEverythingWorksThroughAPooler: two replicas on an empty database, with nothing but the
// address of a PgBouncer that gives out its three connections a transaction at a time.
func TestEverythingWorksThroughAPooler(t *testing.T) {
	s := newEmptySite(t, "pooled")
	s.url = servertest.PgBouncer(t, devstack.Pooling{Size: 3}).URL("pooled")
	replicas := s.replicas("", "a", "b")
	if n := s.count("SELECT count(*) - count(DISTINCT version_id) FROM seckill_migrations"); n != 0 {
		t.Errorf("%d migrations were applied twice", n)
	}
	c := &calls{t: t}
	s.recordsByHand(c, replicas)
	s.sellsAndExpires(c, replicas)
	for _, p := range replicas {
		c.everyRead(p)
		if line := lineWith(p.output.String(), "SQLSTATE", "prepared statement", "08P01"); line != "" {
			t.Errorf("something has failed, if only for a while: %s", line)
		}
	}
	if n := s.count("SELECT count(*) FROM seckill_dead_letters"); n != 0 {
		t.Errorf("%d dead letters", n)
	}
	if n := s.count("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"); n != 0 {
		t.Errorf("%d advisory locks are left", n)
	}
	if got := servertest.Setting(t, s.url, "plan_cache_mode"); got != "auto" {
		t.Errorf("a client after us finds plan_cache_mode = %s", got)
	}
}

// lineWith returns the first line that contains one of the words, "" when none does.
func lineWith(text string, words ...string) string {
	for line := range strings.Lines(text) {
		for _, word := range words {
			if strings.Contains(line, word) {
				return line
			}
		}
	}
	return ""
}

// calls makes calls none of which may fail. It may be used by many goroutines.
type calls struct {
	t  *testing.T
	mu sync.Mutex
	n  int
}

// must makes a call that has to be answered with 200.
func (c *calls) must(p *process, method, path, body string) map[string]any {
	status, answer := p.call("operator", method, path, body)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n++; status != http.StatusOK {
		c.t.Errorf("%s %s %s: %d %v", method, path, body, status, answer)
	}
	return answer
}

// recordsByHand pushes raw entries of a record-only product and resolves them.
func (s *site) recordsByHand(c *calls, replicas []*process) {
	s.t.Helper()
	const entries = 1500
	s.push(1, 1, entries)
	s.drained(entries)
	var id string
	if err := s.pool.QueryRow(s.t.Context(), "SELECT min(stream_id) FROM seckill_logs").Scan(&id); err != nil {
		s.t.Fatal(err)
	}
	c.must(replicas[1], http.MethodPut, "/admin/v1/logs/status",
		fmt.Sprintf(`{"items": [{"productId": 1, "streamId": %q, "status": "FAILED", "reason": "by hand"}]}`, id))
	if n := s.count("SELECT count(*) FROM seckill_logs WHERE reason = 'by hand'"); n != 1 {
		s.t.Errorf("%d logs have been resolved", n)
	}
}

// sellsAndExpires runs a sale through all that can become of an order and of a product.
func (s *site) sellsAndExpires(c *calls, replicas []*process) {
	s.t.Helper()
	const units, users = 60, 100
	replicas[0].sell(2, fmt.Sprintf(`"stockTotal": %d, "paymentWindowSeconds": 3600`, units))
	replicas[1].sell(3, `"stockTotal": 5, "paymentWindowSeconds": 1`)
	var tally tally
	crowd(1, users, 16, func(user int) {
		p := replicas[user%2]
		got := p.try(2, user, fmt.Sprint("request-", user))
		tally.count(got)
		if !got.admitted() {
			return
		}
		if result := p.resultOf(2, user, "?wait=20s"); result.Status != "SUCCESS" {
			s.t.Errorf("the result of user %d: %+v", user, result)
		}
	})
	if tally.admitted() != units || tally.of("SOLD_OUT") != users-units {
		s.t.Errorf("%s", &tally)
	}
	s.quiet(2, replicas...)
	s.paysAndCancels(c, replicas)
	if got := replicas[0].try(3, 1, ""); !got.admitted() {
		s.t.Errorf("%+v", got)
	}
	s.push(3, 2, 3)
	servertest.Eventually(s.t, "orders expire", func() bool {
		return s.count("SELECT count(*) FROM seckill_orders WHERE product_id = 3 AND status = 'EXPIRED'") == 3
	})
	s.changesAProduct(c, replicas)
	for product, live := range map[int]int{2: units - 1, 3: 0} {
		if b := s.quiet(product, replicas...); b.LiveOrders != live {
			s.t.Errorf("want %d live orders: %s", live, b)
		}
	}
}

// paysAndCancels pays ten orders, half of them twice, and cancels an eleventh.
func (s *site) paysAndCancels(c *calls, replicas []*process) {
	s.t.Helper()
	rows, err := s.pool.Query(s.t.Context(), "SELECT id FROM seckill_orders WHERE product_id = 2 ORDER BY id LIMIT 11")
	if err != nil {
		s.t.Fatal(err)
	}
	var orders []int
	for rows.Next() {
		var id int
		if err := rows.Scan(&id); err != nil {
			s.t.Fatal(err)
		}
		orders = append(orders, id)
	}
	if len(orders) != 11 || rows.Err() != nil {
		s.t.Fatalf("orders %v, %v", orders, rows.Err())
	}
	crowd(0, 14, 5, func(n int) {
		path := fmt.Sprintf("/api/v1/orders/%d", orders[n%10])
		c.must(replicas[n%2], http.MethodPost, path+"/pay", fmt.Sprintf(`{"paymentRef": "payment-%d"}`, n%10))
		c.must(replicas[n%2], http.MethodGet, path, "")
	})
	c.must(replicas[0], http.MethodPost, fmt.Sprintf("/api/v1/orders/%d/cancel", orders[10]), "")
	if n := s.count("SELECT count(*) FROM seckill_orders WHERE product_id = 2 AND status = 'PAID'"); n != 10 {
		s.t.Errorf("%d orders are paid", n)
	}
}

// changesAProduct calls every route that changes a product.
func (s *site) changesAProduct(c *calls, replicas []*process) {
	s.t.Helper()
	for i, change := range []struct{ path, body string }{
		{"/pause", ""},
		{"/resume", ""},
		{"/stock", `{"delta": 5, "note": "found some"}`},
		{"/stock", `{"delta": -5, "note": "they were none"}`},
		{"/books/repair", ""},
		{"/end", ""},
	} {
		c.must(replicas[i%2], http.MethodPost, "/admin/v1/products/3"+change.path, change.body)
	}
	c.must(replicas[0], http.MethodPut, "/admin/v1/products/2",
		`{"name": "another phone", "perUserLimit": 2, "startsAt": "2020-01-02T03:04:05Z", "endsAt": "2120-01-02T03:04:05.678Z"}`)
}

// everyRead calls every route that reads, more often than it takes PostgreSQL or pgx to
// come upon an idea of their own about a statement.
func (c *calls) everyRead(p *process) {
	crowd(1, 12, 4, func(user int) {
		for _, path := range []string{
			"/admin/v1/products", "/admin/v1/products?limit=1", "/admin/v1/products/2", "/admin/v1/products/2/books",
			"/admin/v1/logs", "/admin/v1/logs?productId=2&status=SUCCESS&limit=5", "/admin/v1/logs?status=FAILED",
			"/admin/v1/logs?userId=7&from=2020-01-01T00:00:00Z&to=2120-01-01T00:00:00Z",
			"/admin/v1/streams", "/admin/v1/streams/2", "/admin/v1/streams/2/pending",
			"/api/v1/products/2/summary", "/api/v1/products/2/results", "/api/v1/products/2/results?status=SUCCESS",
			fmt.Sprintf("/api/v1/users/%d/results", user), fmt.Sprintf("/api/v1/users/%d/results?status=PROCESSING", user),
			fmt.Sprintf("/api/v1/products/1/users/%d/result", user), fmt.Sprintf("/api/v1/products/1/users/%d/result?wait=10ms", user),
		} {
			c.must(p, http.MethodGet, path, "")
		}
	})
}
