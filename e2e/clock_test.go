package e2e

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/internal/devstack"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// faketime finds the library that gives a program a wrong clock.
func faketime(t *testing.T) string {
	t.Helper()
	for _, pattern := range []string{"/usr/lib/*/faketime/libfaketime.so.1", "/usr/lib*/faketime/libfaketime.so.1"} {
		if found, err := filepath.Glob(pattern); err == nil && len(found) > 0 {
			return found[0]
		}
	}
	const missing = "there is no libfaketime to shift the clock of Redis with: tools/setup-servers.sh installs it where apt-get may"
	if os.Getenv("CI") == "true" {
		t.Fatal(missing)
	}
	t.Skip(missing)
	return ""
}

// newShiftedSite is a site whose Redis is hours off, as "+2h" or "-2h": to Redis the clock
// of the service is off by as much.
func newShiftedSite(t *testing.T, hours string) *site {
	t.Helper()
	// jemalloc asks for the time before libfaketime can answer; libc's own malloc does not.
	server, err := devstack.StartRedis(t.Context(), devstack.Options{Env: []string{
		"LD_PRELOAD=" + faketime(t) + " libc.so.6", "FAKETIME=" + hours, "FAKETIME_DONT_FAKE_MONOTONIC=1",
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop(context.Background()) })
	s := &site{t: t, redis: server, url: servertest.Database(t)}
	s.client, s.pool = servertest.Client(t, server), servertest.Open(t, s.url)
	shift, err := time.ParseDuration(hours)
	if err != nil {
		t.Fatal(err)
	}
	if off := time.Until(s.now()) - shift; off.Abs() > time.Minute {
		t.Fatalf("Redis is %v beside the time that it was given", off)
	}
	return s
}

func TestAClockThatIsTwoHoursOffHasNoEffect(t *testing.T) {
	for name, hours := range map[string]string{"the service is behind Redis": "+2h", "the service is ahead of Redis": "-2h"} {
		t.Run(name, func(t *testing.T) {
			s := newShiftedSite(t, hours)
			replicas := s.replicas("", "a", "b")
			s.windowsGoByRedis(replicas)
			s.ordersExpireByPostgres(replicas)
			s.soldOutIsForgotten(replicas)
			s.deadConsumersAreReplaced(replicas)
			s.endsNow(replicas)
		})
	}
}

// windowsGoByRedis opens sales that are on, over and to come by Redis's clock, and
// something else by that of the service.
func (s *site) windowsGoByRedis(replicas []*process) {
	s.t.Helper()
	sale := func(product int, from, to time.Duration) {
		now := s.now().UTC()
		replicas[0].sell(product, fmt.Sprintf(`"stockTotal": 5, "startsAt": %q, "endsAt": %q`,
			now.Add(from).Format(time.RFC3339Nano), now.Add(to).Format(time.RFC3339Nano)))
	}
	sale(10, -time.Minute, time.Minute)
	sale(11, time.Minute, time.Hour)
	sale(12, -time.Hour, -time.Minute)
	for _, p := range replicas {
		if got := p.try(11, 1, ""); !got.refused("NOT_STARTED") {
			s.t.Errorf("before the start: %+v", got)
		}
		if got := p.try(12, 1, ""); !got.refused("ENDED") {
			s.t.Errorf("after the end: %+v", got)
		}
	}
	if got := replicas[0].try(10, 1, "mine"); !got.admitted() {
		s.t.Errorf("during the sale: %+v", got)
	}
	if got := replicas[1].resultOf(10, 1, "?wait=20s"); got.Status != "SUCCESS" {
		s.t.Errorf("during the sale: %+v", got)
	}
	for product, reason := range map[int]string{11: "NOT_STARTED", 12: "ENDED"} {
		s.push(int64(product), 2, 2)
		servertest.Eventually(s.t, "the raw entry is stored", s.isStored(product, 2))
		if got := replicas[0].resultOf(product, 2, "?wait=20s"); got.Reason != reason {
			s.t.Errorf("a raw entry, want %s: %+v", reason, got)
		}
	}
	s.quiet(10, replicas...)
}

// isStored reports whether a user has a log.
func (s *site) isStored(product, user int) func() bool {
	return func() bool {
		return s.count("SELECT count(*) FROM seckill_logs WHERE product_id = $1 AND user_id = $2", product, user) > 0
	}
}

func (s *site) ordersExpireByPostgres(replicas []*process) {
	s.t.Helper()
	replicas[0].sell(20, `"stockTotal": 5, "paymentWindowSeconds": 1`)
	began := time.Now()
	if got := replicas[0].try(20, 1, ""); !got.admitted() {
		s.t.Errorf("%+v", got)
	}
	got := replicas[1].resultOf(20, 1, "?wait=20s")
	if got.Order == nil || got.Order.ExpiresAt.Before(began) || got.Order.ExpiresAt.After(time.Now().Add(2*time.Second)) {
		s.t.Errorf("an order of %v: %+v", began, got)
	}
	servertest.Eventually(s.t, "the order has expired", func() bool {
		return s.count("SELECT count(*) FROM seckill_orders WHERE product_id = 20 AND status = 'EXPIRED'") == 1
	})
	servertest.Eventually(s.t, "the user may buy again", func() bool { return replicas[1].try(20, 1, "").admitted() })
}

func (s *site) soldOutIsForgotten(replicas []*process) {
	s.t.Helper()
	replicas[0].sell(30, `"stockTotal": 1, "paymentWindowSeconds": 600`)
	if got := replicas[0].try(30, 1, ""); !got.admitted() {
		s.t.Errorf("%+v", got)
	}
	for range 20 {
		if got := replicas[0].try(30, 2, ""); !got.refused("SOLD_OUT") {
			s.t.Errorf("%+v", got)
		}
	}
	s.quiet(30, replicas...)
	if status := replicas[1].cancel(s.orderOf(30, 1)); status != http.StatusOK {
		s.t.Errorf("cancel: %d", status)
	}
	servertest.Eventually(s.t, "the unit is for sale again", func() bool { return replicas[0].try(30, 2, "").admitted() })
	s.quiet(30, replicas...)
}

// deadConsumersAreReplaced has a consumer take entries and die.
func (s *site) deadConsumersAreReplaced(replicas []*process) {
	s.t.Helper()
	replicas[0].sell(40, `"stockTotal": 5`)
	if got := replicas[0].try(40, 1, ""); !got.admitted() {
		s.t.Errorf("%+v", got)
	}
	s.quiet(40, replicas...)
	replicas[0].do("/40/pause", "")
	for _, p := range replicas {
		servertest.Eventually(s.t, "nobody consumes", func() bool { return p.metric(`seckill_consumers_up{product="40"}`) != "1" })
	}
	s.push(40, 2, 3)
	taken, err := s.client.XReadGroup(s.t.Context(), &redis.XReadGroupArgs{
		Group: "g1", Consumer: "seckill-consumer-40-dead", Streams: []string{seckill.StreamKey(40), ">"},
	}).Result()
	if err != nil || len(taken[0].Messages) != 2 {
		s.t.Errorf("the dead consumer has taken %v, %v", taken, err)
	}
	replicas[1].do("/40/resume", "")
	if b := s.quiet(40, replicas...); b.LiveOrders != 3 {
		s.t.Errorf("what a dead consumer held is settled: %s", b)
	}
}

// endsNow ends a sale by hand.
func (s *site) endsNow(replicas []*process) {
	s.t.Helper()
	replicas[0].sell(50, `"stockTotal": 5`)
	if got := replicas[0].try(50, 1, ""); !got.admitted() {
		s.t.Errorf("%+v", got)
	}
	s.now() // the entry is not of the millisecond of the end
	replicas[1].do("/50/end", "")
	s.push(50, 2, 2)
	if got := replicas[0].try(50, 3, ""); !got.refused("ENDED") {
		s.t.Errorf("%+v", got)
	}
	servertest.Eventually(s.t, "the raw entry is stored", s.isStored(50, 2))
	for user, want := range map[int]string{1: "SUCCESS", 2: "FAILED"} {
		if got := replicas[1].resultOf(50, user, "?wait=20s"); got.Status != want {
			s.t.Errorf("user %d, want %s: %+v", user, want, got)
		}
	}
	s.quiet(50, replicas...)
}
