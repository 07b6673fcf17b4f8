package migrations_test

import (
	"context"
	"testing"
	"time"

	"seckill/model"
)

// TestAMigrationThatFailsHalfWayIsRepeated: the fourth has altered seckill_products when it
// has to wait for another table. It lets go of both.
func TestAMigrationThatFailsHalfWayIsRepeated(t *testing.T) {
	url := newDatabase(t, "half_way")
	if err := apply(t, url); err != nil {
		t.Fatal(err)
	}
	pool, err := model.NewPool(t.Context(), url, 4)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	count := func(query string) int {
		t.Helper()
		var n int
		if err := pool.QueryRow(t.Context(), query).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	versions := "SELECT count(*) FROM seckill_migrations"
	waiting := "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'seckill_moves'::regclass"
	holding := "SELECT count(*) FROM pg_locks WHERE granted AND mode = 'AccessExclusiveLock' AND relation = 'seckill_products'::regclass"
	all := count(versions)
	reader, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Rollback(context.Background()) }() // the pool waits for it
	if _, err := pool.Exec(t.Context(), "DELETE FROM seckill_migrations WHERE version_id >= 4"); err != nil {
		t.Fatal(err)
	}
	if _, err := reader.Exec(t.Context(), "SELECT FROM seckill_moves"); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- apply(t, url) }()
	for range 2 {
		eventually(t, "the migration waits for the second table, and has the first", func() bool {
			return count(waiting) == 1 && count(holding) == 1
		})
		eventually(t, "the migration lets go of both", func() bool { return count(waiting) == 0 && count(holding) == 0 })
	}
	if err := reader.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if n := count(versions); n != all {
		t.Errorf("%d of %d migrations are recorded", n, all)
	}
}

// eventually waits until a condition holds, with a bound of a minute.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within a minute: %s", what)
		}
	}
}
