package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"seckill/internal/servertest"
)

// TestASaleThroughPgBouncer runs two replicas over a pooler in transaction mode with fewer
// connections than either of them would like, with nothing but its address in the data
// source, and calls every route that reads or writes the books.
func TestASaleThroughPgBouncer(t *testing.T) {
	s := newSite(t)
	s.url = servertest.PgBouncer(t, "transaction", 3)(s.url)
	a, b := s.start("a", ""), s.start("b", "")
	a.ready()
	b.ready()
	s.sellEverywhere(a, b)
	for _, p := range []*process{a, b} {
		if code := p.terminate(); code != 0 || strings.Contains(p.output.String(), "SQLSTATE") {
			t.Errorf("exit code %d, or an error of PostgreSQL:\n%s", code, p.output)
		}
	}
}

// sellEverywhere holds a sale on two replicas, and calls every route that reads or writes
// the books on each of them.
func (s *site) sellEverywhere(a, b *process) {
	const units, users = 60, 80
	t := s.t
	t.Helper()
	a.create(fmt.Sprintf(`{"productId": 2, "name": "phone", "stockTotal": %d, "paymentWindowSeconds": 600}`, units))
	s.push(1, 1, 500)
	for user := 1; user <= users; user++ {
		p := []*process{a, b}[user%2]
		status, answer := p.call("bff", http.MethodPost, "/api/v1/products/2/attempts", fmt.Sprintf(`{"userId": %d}`, user))
		if want := http.StatusAccepted; status != want && (user <= units || answer["code"] != "SOLD_OUT") {
			t.Errorf("attempt of user %d: %d %v", user, status, answer)
		}
	}
	s.push(2, users+1, users+20) // past the gate
	s.settledTo(a, 2, units+20, units)
	servertest.Eventually(t, "the record-only product is stored", func() bool {
		return s.count("SELECT count(*) FROM seckill_logs WHERE product_id = 1") == 500
	})
	if n := s.count("SELECT count(DISTINCT user_id) FROM seckill_logs WHERE product_id = 1"); n != 500 {
		t.Errorf("%d users of the record-only product, want 500", n)
	}

	ok := func(p *process, role, method, path, body string) map[string]any {
		t.Helper()
		status, answer := p.call(role, method, path, body)
		if status != http.StatusOK {
			t.Errorf("%s %s: %d %v", method, path, status, answer)
		}
		return answer
	}
	for user := 1; user <= 20; user++ {
		for _, p := range []*process{a, b} {
			result := ok(p, "bff", http.MethodGet, fmt.Sprintf("/api/v1/products/2/users/%d/result?wait=1s", user), "")
			order, _ := result["order"].(map[string]any)
			path := fmt.Sprintf("/api/v1/orders/%.0f", order["orderId"])
			ok(p, "bff", http.MethodGet, path, "")
			if user%2 == 0 {
				ok(p, "bff", http.MethodPost, path+"/pay", `{"paymentRef": "p"}`)
			} else {
				ok(p, "bff", http.MethodPost, path+"/cancel", "")
			}
		}
	}
	for _, p := range []*process{a, b} {
		for _, path := range []string{
			"/api/v1/users/1/results", "/api/v1/products/2/results?status=FAILED", "/api/v1/products/2/summary",
			"/admin/v1/products", "/admin/v1/products/2", "/admin/v1/products/2/books", "/admin/v1/streams", "/admin/v1/streams/2",
			"/admin/v1/streams/2/pending", "/admin/v1/logs?productId=1", "/admin/v1/logs?status=PROCESSING",
		} {
			ok(p, "operator", http.MethodGet, path, "")
		}
		ok(p, "operator", http.MethodPut, "/admin/v1/products/2", fmt.Sprintf(`{"name": "phone %s"}`, p.address))
		for _, path := range []string{"/2/pause", "/2/resume", "/2/stock", "/2/books/repair"} {
			p.do(path, map[string]string{"/2/stock": `{"delta": 1, "note": "found"}`}[path])
		}
	}
	id := s.logID(1)
	ok(b, "operator", http.MethodPut, "/admin/v1/logs/status",
		fmt.Sprintf(`{"items": [{"productId": 1, "streamId": %q, "status": "SUCCESS"}]}`, id))
	b.do("/2/end", "")
	s.settledTo(b, 2, units+20, units)
}

// logID returns the stream ID of some log of a product.
func (s *site) logID(product int64) string {
	s.t.Helper()
	var id string
	err := s.pool.QueryRow(s.t.Context(), "SELECT min(stream_id) FROM seckill_logs WHERE product_id = $1", product).Scan(&id)
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

// TestAPoolerThatGivesAwayStatementsIsNamed starts the service over PgBouncer in statement
// mode, where there are no transactions.
func TestAPoolerThatGivesAwayStatementsIsNamed(t *testing.T) {
	s := newSite(t)
	s.url = servertest.PgBouncer(t, "statement", 3)(s.url)
	s.start("", "").notReady("pool_mode")
}

// notReady waits until /readyz answers 503 with a word of the reason, in the log too.
func (p *process) notReady(reason string) {
	p.t.Helper()
	servertest.Eventually(p.t, "/readyz and the log say "+reason, func() bool {
		return strings.Contains(p.readiness(), reason) && strings.Contains(p.output.String(), reason)
	})
}
