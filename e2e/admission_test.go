package e2e

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

func TestTenConnectionsWithOneRequestIDGetOneUnit(t *testing.T) {
	const users, times, units = 30, 10, 100
	s := newSite(t)
	replicas := s.replicas("", "a", "b")
	replicas[0].sell(2, fmt.Sprintf(`"stockTotal": %d, "perUserLimit": 0`, units))
	for user := 1; user <= users; user++ {
		var tally tally
		crowd(1, times, times, func(n int) {
			own := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
			tally.count(replicas[n%2].tryBy(own, 2, user, fmt.Sprint("order/", user)))
		})
		for _, id := range tally.ids {
			if id != tally.ids[0] {
				t.Errorf("user %d got %s and %s", user, tally.ids[0], id)
			}
		}
		if tally.admitted() != times {
			t.Errorf("user %d: %s", user, &tally)
		}
	}
	if got := replicas[1].try(2, users+1, "order/1"); !got.admitted() {
		t.Errorf("the request ID of another user: %+v", got)
	}
	if n := s.entries(2); n != users+1 {
		t.Errorf("%d entries for %d request IDs", n, users+1)
	}
	if b := s.quiet(2, replicas...); b.LiveOrders != users+1 || *b.RedisLeft != units-users-1 {
		t.Errorf("%d of %d units are sold: %s", users+1, units, b)
	}
	for outcome, want := range map[string]int{"admitted": users + 1, "repeated": users * (times - 1)} {
		var sum int
		for _, p := range replicas {
			var n int
			_, _ = fmt.Sscan(p.metric(fmt.Sprintf(`seckill_attempts_total{outcome=%q,product="2"}`, outcome)), &n)
			sum += n
		}
		if sum != want {
			t.Errorf("%d %s attempts are counted, want %d", sum, outcome, want)
		}
	}
}

// visit is an attempt at the edge of a sale, with Redis's time before and after it.
type visit struct {
	before, after time.Time
	reply         reply
}

func TestASaleOpensAndClosesToTheMillisecond(t *testing.T) {
	s := newSite(t)
	replicas := s.replicas("", "a", "b")
	// Half a millisecond: the gate knows milliseconds, PostgreSQL knows microseconds.
	starts := s.now().Add(time.Second).Truncate(time.Millisecond).Add(500 * time.Microsecond)
	ends := starts.Add(time.Second)
	replicas[0].sell(2, fmt.Sprintf(`"stockTotal": 1000000, "startsAt": %q, "endsAt": %q`,
		starts.Format(time.RFC3339Nano), ends.Format(time.RFC3339Nano)))
	visits := s.visitUntil(replicas, ends.Add(200*time.Millisecond))
	var tally tally
	outside := map[string]int{}
	for _, v := range visits {
		tally.count(v.reply)
		switch {
		case v.after.Before(starts) && !v.reply.refused("NOT_STARTED"),
			!v.before.Before(ends) && !v.reply.refused("ENDED"),
			v.before.After(starts.Add(time.Millisecond)) && v.after.Before(ends.Add(-time.Millisecond)) && !v.reply.admitted(),
			!v.reply.admitted() && !v.reply.refused("NOT_STARTED", "ENDED"):
			t.Errorf("between %v and %v after the start: %+v", v.before.Sub(starts), v.after.Sub(starts), v.reply)
		}
		outside[v.reply.Code]++
	}
	t.Logf("%s", &tally)
	if outside["NOT_STARTED"] == 0 || outside["ENDED"] == 0 || outside[""] == 0 {
		t.Errorf("not every side of the edges was tried: %v", outside)
	}
	s.quiet(2, replicas...)
	s.admittedAreFinal(2, &tally, "NOT_STARTED", "ENDED")
	s.rawEntriesKeepTheWindow(starts, ends)
}

// now is the time by Redis's clock.
func (s *site) now() time.Time {
	s.t.Helper()
	now, err := s.client.Time(s.t.Context()).Result()
	if err != nil {
		s.t.Fatal(err)
	}
	return now
}

// visitUntil lets 16 users at a time try to buy product 2 until the given time, and adds
// raw entries besides.
func (s *site) visitUntil(replicas []*process, end time.Time) []visit {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	var mu sync.Mutex
	var visits []visit
	var group sync.WaitGroup
	for n := range 16 {
		group.Go(func() {
			for user := 1_000_000 * (n + 1); ctx.Err() == nil; user++ {
				v := visit{before: s.now()}
				if v.before.After(end) {
					return
				}
				v.reply = replicas[n%2].try(2, user, "")
				v.after = s.now()
				mu.Lock()
				visits = append(visits, v)
				mu.Unlock()
			}
		})
	}
	group.Go(func() {
		for user := 1; ctx.Err() == nil && s.now().Before(end); user++ {
			_ = s.client.XAdd(ctx, &redis.XAddArgs{Stream: seckill.StreamKey(2), Values: []any{"uid", user}}).Err()
		}
	})
	group.Wait()
	return visits
}

