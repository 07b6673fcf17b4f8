package e2e

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

func TestFiveHundredUsersForFiftyUnitsAtTwoReplicas(t *testing.T) {
	const users, units = 500, 50
	s := newSite(t)
	replicas := s.replicas("", "a", "b")
	for name, tt := range map[string]struct {
		product int
		atGate  func(user int) bool
		past    func(user int) bool
	}{
		"half of them past the gate": {2, func(user int) bool { return user%2 == 0 }, func(user int) bool { return user%2 == 1 }},
		"each of them both ways":     {3, func(int) bool { return true }, func(int) bool { return true }},
	} {
		t.Run(name, func(t *testing.T) {
			replicas[0].sell(tt.product, fmt.Sprintf(`"stockTotal": %d`, units))
			var tally tally
			var pushed atomic.Int64
			crowd(1, users, users, func(user int) {
				gateFirst := user%4 < 2
				for _, gate := range []bool{gateFirst, !gateFirst} {
					switch {
					case gate && tt.atGate(user):
						tally.count(replicas[user/4%2].try(tt.product, user, ""))
					case !gate && tt.past(user):
						s.push(int64(tt.product), user, user)
						pushed.Add(1)
					}
				}
			})
			if n := tally.of("SOLD_OUT") + tally.of("LIMIT_REACHED") + tally.admitted(); n+int(pushed.Load()) < users || tally.admitted() == 0 {
				t.Errorf("%d pushed, %s", pushed.Load(), &tally)
			}
			t.Logf("%d pushed, %s", pushed.Load(), &tally)
			s.everybodyKnows(replicas, tt.product, users)
			if b := s.quiet(tt.product, replicas...); b.LiveOrders != units || *b.RedisLeft != 0 {
				t.Errorf("of %d units: %s", units, b)
			}
			s.admittedAreFinal(tt.product, &tally, "NOT_STARTED", "ENDED")
			s.settledTo(replicas[1], int64(tt.product), int(pushed.Load())+tally.admitted(), units)
		})
	}
}

// everybodyKnows asks for the result of each user who has an entry.
func (s *site) everybodyKnows(replicas []*process, product, users int) {
	s.t.Helper()
	tried := s.users(product)
	crowd(1, users, 50, func(user int) {
		if !tried[user] {
			return
		}
		got := replicas[user%2].resultOf(product, user, "?wait=30s")
		if got.status != http.StatusOK || !got.final() || got.Status == "FAILED" && got.Reason == "" {
			s.t.Errorf("user %d is told %+v", user, got)
		}
	})
}

// users are those who have an entry in a product's stream.
func (s *site) users(product int) map[int]bool {
	s.t.Helper()
	entries, err := s.client.XRange(s.t.Context(), seckill.StreamKey(int64(product)), "-", "+").Result()
	if err != nil {
		s.t.Fatal(err)
	}
	users := map[int]bool{}
	for _, e := range entries {
		var user int
		if _, err := fmt.Sscan(fmt.Sprint(e.Values["uid"]), &user); err != nil {
			s.t.Fatal(err)
		}
		users[user] = true
	}
	return users
}

// siege is new users who try without end.
type siege struct {
	t       *testing.T
	product int
	at      []*process
	users   atomic.Int64
	tally   tally
	shut    atomic.Bool // who tries while it is set must not be admitted
}

// begin lets width users at a time try until stop is called, at each replica in turn.
func (g *siege) begin(width int) (stop func()) {
	ctx, cancel := context.WithTimeout(g.t.Context(), time.Minute)
	var group sync.WaitGroup
	for range width {
		group.Go(func() {
			for ctx.Err() == nil {
				g.one()
			}
		})
	}
	return func() { cancel(); group.Wait() }
}

func (g *siege) one() {
	user, shut := int(g.users.Add(1)), g.shut.Load()
	got := g.at[user%len(g.at)].try(g.product, user, "")
	if got.admitted() && shut && g.shut.Load() {
		g.t.Errorf("user %d is admitted after the gate was shut: %+v", user, got)
	}
	g.tally.count(got)
	if !got.admitted() {
		time.Sleep(time.Millisecond) // refusals are cheap, and would starve the rest
	}
}

