// Package migrations holds the schema as SQL files, NNN_what.sql, embedded into
// the binary. Each file is forward only and idempotent, so that it can be run by
// `psql -f` as well as by Apply, in any order.
package migrations

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/zeromicro/go-zero/core/logx"
)

// VersionTable records which files have been applied.
const VersionTable = "seckill_migrations"

//go:embed *.sql
var files embed.FS

// Apply brings the database to the newest version. Replicas may call it at the
// same time: one migrates under a lock, the others wait and then find nothing to do.
// Where nothing is pending it takes no lock and needs no more than to read the table of
// versions. It needs two connections of db, which may lead through a pooler.
//
// A migration that cannot have a table at once lets go and is repeated, until ctx ends:
// whoever uses the database goes on meanwhile.
func Apply(ctx context.Context, db *sql.DB) error {
	pause := firstPause
	for {
		err := applyPending(ctx, db)
		if !passes(err) {
			return err
		}
		logx.Errorf("%v; tried again in %v. Who holds a lock for long is in pg_stat_activity, such as a session that is idle in transaction",
			err, pause)
		if err := sleep(ctx, pause); err != nil {
			return err
		}
		pause = min(2*pause, longestPause)
	}
}

func applyPending(ctx context.Context, db *sql.DB) error {
	pending, err := Pending(ctx, db)
	if err != nil || len(pending) == 0 {
		return err
	}
	// The table of versions is looked at again under the lock.
	provider, err := goose.NewProvider(goose.DialectPostgres, db, patientFiles{files},
		goose.WithLocker(&transactionLock{}), goose.WithTableName(VersionTable),
		goose.WithAllowOutofOrder(true), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("apply migrations: %w", err)
	}
	return nil
}

// Names names the files, in the order in which they are applied.
func Names() ([]string, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return names, nil
}

// Read returns the SQL of a file, for psql -f.
func Read(name string) (string, error) {
	text, err := files.ReadFile(name)
	if err != nil {
		return "", fmt.Errorf("read a migration: %w", err)
	}
	return string(text), nil
}

// Pending names the files that the database does not say to have had from Apply. Files
// that were run by psql are not recorded and count as pending, which does no harm.
func Pending(ctx context.Context, db *sql.DB) ([]string, error) {
	names, err := Names()
	if err != nil {
		return nil, err
	}
	applied, err := appliedVersions(ctx, db)
	if err != nil {
		return nil, fmt.Errorf("read applied migrations: %w", err)
	}
	var pending []string
	for _, name := range names {
		version, err := goose.NumericComponent(name)
		if err != nil {
			return nil, fmt.Errorf("read migrations: %w", err)
		}
		if !applied[version] {
			pending = append(pending, name)
		}
	}
	return pending, nil
}

// appliedVersions returns the versions of the table of versions, none when there is no
// such table.
func appliedVersions(ctx context.Context, db *sql.DB) (map[int64]bool, error) {
	var found bool
	if err := db.QueryRowContext(ctx, "SELECT to_regclass($1) IS NOT NULL", VersionTable).Scan(&found); err != nil || !found {
		return nil, err
	}
	rows, err := db.QueryContext(ctx, "SELECT version_id FROM "+VersionTable+" WHERE is_applied")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	applied := map[int64]bool{}
	for rows.Next() {
		var version int64
		if err := rows.Scan(&version); err != nil {
			return nil, err
		}
		applied[version] = true
	}
	return applied, rows.Err()
}
