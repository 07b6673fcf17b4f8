package demo

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"seckill/client"
	"seckill/internal/rehearsal"
	"seckill/internal/servertest"
	"seckill/internal/stream"
)

// TestADemoSellsOutAndBalances plays a short sale on the real service, twice: every unit is paid
// at the end, though some have been cancelled and have expired on the way.
func TestADemoSellsOutAndBalances(t *testing.T) {
	s, err := servertest.StartService("")
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Errorf("stop: %v\n%s", err, s.Output.String())
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	clients := stream.NewClients(stream.ClientConfig{Addrs: []string{s.RedisAddr}})
	t.Cleanup(func() { _ = clients.Close() })
	c, err := client.New(client.Config{URL: s.URL, Token: client.StaticToken(s.Token("operator")), Retry: client.Retry{Tries: 1}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	short := Script{
		Units: 20, OpensIn: 2 * time.Second, Window: time.Second, Early: 500 * time.Millisecond,
		Rush: 100, RushFor: 2 * time.Second, Rest: 200, RestFor: 12 * time.Second,
	}
	for _, productID := range []int64{firstProduct, firstProduct + 1} {
		var out strings.Builder
		d := &Demo{Client: c, Console: "http://x/console/", Shell: "export A=b", Script: short, Out: &out, Push: clients.Push}
		r, err := d.Play(t.Context())
		if err != nil || !r.OK() {
			t.Fatalf("%v, %v", err, r.Findings)
		}
		if r.ProductID != productID || r.Buyers != 300 || r.Outcomes[rehearsal.Pushed] != 150 || r.Outcomes["not_started"] == 0 {
			t.Errorf("product %d, %d buyers, %v", r.ProductID, r.Buyers, r.Outcomes)
		}
		b := r.Books
		if !b.Balanced || b.OrdersByStatus["PAID"] != 20 || b.LiveOrders != 20 || b.OrdersByStatus["CANCELLED"]+b.OrdersByStatus["EXPIRED"] == 0 {
			t.Errorf("the books: %+v", b)
		}
		for _, want := range []string{fmt.Sprintf("demo: product %d opens at ", productID), "20 units for 300 buyers", "http://x/console/", "export A=b", "demo: 20 of 20 units are sold; orders: "} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("it does not say %q:\n%s", want, out.String())
			}
		}
	}
}

func TestADemoThatIsStoppedEnds(t *testing.T) {
	c, err := client.New(client.Config{URL: "http://127.0.0.1:1", Retry: client.Retry{Tries: 1}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	r := (&Demo{Client: c, Script: Full(), Out: &strings.Builder{}, Push: func(context.Context, string, ...any) error { return nil }}).Role()
	done := make(chan struct{})
	go func() { r.Start(); close(done) }()
	r.Stop()
	<-done
}

func TestTheFullScriptLeavesTimeForWhatExpires(t *testing.T) {
	s := Full()
	if s.buyers() != 5000 || s.Units != 500 {
		t.Fatalf("%d buyers for %d units", s.buyers(), s.Units)
	}
	last := time.Duration(0)
	acts := map[rehearsal.Act]int{}
	for n := range s.buyers() {
		at := s.arrival(n)
		if at < last {
			t.Fatalf("buyer %d comes before the one before", n)
		}
		last = at
		acts[s.act(n)]++
		if s.act(n) != rehearsal.Pay && at+s.Window+sweepLate > s.RushFor+s.RestFor {
			t.Fatalf("buyer %d does not pay at %v, and nobody comes any more to buy that unit", n, at)
		}
	}
	if acts[rehearsal.Ignore] < 500 || acts[rehearsal.Cancel] < 100 || last > s.RushFor+s.RestFor {
		t.Errorf("%v, the last one at %v", acts, last)
	}
}