// more waits until n more are admitted.
func (g *siege) more(n int) {
	g.t.Helper()
	goal := g.tally.admitted() + n
	servertest.Eventually(g.t, fmt.Sprintf("%d more are admitted", n), func() bool { return g.tally.admitted() >= goal })
}

// refusals waits until n more are refused with a code.
func (g *siege) refusals(code string, n int) {
	g.t.Helper()
	goal := g.tally.of(code) + n
	servertest.Eventually(g.t, fmt.Sprintf("%d more are refused with %s", n, code), func() bool { return g.tally.of(code) >= goal })
}

func TestPauseAndEndHoldForEveryReplicaOnceAnswered(t *testing.T) {
	s := newSite(t)
	replicas := s.replicas("", "a", "b")
	a, b := replicas[0], replicas[1]
	a.sell(2, `"stockTotal": 1000000`)
	g := &siege{t: t, product: 2, at: replicas}
	stop := g.begin(20)
	defer stop()
	g.more(100)
	s.consumers(replicas, true)
	s.shuts(g, a, "pause", "PAUSED")
	s.consumers(replicas, false)
	s.notConsumed(2)
	g.shut.Store(false)
	b.do("/2/resume", "")
	g.more(100)
	s.consumers(replicas, true)
	entries := s.shuts(g, b, "end", "ENDED")
	stop()
	if n := s.entries(2); n != entries {
		t.Errorf("%d entries after the end", n-entries)
	}
	s.quiet(2, replicas...)
	s.admittedAreFinal(2, &g.tally, "NOT_STARTED", "SOLD_OUT", "LIMIT_REACHED")
	// An entry from between the moment of the end and its answer may be on either side.
	const early = "split_part(stream_id, '-', 1)::bigint < extract(epoch FROM ended_at) * 1000"
	const ended = "SELECT count(*) FROM seckill_logs JOIN seckill_products USING (product_id) WHERE product_id = 2 AND reason = 'ENDED'"
	if n := s.count(ended + " AND " + early); n != 0 {
		t.Errorf("%d entries from before the end are refused", n)
	}
	late := s.count(ended)
	s.push(2, 60_000_001, 60_000_010)
	s.quiet(2, replicas...)
	if n := s.count(ended); n != late+10 {
		t.Errorf("%d of 10 entries from after the end are refused", n-late)
	}
	s.settledTo(a, 2, entries+10, s.count("SELECT count(*) FROM seckill_logs WHERE product_id = 2 AND reason IS NULL"))
	if refused := g.tally.of("PAUSED") + g.tally.of("ENDED"); refused+g.tally.admitted() != int(g.users.Load()) {
		t.Errorf("of %d attempts: %s", g.users.Load(), &g.tally)
	}
}

// consumers waits until product 2 is consumed by a replica, or by none.
func (s *site) consumers(replicas []*process, up bool) {
	s.t.Helper()
	servertest.Eventually(s.t, fmt.Sprintf("consumed: %v", up), func() bool {
		return up == slices.ContainsFunc(replicas, func(p *process) bool { return p.metric(`seckill_consumers_up{product="2"}`) == "1" })
	})
}

// shuts moves a product through one replica, and checks that nothing is admitted by any
// once that is answered. It returns how many entries there are.
func (s *site) shuts(g *siege, p *process, move, code string) int {
	s.t.Helper()
	p.do(fmt.Sprintf("/%d/%s", g.product, move), "")
	g.shut.Store(true)
	entries := s.entries(g.product)
	g.refusals(code, 200)
	if n := s.entries(g.product); n != entries {
		s.t.Errorf("%d entries came after the answer to %s", n-entries, move)
	}
	return entries
}

