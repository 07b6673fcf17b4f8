package preflight_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"seckill/internal/health"
	"seckill/internal/preflight"
	"seckill/internal/servertest"
)

// TestAHeartbeatTellsOfAReplicaUntilItEnds: from its start on, ready or not, to its goodbye.
func TestAHeartbeatTellsOfAReplicaUntilItEnds(t *testing.T) {
	pool := servertest.Pool(t)
	self := preflight.Self("a", "0011", 16, 4096)
	checks := health.Checks{{Name: "redis", Run: func(context.Context) error { return errors.New("away") }}}
	beat := preflight.Heartbeat(pool, self, checks)
	ended := make(chan struct{})
	go func() { defer close(ended); beat.Start() }()
	servertest.Eventually(t, "the replica is known", func() bool {
		all, err := pool.Replicas(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return len(all) == 1 && all[0].Failing == "redis"
	})
	all, err := pool.Replicas(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := all[0]
	if got.Run != self.Run || got.Name != "a" || got.ConfigHash != "0011" || got.MaxConns != 16 || got.OpenFiles != 4096 ||
		got.Version == "" || got.Host == "" || got.Since.Sub(self.Since).Abs() > time.Millisecond || got.Silent < 0 {
		t.Errorf("the replica says %+v, it is %+v", got, self)
	}
	beat.Stop()
	<-ended
	if n := servertest.Count(t, pool, "SELECT count(*) FROM seckill_replicas"); n != 0 {
		t.Errorf("%d rows after the goodbye", n)
	}
}

// TestReplicasThatAreSilentForAnHourAreForgotten by whichever replica is next.
func TestReplicasThatAreSilentForAnHourAreForgotten(t *testing.T) {
	pool := servertest.Pool(t)
	for _, name := range []string{"long gone", "gone"} {
		if err := pool.SayAlive(t.Context(), preflight.Self(name, "", 1, 1)); err != nil {
			t.Fatal(err)
		}
	}
	_, err := pool.Exec(t.Context(), `UPDATE seckill_replicas SET seen_at = now() - CASE name WHEN 'gone' THEN interval '59 minutes' ELSE interval '61 minutes' END`)
	if err != nil {
		t.Fatal(err)
	}
	beat := preflight.Heartbeat(pool, preflight.Self("new", "", 1, 1), nil)
	ended := make(chan struct{})
	go func() { defer close(ended); beat.Start() }()
	servertest.Eventually(t, "the one that is long gone is forgotten", func() bool {
		return servertest.Count(t, pool, "SELECT count(*) FROM seckill_replicas WHERE name = 'long gone'") == 0
	})
	beat.Stop()
	<-ended
	if n := servertest.Count(t, pool, "SELECT count(*) FROM seckill_replicas WHERE name = 'gone'"); n != 1 {
		t.Errorf("%d rows of the one that is gone since 59 minutes", n)
	}
}
