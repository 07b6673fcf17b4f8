package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// create registers a product through the API of a process.
func (p *process) create(body string) {
	p.t.Helper()
	if err := p.api("operator").Do(p.t.Context(), http.MethodPost, "/admin/v1/products", json.RawMessage(body), nil); err != nil {
		p.t.Fatalf("create %s: %v", body, err)
	}
}

// do calls an admin route that must succeed.
func (p *process) do(path, body string) map[string]any {
	p.t.Helper()
	status, answer := p.call("operator", http.MethodPost, "/admin/v1/products"+path, body)
	if status != http.StatusOK {
		p.t.Fatalf("POST %s: %d %v", path, status, answer)
	}
	return answer
}

func (s *site) count(sql string, args ...any) int {
	s.t.Helper()
	return servertest.Count(s.t, s.pool, sql, args...)
}

// settledTo waits until a product's stream is drained, and proves its books.
func (s *site) settledTo(p *process, product int64, entries, winners int) {
	s.t.Helper()
	servertest.Eventually(s.t, fmt.Sprintf("the stream of product %d is drained", product), func() bool {
		groups, err := s.client.XInfoGroups(s.t.Context(), seckill.StreamKey(product)).Result()
		return err == nil && len(groups) == 1 && groups[0].Lag == 0 && groups[0].Pending == 0
	})
	for what, check := range map[string]struct {
		sql  string
		want int
	}{
		"logs":                    {"SELECT count(*) FROM seckill_logs WHERE product_id = $1", entries},
		"winners":                 {"SELECT count(*) FROM seckill_logs WHERE product_id = $1 AND status = 'SUCCESS'", winners},
		"logs that are not final": {"SELECT count(*) FROM seckill_logs WHERE product_id = $1 AND status = 'PROCESSING'", 0},
		"winners without an order, or orders without a winner": {`SELECT count(*) FROM seckill_logs l FULL JOIN seckill_orders o
			USING (product_id, stream_id) WHERE product_id = $1 AND (l.status = 'SUCCESS') IS DISTINCT FROM (o.id IS NOT NULL)`, 0},
		"users with two live orders": {`SELECT count(*) FROM (SELECT 1 FROM seckill_orders WHERE product_id = $1 AND status IN
			('PENDING_PAYMENT', 'PAID', 'CONFIRMED') GROUP BY user_id HAVING count(*) > 1) AS twice`, 0},
	} {
		if n := s.count(check.sql, product); n != check.want {
			s.t.Errorf("%d %s, want %d", n, what, check.want)
		}
	}
	_, books := p.call("viewer", http.MethodGet, fmt.Sprintf("/admin/v1/products/%d/books", product), "")
	if books["balanced"] != true || books["drift"] != float64(0) {
		s.t.Errorf("books: %v", books)
	}
}

func TestKilledFiveTimesWhileSettling(t *testing.T) {
	const entries, units, kills = 60_000, 25_000, 5
	s := newSite(t)
	first := s.start("", "")
	first.ready()
	first.create(fmt.Sprintf(`{"productId": 2, "name": "phone", "stockTotal": %d, "paymentWindowSeconds": 600}`, units))
	first.do("/2/pause", "")
	first.kill() // the product lives on without the process that made it
	s.push(2, 1, entries/2)
	s.push(2, 1, entries/2) // every user tries twice
	s.start("", "").resumeWhenReady(2)
	for kill := 1; kill <= kills; kill++ {
		p := s.start(fmt.Sprint("replica-", kill%2), "")
		goal := kill * entries / (kills + 1)
		servertest.Eventually(t, fmt.Sprintf("%d entries are settled", goal), func() bool { return s.logs() >= goal })
		p.kill()
	}
	last := s.start("last", "")
	last.ready()
	s.settledTo(last, 2, entries, units)
	if n := s.count("SELECT stock_left FROM seckill_products WHERE product_id = 2"); n != 0 {
		t.Errorf("%d units left", n)
	}
}

// resumeWhenReady resumes a product and kills the process before it can settle much.
func (p *process) resumeWhenReady(product int64) {
	p.t.Helper()
	p.ready()
	p.do(fmt.Sprintf("/%d/resume", product), "")
	p.kill()
}

