package migrations_test

import (
	"context"
	"os"
	osexec "os/exec"
	"path/filepath"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"seckill/internal/devstack"
	"seckill/internal/servertest"
	"seckill/migrations"
	"seckill/model"
)

var server *devstack.Postgres

func TestMain(m *testing.M) {
	ctx := context.Background()
	before := goleak.IgnoreCurrent() // go-zero starts goroutines when it is imported
	var err error
	// A logical level of WAL and the slots for it: the tests of restores replicate.
	if server, err = devstack.StartPostgres(ctx, devstack.Options{Args: []string{"-c", "wal_level=logical"}}); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = server.Stop(ctx)
	os.Exit(servertest.WithoutLeaks(code, before))
}

func newDatabase(t *testing.T, name string) string {
	t.Helper()
	url, err := server.CreateDatabase(t.Context(), name, "")
	if err != nil {
		t.Fatal(err)
	}
	return url
}

func apply(t *testing.T, url string) error {
	t.Helper()
	return migrations.Apply(t.Context(), open(t, url).SQL())
}

func open(t *testing.T, url string) *model.Pool {
	t.Helper()
	pool, err := model.NewPool(t.Context(), url, 4)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

func exec(t *testing.T, pool *model.Pool, statement string) {
	t.Helper()
	if _, err := pool.Exec(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func number(t *testing.T, pool *model.Pool, query string) int {
	t.Helper()
	var n int
	if err := pool.QueryRow(t.Context(), query).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// psql runs every file as the integration guide does.
func psql(t *testing.T, url string) {
	t.Helper()
	files, err := filepath.Glob("*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no migrations: %v", err)
	}
	for _, file := range files {
		run(t, "psql", "-v", "ON_ERROR_STOP=1", "-q", "-d", url, "-f", file)
	}
}

// run runs a program of PostgreSQL.
func run(t *testing.T, program string, args ...string) {
	t.Helper()
	if out, err := osexec.CommandContext(t.Context(), program, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", program, args, err, out)
	}
}

func tables(t *testing.T, url string) int {
	t.Helper()
	return number(t, open(t, url), `SELECT count(*) FROM pg_tables WHERE tablename IN ('seckill_logs', 'seckill_products',
		'seckill_orders', 'seckill_dead_letters', 'seckill_audit', 'seckill_moves', 'seckill_carried_entries')`)
}

func TestMigrationsEndWellInEveryOrder(t *testing.T) {
	service := func(t *testing.T, url string) {
		t.Helper()
		if err := apply(t, url); err != nil {
			t.Fatal(err)
		}
	}
	orders := map[string][]func(*testing.T, string){
		"service_only":          {service},
		"psql_only":             {psql},
		"psql_then_service":     {psql, service},
		"service_then_psql":     {service, psql},
		"service_twice":         {service, service},
		"psql_twice_then_again": {psql, psql, service, psql},
	}
	for name, steps := range orders {
		t.Run(name, func(t *testing.T) {
			url := newDatabase(t, name)
			for _, step := range steps {
				step(t, url)
			}
			if n := tables(t, url); n != 7 {
				t.Errorf("%d of 7 tables", n)
			}
		})
	}
}

func TestReplicasStartingAtOnceMigrateOnce(t *testing.T) {
	url := newDatabase(t, "replicas")
	const replicas = 5
	errs := make([]error, replicas)
	var wg sync.WaitGroup
	for i := range replicas {
		wg.Go(func() { errs[i] = apply(t, url) })
	}
	wg.Wait()
	for i, err := range errs {
		if err != nil {
			t.Errorf("replica %d: %v", i, err)
		}
	}
	if n := tables(t, url); n != 7 {
		t.Errorf("%d of 7 tables", n)
	}
}
