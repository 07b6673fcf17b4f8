package e2e

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"seckill/internal/devstack"
	"seckill/internal/servertest"
)

// redisWays are the kinds of Redis on which PostgreSQL loses its tail.
var redisWays = map[string]func(t *testing.T) *site{
	"single":   newSite,
	"cluster":  func(t *testing.T) *site { t.Helper(); return onCluster(t).site },
	"sentinel": func(t *testing.T) *site { t.Helper(); s, _, _ := onSentinels(t); return s },
}

// onOwnPostgres gives the site a PostgreSQL of its own.
func (s *site) onOwnPostgres() *devstack.Postgres {
	s.t.Helper()
	server := servertest.Postgres(s.t)
	url, err := server.CreateDatabase(s.t.Context(), "older", "")
	if err != nil {
		s.t.Fatal(err)
	}
	s.url, s.pool = url, servertest.Open(s.t, url)
	return server
}

// sellSome has users from … to come to product 2, two thirds through the gate, and as many
// entries to record-only product 1, and waits until all is stored and acknowledged.
func (s *site) sellSome(a, b *process, from, to int) {
	s.t.Helper()
	for user := from; user <= to; user++ {
		if user%3 == 0 {
			s.push(2, user, user)
		} else if got := []*process{a, b}[user%2].try(2, user, fmt.Sprint("r", user)); !got.admitted() {
			s.t.Errorf("user %d: %+v", user, got)
		}
	}
	s.push(1, from, to)
	servertest.Eventually(s.t, "all is acknowledged", func() bool {
		return s.isDrained(1) && s.isDrained(2) &&
			s.count("SELECT count(*) FROM seckill_logs WHERE product_id = 1") == to &&
			s.count("SELECT count(*) FROM seckill_logs WHERE product_id = 2") == to
	})
}

// isWholeAgain waits until what the database has lost is stored again, and proves it: n
// users have come to each product, and each has what he was told.
func (s *site) isWholeAgain(n, losses int, replicas ...*process) {
	s.t.Helper()
	for _, product := range []int{1, 2} {
		servertest.Eventually(s.t, fmt.Sprintf("the entries of product %d are found again", product), func() bool {
			return s.count("SELECT count(*) FROM seckill_audit WHERE action = 'books.found_again' AND target = $1",
				fmt.Sprint("product:", product)) >= losses && s.isDrained(product) &&
				s.count("SELECT count(*) FROM seckill_logs WHERE product_id = $1", product) == n
		})
	}
	for _, p := range replicas {
		p.ready()
	}
	for user := 1; user <= n; user += 7 {
		if got := replicas[user%len(replicas)].resultOf(2, user, "?wait=20s"); got.Status != "SUCCESS" {
			s.t.Errorf("user %d is told %+v", user, got)
		}
	}
	if books := s.quiet(2, replicas...); books.LiveOrders != n {
		s.t.Errorf("of %d orders, after %d losses: %s", n, losses, books)
	}
}

// paysOf pays the order of a user and returns its ID.
func (s *site) paysOf(p *process, user int, ref string) int {
	s.t.Helper()
	order := s.orderOf(2, user)
	status, answer := p.call("bff", http.MethodPost, fmt.Sprintf("/api/v1/orders/%d/pay", order), fmt.Sprintf(`{"paymentRef": %q}`, ref))
	if status != http.StatusOK {
		s.t.Errorf("user %d pays: %d %v", user, status, answer)
	}
	return order
}

// forgotten wants a payment for an order that is lost refused, written down once and
// counted, and the payment of the order that was found again taken.
func (s *site) forgotten(p *process, order, user int, ref string) {
	s.t.Helper()
	before := p.metric("seckill_unknown_payments_total")
	for range 2 {
		status, answer := p.call("bff", http.MethodPost, fmt.Sprintf("/api/v1/orders/%d/pay", order), fmt.Sprintf(`{"paymentRef": %q}`, ref))
		if status != http.StatusNotFound || answer["code"] != "ORDER_NOT_FOUND" {
			s.t.Errorf("a payment for lost order %d: %d %v", order, status, answer)
		}
	}
	if n := s.count("SELECT count(*) FROM seckill_audit WHERE action = 'order.unknown_payment' AND target = $1 AND detail ->> 'paymentRef' = $2",
		fmt.Sprint("order:", order), ref); n != 1 {
		s.t.Errorf("%d rows tell of the payment for order %d", n, order)
	}
	if after := p.metric("seckill_unknown_payments_total"); after == before {
		s.t.Errorf("seckill_unknown_payments_total stays %s", after)
	}
	if again := s.paysOf(p, user, ref); again == order {
		s.t.Errorf("order %d has its ID again", order)
	}
}

