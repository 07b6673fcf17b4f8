package servertest

import (
	"context"
	"errors"
	"os"
	"testing"

	"seckill/internal/devstack"
)

// Standby starts a PostgreSQL that follows another one asynchronously, by streaming
// replication; Synchronise has it lose nothing, StopReceiving has it lag. It ends with the
// test. The test is skipped where there is no pg_basebackup, but fails where CI=true, unless
// the environment names a PostgreSQL: not all that are packed have it.
func Standby(tb testing.TB, primary *devstack.Postgres) *devstack.Standby {
	tb.Helper()
	standby, err := devstack.StartStandby(tb.Context(), devstack.Options{}, primary)
	if errors.Is(err, devstack.ErrNoBaseBackup) && (os.Getenv("CI") != "true" || devstack.Named()) {
		tb.Skip(err)
	}
	if err != nil {
		tb.Fatalf("start a standby: %v", err)
	}
	tb.Cleanup(func() { _ = standby.Stop(context.Background()) })
	return standby
}
