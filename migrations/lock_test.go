package migrations_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"seckill/internal/devstack"
	"seckill/migrations"
	"seckill/model"
)

// TestAMigrationWaitsBesideTheSale holds the tables as a reader does that has forgotten its
// transaction: the migration must not make those wait who come after it, and must end by
// itself once the reader is gone.
func TestAMigrationWaitsBesideTheSale(t *testing.T) {
	url := newDatabase(t, "in_use")
	psql(t, url) // so that only what changes existing tables has to wait
	pool := open(t, url)
	exec(t, pool, "ALTER TABLE seckill_logs ALTER COLUMN stream_id TYPE text COLLATE \"default\"")
	reader, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Rollback(context.WithoutCancel(t.Context()))
	if _, err := reader.Exec(t.Context(), "SELECT count(*) FROM seckill_products, seckill_orders, seckill_logs"); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- migrations.Apply(t.Context(), open(t, url).SQL()) }()

	stop, beside := make(chan struct{}), make(chan error, 1)
	go func() { beside <- sells(t.Context(), pool, stop) }()
	// Until the migration has asked for a table, and given up, three times.
	seen, waits := map[string]bool{}, time.Now().Add(time.Minute)
	for len(seen) < 3 {
		if time.Now().After(waits) {
			t.Fatal("the migration has not asked for the tables three times within a minute")
		}
		for _, waiter := range askers(t, pool) {
			seen[waiter] = true
		}
		select {
		case err := <-beside:
			t.Fatal(err)
		case <-time.After(10 * time.Millisecond): // the pause between two looks
		}
	}
	close(stop)
	if err := <-beside; err != nil {
		t.Fatal(err)
	}
	if err := reader.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if n := number(t, pool, collated); n != 0 {
		t.Errorf("%d key columns have the collation of the database", n)
	}
}

// sells reads and writes until stop is closed, as a sale does beside a migration.
func sells(ctx context.Context, pool *model.Pool, stop <-chan struct{}) error {
	for {
		select {
		case <-stop:
			return nil
		case <-time.After(10 * time.Millisecond): // a rate
		}
		ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
		_, err := pool.Exec(ctx, "SELECT count(*) FROM seckill_products, seckill_orders, seckill_logs")
		if err == nil {
			_, err = pool.Exec(ctx, "INSERT INTO seckill_audit (actor, action, target) VALUES ('tester', 'wait', 'x')")
		}
		cancel()
		if err != nil {
			return fmt.Errorf("beside the migration: %w", err)
		}
	}
}

// askers are the transactions that wait for a lock that shuts others out.
func askers(t *testing.T, pool *model.Pool) []string {
	t.Helper()
	rows, err := pool.Query(t.Context(), `
SELECT virtualtransaction FROM pg_locks WHERE NOT granted AND mode IN ('AccessExclusiveLock', 'ShareRowExclusiveLock')
   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
	if err != nil {
		t.Fatal(err)
	}
	waiting, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return waiting
}

// collated counts the key columns that do not compare byte by byte.
const collated = `SELECT count(*) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
 WHERE c.relname LIKE 'seckill\_%' AND c.relkind = 'r' AND a.attname IN ('stream_id', 'fingerprint')
   AND a.attcollation <> 'pg_catalog."C"'::regcollation`

// TestReplicasMigrateThroughAPooler starts several replicas at once over PgBouncer in
// transaction mode, with fewer connections than there are replicas.
func TestReplicasMigrateThroughAPooler(t *testing.T) {
	pooler, err := devstack.StartPgBouncer(t.Context(), devstack.Options{}, server, "transaction", 2)
	if err != nil {
		skip(t, err)
	}
	t.Cleanup(func() { _ = pooler.Stop(context.Background()) })
	direct := newDatabase(t, "pooled")
	through := pooler.Through(direct, server)
	var wg sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		wg.Go(func() { errs[i] = migrations.Apply(t.Context(), open(t, through).SQL()) })
	}
	wg.Wait()
	for i, err := range errs {
		if err != nil {
			t.Errorf("replica %d: %v", i, err)
		}
	}
	if n := tables(t, direct); n != 7 {
		t.Errorf("%d of 7 tables", n)
	}
	// A lock of a session would stay with the pooler's connection.
	if n := number(t, open(t, direct), "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"); n != 0 {
		t.Errorf("%d advisory locks are left", n)
	}
}
