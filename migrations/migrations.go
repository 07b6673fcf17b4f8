// Package migrations holds the schema as SQL files, NNN_what.sql, embedded into
// the binary. Each file is forward only and idempotent, so that it can be run by
// `psql -f` as well as by Apply, in any order.
package migrations

import (
	"context"
	"database/sql"
	"embed"
	"fmt"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// versionTable records which files have been applied.
const versionTable = "seckill_migrations"

// advisoryLockID is the PostgreSQL advisory lock under which replicas that start
// at once take turns: "seckill" in ASCII.
const advisoryLockID = 0x7365636b696c6c

//go:embed *.sql
var files embed.FS

// Apply brings the database to the newest version. Replicas may call it at the
// same time: one migrates under a session lock, the others wait and then find
// nothing to do. It needs two connections of db at the most.
func Apply(ctx context.Context, db *sql.DB) error {
	// One try a second for five minutes: a long migration of a large table by
	// another replica is waited for rather than reported.
	locker, err := lock.NewPostgresSessionLocker(
		lock.WithLockID(advisoryLockID), lock.WithLockTimeout(1, 300))
	if err != nil {
		return fmt.Errorf("make migration lock: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files,
		goose.WithSessionLocker(locker), goose.WithTableName(versionTable))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("apply migrations: %w", err)
	}
	return nil
}
