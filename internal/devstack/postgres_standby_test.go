package devstack

import (
	"context"
	"errors"
	"os"
	"testing"
)

func startStandby(t *testing.T, primary *Postgres) *Standby {
	t.Helper()
	s, err := StartStandby(testContext(t), Options{}, primary)
	if errors.Is(err, ErrNoBaseBackup) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	must(t, err)
	t.Cleanup(func() { _ = s.Stop(context.Background()) })
	return s
}

// TestAStandbyFollowsLagsAndTakesOver.
func TestAStandbyFollowsLagsAndTakesOver(t *testing.T) {
	primary, ctx := startPostgres(t, Options{}), testContext(t)
	conn := connect(t, primary.URL(""))
	exec1(t, conn, "CREATE TABLE t AS SELECT 1 AS n")
	s := startStandby(t, primary)
	must(t, s.Synchronise(ctx))
	exec1(t, conn, "INSERT INTO t VALUES (2)")
	must(t, s.CatchUp(ctx))
	follower := connect(t, s.URL(""))
	const sum = "SELECT sum(n)::text FROM t"
	if got := queryText(t, follower, sum); got != "3" {
		t.Errorf("the standby follows, and has %s", got)
	}
	must(t, primary.Set(ctx, "synchronous_standby_names", ""))
	must(t, s.StopReceiving(ctx))
	exec1(t, conn, "INSERT INTO t VALUES (4)")
	if got := queryText(t, follower, sum); got != "3" {
		t.Errorf("the standby lags, and has %s", got)
	}
	must(t, s.Receive(ctx))
	must(t, s.CatchUp(ctx))
	if got := queryText(t, follower, sum); got != "7" {
		t.Errorf("the standby follows again, and has %s", got)
	}
	must(t, s.StopReceiving(ctx))
	exec1(t, conn, "INSERT INTO t VALUES (8)")
	must(t, primary.Crash(ctx))
	must(t, s.Promote(ctx))
	exec1(t, follower, "INSERT INTO t VALUES (16)")
	if got := queryText(t, follower, sum); got != "23" {
		t.Errorf("the standby has taken over from where it lagged, and has %s", got)
	}
}
