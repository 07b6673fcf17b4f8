package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"seckill/internal/servertest"
)

// TestAnOlderCopyIsNoticedWithoutINFO puts back a copy of Redis's data while nothing tells
// that the server is another run: what was sold since must not be sold again.
func TestAnOlderCopyIsNoticedWithoutINFO(t *testing.T) {
	s := onRedis(t, slices.Concat([]string{"--user", "seckill", "on", ">p"}, strings.Fields(leastACL(t)))...)
	way := fmt.Sprintf("{Addr: %q, Username: seckill, Password: p}", s.redis.Addr())
	p := s.startAt(way, "a", "")
	p.ready()
	p.sell(2, `"stockTotal": 100`)
	buy := func(from, to int) {
		t.Helper()
		for user := from; user <= to; user++ {
			if got := p.try(2, user, fmt.Sprint("r", user)); !got.admitted() {
				t.Fatalf("user %d: %+v", user, got)
			}
		}
	}
	restore := func(dir string, meanwhile func()) {
		t.Helper()
		if err := s.redis.Pause(t.Context()); err != nil {
			t.Fatal(err)
		}
		meanwhile()
		if err := s.redis.ResumeFrom(context.WithoutCancel(t.Context()), dir); err != nil {
			t.Fatal(err)
		}
	}
	sold := 0
	for round, meanwhile := range []func(){
		func() {}, // the process lives on
		func() { p.kill(); p = s.startAt(way, "a", "") },
	} {
		buy(sold+1, sold+10)
		s.quiet(2, p)
		dir := fmt.Sprint(t.TempDir(), "/copy")
		if err := s.redis.CopyTo(dir); err != nil {
			t.Fatal(err)
		}
		buy(sold+11, sold+30)
		s.quiet(2, p)
		sold += 30
		restore(dir, meanwhile)
		p.ready()
		servertest.Eventually(t, fmt.Sprintf("in round %d the gate has what is left", round), func() bool {
			b := p.books(2)
			return b.RedisLeft != nil && *b.RedisLeft == 100-sold && b.Drift == 0
		})
		if got := p.try(2, sold, ""); !got.refused("LIMIT_REACHED") && !got.admitted() {
			t.Errorf("who holds a unit: %+v", got)
		}
	}
	if n := s.sellOut(p, 2, 1001, 100-sold); n != 100-sold {
		t.Errorf("%d units of %d were promised", n, 100-sold)
	}
	if b := s.quiet(2, p); b.LiveOrders != 100 || *b.RedisLeft != 0 {
		t.Errorf("of 100 units: %s", b)
	}
	if text := p.output.String(); strings.Contains(text, "panic") || s.count("SELECT count(*) FROM seckill_dead_letters") > 0 {
		t.Error("a panic, or a dead letter")
	}
}
