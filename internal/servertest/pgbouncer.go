package servertest

import (
	"context"
	"errors"
	"os"
	"testing"

	"seckill/internal/devstack"
)

// PgBouncer starts a pooler before the PostgreSQL that makes the databases of tests, in the
// given mode and with at most size connections, and returns what turns the URL of such a
// database into one that leads through it. The test is skipped where there is no
// pgbouncer, but fails where CI=true.
func PgBouncer(tb testing.TB, mode string, size int) func(url string) string {
	tb.Helper()
	startPostgres(tb)
	pooler, err := devstack.StartPgBouncer(tb.Context(), devstack.Options{}, shared, mode, size)
	if errors.Is(err, devstack.ErrNoPgBouncer) && os.Getenv("CI") != "true" {
		tb.Skip(err)
	}
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = pooler.Stop(context.Background()) })
	return func(url string) string { return pooler.Through(url, shared) }
}

// EmptyDatabase creates a database without any table of ours and returns its URL.
func EmptyDatabase(tb testing.TB) string {
	tb.Helper()
	return createDatabase(tb, "")
}