// rawEntriesKeepTheWindow checks each log of an entry past the gate against the
// milliseconds of its ID.
func (s *site) rawEntriesKeepTheWindow(starts, ends time.Time) {
	s.t.Helper()
	const arrived = "split_part(stream_id, '-', 1)::bigint"
	const wrong = `SELECT count(*) FROM seckill_logs WHERE product_id = 2 AND user_id < 1000000 AND coalesce(reason, '') <> CASE
		WHEN ` + arrived + ` < $1 THEN 'NOT_STARTED' WHEN ` + arrived + ` >= $2 THEN 'ENDED' ELSE '' END`
	ceil := func(t time.Time) int64 { return t.Add(time.Millisecond - 1).UnixMilli() }
	if n := s.count(wrong, ceil(starts), ceil(ends)); n != 0 {
		s.t.Errorf("%d raw entries are on the wrong side of an edge", n)
	}
	for _, reason := range []string{"NOT_STARTED", "ENDED", ""} {
		if s.count("SELECT count(*) FROM seckill_logs WHERE product_id = 2 AND user_id < 1000000 AND coalesce(reason, '') = $1", reason) == 0 {
			s.t.Errorf("no raw entry has reason %q", reason)
		}
	}
}

// TestAttemptsQueueWhilePostgresIsAwayUntilTheyAreTooMany for Admission.MaxDelay.
func TestAttemptsQueueWhilePostgresIsAwayUntilTheyAreTooMany(t *testing.T) {
	server := servertest.Postgres(t)
	s := &site{t: t, redis: servertest.Redis(t), url: server.URL("")}
	s.client, s.pool = servertest.Client(t, s.redis), servertest.Open(t, s.url)
	p := s.replicas("Admission: {MaxDelay: 1s}", "a")[0]
	p.sell(2, `"stockTotal": 1000000`)
	first := p.try(2, 1, "the-first")
	if !first.admitted() {
		t.Fatalf("%+v", first)
	}
	s.quiet(2, p)
	if err := server.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	var queued tally
	var last reply
	for user := 10; !last.refused("OVERLOADED"); user += 100 {
		if user > 50_000 {
			t.Fatalf("nobody is refused: %s", &queued)
		}
		crowd(user, user+98, 16, func(user int) { queued.count(p.try(2, user, "")) })
		last = p.try(2, user+99, "")
		queued.count(last)
	}
	t.Logf("%s", &queued)
	if queued.admitted() < 1000 || queued.of("OVERLOADED") == 0 || len(queued.codes) != 1 {
		t.Errorf("while PostgreSQL was away: %s", &queued)
	}
	if last.status != http.StatusServiceUnavailable || last.retry < 1 {
		t.Errorf("%+v", last)
	}
	if again := p.try(2, 1, "the-first"); !again.admitted() || again.StreamID != first.StreamID {
		t.Errorf("an attempt that was admitted before is repeated: %+v", again)
	}
	if err := server.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	servertest.Eventually(t, "admission goes on", func() bool { return p.try(2, 60_000, "").admitted() })
	p.ready()
	b := s.quiet(2, p)
	s.admittedAreFinal(2, &queued, "SOLD_OUT", "LIMIT_REACHED")
	if want := queued.admitted() + 2; b.LiveOrders != want {
		t.Errorf("want %d sold: %s", want, b)
	}
}

func TestAUserWhoTriesTooOftenIsRefusedButNotARepetition(t *testing.T) {
	s := newSite(t)
	replicas := s.replicas("Admission: {PerUserPerSecond: 1}", "a", "b")
	replicas[0].sell(2, `"stockTotal": 1000, "perUserLimit": 0`)
	first := replicas[0].try(2, 1, "once")
	var tally tally
	var last reply
	for n := range 200 {
		if last = replicas[n%2].try(2, 1, ""); last.refused("RATE_LIMITED") {
			break
		}
		tally.count(last)
	}
	if !last.refused("RATE_LIMITED") || last.status != http.StatusTooManyRequests || last.retry != 1 {
		t.Errorf("too often: %+v; %s", last, &tally)
	}
	for n := range 20 {
		if again := replicas[n%2].try(2, 1, "once"); !first.admitted() || !again.admitted() || again.StreamID != first.StreamID {
			t.Errorf("%+v, again %+v", first, again)
		}
	}
	if other := replicas[0].try(2, 2, ""); !other.admitted() {
		t.Errorf("another user: %+v", other)
	}
	servertest.Eventually(t, "the user may try again", func() bool { return replicas[1].try(2, 1, "").admitted() })
	s.quiet(2, replicas...)
}