// TestAFolderThatIsCopiedAndPutBack, twice in a row: once under replicas that run, once
// while they are away.
func TestAFolderThatIsCopiedAndPutBack(t *testing.T) {
	for name, on := range redisWays {
		t.Run(name, func(t *testing.T) { on(t).isPutBackTwice() })
	}
}

func (s *site) isPutBackTwice() {
	t, server := s.t, s.onOwnPostgres()
	a, b := s.start("a", ""), s.start("b", "")
	a.ready()
	b.ready()
	a.sell(2, `"stockTotal": 500, "paymentWindowSeconds": 600`)
	users := 0
	for round := 1; round <= 2; round++ {
		s.sellSome(a, b, users+1, users+60)
		dir := filepath.Join(t.TempDir(), "copy")
		for _, step := range []func() error{
			func() error { return server.Pause(t.Context()) }, func() error { return server.CopyTo(t.Context(), dir) },
			func() error { return server.Resume(t.Context()) },
		} {
			if err := step(); err != nil {
				t.Fatal(err)
			}
		}
		a.ready()
		b.ready()
		s.sellSome(a, b, users+61, users+120)
		lost := s.paysOf(a, users+100, "paid")
		if round == 2 {
			_, _ = a.terminate(), b.terminate()
		}
		if err := server.Pause(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := server.ResumeFrom(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
		if round == 2 {
			a, b = s.start("a", ""), s.start("b", "")
		}
		users += 120
		s.isWholeAgain(users, round, a, b)
		s.forgotten(a, lost, users-20, "paid")
		if found := a.scrape() + b.scrape(); !strings.Contains(found, `seckill_books_found_again_total{product="1"} 60`) ||
			!strings.Contains(found, `seckill_books_found_again_total{product="2"} 60`) {
			t.Error("the metrics do not tell of 60 entries found again")
		}
	}
}

// TestAStandbyThatLaggedIsPromoted under load: what the primary acknowledged last is lost.
func TestAStandbyThatLaggedIsPromoted(t *testing.T) {
	s := newSite(t)
	primary := s.onOwnPostgres()
	standby := servertest.Standby(t, primary)
	both := strings.Replace(s.url, fmt.Sprint(":", primary.Port()), fmt.Sprintf(":%d,127.0.0.1:%d", primary.Port(), standby.Port()), 1)
	way := fmt.Sprintf("{DataSource: %q}", both)
	a, b := s.startBy(s.redis.Addr(), way, "a", ""), s.startBy(s.redis.Addr(), way, "b", "")
	a.ready()
	b.ready()
	a.sell(2, `"stockTotal": 500, "paymentWindowSeconds": 600`)
	s.sellSome(a, b, 1, 60)
	for _, step := range []func(ctx context.Context) error{standby.CatchUp, standby.StopReceiving} {
		if err := step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	s.sellSome(a, b, 61, 120)
	lost := s.paysOf(a, 100, "paid")
	for user := 121; user <= 150; user++ { // some of these are on their way when it happens
		_ = []*process{a, b}[user%2].try(2, user, fmt.Sprint("r", user))
		s.push(1, user, user)
	}
	if err := primary.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := standby.Promote(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.url = standby.URL("older")
	s.pool = servertest.Open(t, s.url)
	for user := 121; user <= 150; user++ {
		servertest.Eventually(t, "everybody is admitted or was", func() bool {
			return []*process{a, b}[user%2].try(2, user, fmt.Sprint("r", user)).admitted()
		})
	}
	s.isWholeAgain(150, 1, a, b)
	s.forgotten(b, lost, 100, "paid")
}