// notConsumed checks that a product's entries wait, while those of product 1 do not.
func (s *site) notConsumed(product int64) {
	s.t.Helper()
	stored := "SELECT count(*) FROM seckill_logs WHERE product_id = $1"
	before, others := s.count(stored, product), s.count(stored, 1)
	s.push(product, 50_000_001, 50_000_010)
	s.push(1, 1, 10)
	servertest.Eventually(s.t, "another product is consumed", func() bool { return s.count(stored, 1) == others+10 })
	if n := s.count(stored, product); n != before {
		s.t.Errorf("%d entries of a paused product are stored", n-before)
	}
}

func TestAGateThatIsLostIsMadeAnew(t *testing.T) {
	const units = 1000
	s := newSite(t)
	replicas := s.replicas("", "a", "b")
	replicas[1].sell(2, fmt.Sprintf(`"stockTotal": %d`, units))
	g := &siege{t: t, product: 2, at: replicas}
	stop := g.begin(8)
	defer stop()
	for round := range 3 {
		g.more(50)
		if err := s.client.Del(t.Context(), seckill.CompanionKey(2, "gate")).Err(); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		g.more(20)
		t.Logf("round %d: admitted again within %v", round, time.Since(began).Round(time.Millisecond))
	}
	g.refusals("SOLD_OUT", 50)
	stop()
	b := s.quiet(2, replicas...)
	if b.LiveOrders != units || *b.RedisLeft != 0 || g.tally.admitted() != units {
		t.Errorf("of %d units: %s; %s", units, b, &g.tally)
	}
	if n := g.tally.of("SOLD_OUT") + g.tally.of("NOT_LOADED") + g.tally.admitted(); n != int(g.users.Load()) {
		t.Errorf("of %d attempts: %s", g.users.Load(), &g.tally)
	}
	s.admittedAreFinal(2, &g.tally, "NOT_STARTED", "ENDED", "SOLD_OUT", "LIMIT_REACHED")
}

// TestAMissingGateSaysWhenToComeBack while nothing can be read from PostgreSQL that the
// gate could be opened with.
func TestAMissingGateSaysWhenToComeBack(t *testing.T) {
	s := newSite(t)
	p := s.replicas("", "a")[0]
	p.sell(2, `"stockTotal": 5`)
	release := s.lockProduct(2)
	if err := s.client.Del(t.Context(), seckill.CompanionKey(2, "gate")).Err(); err != nil {
		t.Fatal(err)
	}
	if got := p.try(2, 1, ""); !got.refused("NOT_LOADED") || got.status != http.StatusServiceUnavailable || got.retry < 1 {
		t.Errorf("without a gate: %+v", got)
	}
	release()
	servertest.Eventually(t, "the gate is open by itself", func() bool { return p.try(2, 1, "").admitted() })
	if got := p.try(404, 1, ""); !got.refused("PRODUCT_NOT_FOUND") || got.status != http.StatusNotFound {
		t.Errorf("a product that is not there: %+v", got)
	}
}

// TestRedisLosesEverythingInTheMiddleOfASale: what was admitted and not settled is lost
// with it, and no unit is.
func TestRedisLosesEverythingInTheMiddleOfASale(t *testing.T) {
	const units = 1500
	s := newSite(t)
	replicas := s.replicas("", "a", "b")
	replicas[0].sell(2, fmt.Sprintf(`"stockTotal": %d, "paymentWindowSeconds": 600`, units))
	g := &siege{t: t, product: 2, at: replicas}
	stop := g.begin(8)
	defer stop()
	for round := range 2 {
		g.more(200)
		if err := s.client.FlushAll(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		g.more(20)
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("round %d: admitted again after %v only", round, took)
		}
		t.Logf("round %d: admitted again within %v", round, time.Since(began).Round(time.Millisecond))
	}
	servertest.Eventually(t, "everything is sold", func() bool {
		return s.count("SELECT stock_left FROM seckill_products WHERE product_id = 2") == 0
	})
	g.refusals("SOLD_OUT", 20)
	stop()
	if b := s.quiet(2, replicas...); b.LiveOrders != units || *b.RedisLeft != 0 {
		t.Errorf("of %d units: %s; %s", units, b, &g.tally)
	}
	for _, p := range replicas {
		if strings.Contains(p.output.String(), "drifts") {
			t.Error("the auditor has seen a drift that stays")
		}
	}
}
