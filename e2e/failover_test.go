package e2e

import (
	"net/url"
	"strings"
	"testing"

	"seckill/internal/devstack"
	"seckill/internal/servertest"
)

// newPair is a site on a PostgreSQL of its own, and a standby that has all of it.
func newPair(t *testing.T) (s *site, primary *devstack.Postgres, standby *devstack.Standby) {
	t.Helper()
	primary = servertest.Postgres(t)
	standby = servertest.Standby(t, primary)
	if err := standby.Synchronise(t.Context()); err != nil {
		t.Fatal(err)
	}
	s = &site{t: t, redis: servertest.Redis(t), url: primary.URL("")}
	s.client, s.pool = servertest.Client(t, s.redis), servertest.Open(t, s.url)
	return s, primary, standby
}

// isSaid waits until the readiness and the gauge tell that PostgreSQL takes no writes.
func (p *process) isSaid(reason string) {
	p.t.Helper()
	servertest.Eventually(p.t, "/readyz says "+reason, func() bool {
		text := p.readiness()
		return strings.Contains(text, "postgres (") && strings.Contains(text, reason)
	})
	servertest.Eventually(p.t, "PostgreSQL is shown as down", func() bool { return p.metric("seckill_postgres_up") == "0" })
}

// promote has the standby take over in the middle of a sale.
func (c *patient) promote(standby *devstack.Standby) {
	c.t.Helper()
	if err := standby.Promote(c.t.Context()); err != nil {
		c.t.Fatal(err)
	}
	c.pool = servertest.Open(c.t, standby.URL(""))
}

// sells waits until the sale has got some way from where it is.
func (c *patient) sells() {
	c.t.Helper()
	finals := func() int {
		c.mu.Lock()
		defer c.mu.Unlock()
		return len(c.final)
	}
	goal := finals() + 20
	servertest.Eventually(c.t, "the sale goes on", func() bool { return finals() >= goal })
}

// TestAFailoverBehindOneAddress closes the primary to writers, as is done before a planned
// switch; it goes on answering on the connections that there are. Then the address leads to
// the standby, which is promoted.
func TestAFailoverBehindOneAddress(t *testing.T) {
	s, primary, standby := newPair(t)
	wire := servertest.NewWire(t, s.url)
	s.url = wire.Through(t, s.url)
	p := s.start("", "")
	p.ready()
	c := s.patient(p)
	stop := c.run()
	defer stop()
	c.sells()
	if err := primary.Set(t.Context(), "default_transaction_read_only", "on"); err != nil {
		t.Fatal(err)
	}
	p.isSaid("default_transaction_read_only")
	wire.Lead(t, standby.URL(""))
	p.isSaid("it is a standby")
	c.promote(standby)
	c.sells()
	stop()
	c.felt()
	c.healed()
}

// TestAFailoverBetweenTwoAddresses has the primary crash under a data source that names
// both, the standby first, and nothing more.
func TestAFailoverBetweenTwoAddresses(t *testing.T) {
	s, primary, standby := newPair(t)
	s.url = strings.Replace(s.url, hostOf(t, s.url), hostOf(t, standby.URL(""))+","+hostOf(t, s.url), 1)
	p := s.start("", "")
	p.ready()
	c := s.patient(p)
	stop := c.run()
	defer stop()
	c.sells()
	if err := primary.Crash(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.isSaid("none of the servers")
	c.promote(standby)
	c.sells()
	stop()
	c.felt()
	c.healed()
}

func hostOf(t *testing.T, of string) string {
	t.Helper()
	parsed, err := url.Parse(of)
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Host
}
