package migrations_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"seckill/internal/devstack"
	"seckill/migrations"
	"seckill/model"
)

var server *devstack.Postgres

func TestMain(m *testing.M) {
	ctx := context.Background()
	before := goleak.IgnoreCurrent() // go-zero starts goroutines when it is imported
	var err error
	if server, err = devstack.StartPostgres(ctx, devstack.Options{}); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = server.Stop(ctx)
	if err := goleak.Find(before); code == 0 && err != nil {
		println(err.Error())
		code = 1
	}
	os.Exit(code)
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
	pool, err := model.NewPool(t.Context(), url, 4)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	return migrations.Apply(t.Context(), pool.SQL())
}

// psql runs every file as the integration guide does.
func psql(t *testing.T, url string) {
	t.Helper()
	files, err := filepath.Glob("*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no migrations: %v", err)
	}
	for _, file := range files {
		command := exec.CommandContext(t.Context(), "psql", "-v", "ON_ERROR_STOP=1", "-q", "-d", url, "-f", file)
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("psql -f %s: %v\n%s", file, err, out)
		}
	}
}

func tables(t *testing.T, url string) int {
	t.Helper()
	return count(t, url, `SELECT count(*) FROM pg_tables WHERE tablename = ANY(ARRAY['seckill_logs', 'seckill_products',
		'seckill_orders', 'seckill_dead_letters', 'seckill_audit', 'seckill_moves', 'seckill_carried_entries'])`)
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
	replicasMigrateOnce(t, newDatabase(t, "replicas"))
}

// TestReplicasBehindAPoolerMigrateOnce, over two connections to the server: one has the
// lock, the other migrates. No lock is left behind.
func TestReplicasBehindAPoolerMigrateOnce(t *testing.T) {
	pooler, err := devstack.StartPgBouncer(t.Context(), server, devstack.Pooling{Size: 2}, devstack.Options{})
	if errors.Is(err, devstack.ErrNoPgBouncer) && os.Getenv("CI") != "true" {
		t.Skip("there is no pgbouncer: tools/setup-servers.sh installs it where apt-get may")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pooler.Stop(context.Background()) })
	url := newDatabase(t, "pooled")
	replicasMigrateOnce(t, pooler.URL("pooled"))
	if n := count(t, url, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"); n != 0 {
		t.Errorf("%d advisory locks are left", n)
	}
}

func replicasMigrateOnce(t *testing.T, url string) {
	t.Helper()
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
	if n := count(t, url, "SELECT count(*) - count(DISTINCT version_id) FROM seckill_migrations"); n != 0 {
		t.Errorf("%d migrations were applied twice", n)
	}
}

// count returns the number that a query answers.
func count(t *testing.T, url, query string) int {
	t.Helper()
	pool, err := model.NewPool(t.Context(), url, 4)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	var n int
	if err := pool.QueryRow(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
