package model_test

import (
	"testing"

	"seckill/internal/servertest"
)

const (
	planning = "SELECT count(*) WHERE current_setting('plan_cache_mode') = 'force_custom_plan'"
	prepared = "SELECT count(*) FROM pg_prepared_statements"
)

// TestNothingStaysBehindAPooler: on the one connection that PgBouncer has, what one client
// leaves another one finds. Straight to PostgreSQL, statements are prepared, and planned
// for each execution.
func TestNothingStaysBehindAPooler(t *testing.T) {
	url := servertest.Database(t)
	for range 2 {
		direct := servertest.Open(t, url)
		servertest.Count(t, direct, "SELECT $1::int", 1)
		if servertest.Count(t, direct, planning) != 1 || servertest.Count(t, direct, prepared) == 0 {
			t.Error("a connection straight to PostgreSQL does not prepare statements, or keeps their plans")
		}
		if n := direct.Stat().TotalConns(); n != 1 {
			t.Errorf("%d connections where one will do", n)
		}
	}
	through := servertest.PgBouncer(t, "transaction", 1)(url)
	for range 2 {
		pooled := servertest.Open(t, through)
		for range 7 {
			servertest.Count(t, pooled, "SELECT $1::int", 1)
		}
		if servertest.Count(t, pooled, planning) != 0 || servertest.Count(t, pooled, prepared) != 0 {
			t.Error("something stays on the connection of the pooler")
		}
	}
}