func TestProductsAreFollowedByEveryReplica(t *testing.T) {
	s := newSite(t)
	replicas := []*process{s.start("a", ""), s.start("b", "")}
	for _, p := range replicas {
		p.ready()
	}
	a, b := replicas[0], replicas[1]
	a.create(`{"productId": 2, "name": "phone", "stockTotal": 100}`)
	for _, p := range replicas {
		servertest.Eventually(t, "the product is consumed by every replica", func() bool {
			return strings.Contains(p.output.String(), "seckill stream server started: productID=2 ")
		})
	}
	s.push(2, 1, 50)
	s.settledTo(a, 2, 50, 50)

	b.do("/2/pause", "")
	for _, p := range replicas {
		servertest.Eventually(t, "no replica consumes a paused product", func() bool { return p.metric(`seckill_consumers_up{product="2"}`) == "0" })
	}
	s.push(2, 51, 80)
	s.push(1, 1, 10) // another product goes on
	servertest.Eventually(t, "the other product is consumed", func() bool {
		return s.count("SELECT count(*) FROM seckill_logs WHERE product_id = 1") == 10
	})
	if n := s.count("SELECT count(*) FROM seckill_logs WHERE product_id = 2"); n != 50 {
		t.Errorf("a paused product went on to %d logs", n)
	}

	a.do("/2/end", "") // what waits in the stream arrived before the end
	s.push(2, 81, 90)  // and this did not
	s.settledTo(a, 2, 90, 80)
	if n := s.count("SELECT count(*) FROM seckill_logs WHERE product_id = 2 AND reason = 'ENDED' AND user_id > 80"); n != 10 {
		t.Errorf("%d of 10 late entries are FAILED ENDED", n)
	}
	if status, answer := b.call("operator", http.MethodPost, "/admin/v1/products/2/resume", ""); status != http.StatusConflict || answer["code"] != "INVALID_TRANSITION" {
		t.Errorf("resume an ended product: %d %v", status, answer)
	}
}

// TestASaleUnderLoad lets two replicas settle while orders are paid and cancelled,
// expire and stock is added, and kills one of them.
func TestASaleUnderLoad(t *testing.T) {
	const entries = 20_000
	s := newSite(t)
	a, b := s.start("a", ""), s.start("b", "")
	a.ready()
	b.ready()
	b.create(`{"productId": 2, "name": "phone", "stockTotal": 5000, "paymentWindowSeconds": 1}`)
	s.push(2, 1, entries)
	servertest.Eventually(t, "the sale is on", func() bool { return s.count("SELECT count(*) FROM seckill_orders") > 500 })
	a.kill()
	var wg sync.WaitGroup
	for n := range 3 {
		wg.Go(func() {
			for range 20 {
				var id int64
				if s.pool.QueryRow(t.Context(), "SELECT id FROM seckill_orders WHERE status = 'PENDING_PAYMENT' ORDER BY random() LIMIT 1").Scan(&id) != nil {
					continue
				}
				path, body := fmt.Sprintf("/api/v1/orders/%d/pay", id), fmt.Sprintf(`{"paymentRef": "ref-%d"}`, n)
				if n == 0 {
					path, body = fmt.Sprintf("/api/v1/orders/%d/cancel", id), ""
				}
				if status, answer := b.call("bff", http.MethodPost, path, body); status != http.StatusOK && status != http.StatusConflict {
					t.Errorf("%s: %d %v", path, status, answer)
				}
			}
		})
	}
	wg.Go(func() { b.do("/2/stock", `{"delta": 100, "note": "found in the back"}`) })
	wg.Wait()
	servertest.Eventually(t, "no order is left to pay", func() bool {
		return s.count("SELECT count(*) FROM seckill_orders WHERE status = 'PENDING_PAYMENT'") == 0 && s.count("SELECT count(*) FROM seckill_logs") == entries
	})
	winners := s.count("SELECT count(*) FROM seckill_orders")
	s.settledTo(b, 2, entries, winners)
	left := s.count("SELECT stock_left FROM seckill_products WHERE product_id = 2")
	if paid := s.count("SELECT count(*) FROM seckill_orders WHERE status = 'PAID'"); paid+left != 5100 {
		t.Errorf("%d paid and %d left of 5100 units", paid, left)
	}
	servertest.Eventually(t, "the auditor shows the books", func() bool {
		return b.metric(`seckill_books_drift{product="2"}`) == "0" && b.metric(`seckill_stock{place="left",product="2"}`) == fmt.Sprint(left)
	})
}
