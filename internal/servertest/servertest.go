// Package servertest gives tests real servers: one private PostgreSQL per test
// process, with a migrated database of its own for each test, and private Redis
// servers. Nothing of it is on a standard port, and nothing outlives the process.
package servertest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"
	"github.com/zeromicro/go-zero/core/logx"
	"github.com/zeromicro/go-zero/core/stores/sqlx"
	"go.uber.org/goleak"

	"seckill/internal/devstack"
	"seckill/migrations"
	"seckill/model"
)

// template is the database that every test's own is copied from.
const template = "seckill_template"

var (
	shared    *devstack.Postgres
	errShared error
	start     sync.Once

	sharedRedis    *devstack.Redis
	errSharedRedis error
	startRedis     sync.Once
	serial         atomic.Int64
)

// Run runs the tests of a package, stops what they started, and fails when a
// goroutine is left. It is for TestMain:
//
//	func TestMain(m *testing.M) { os.Exit(servertest.Run(m)) }
func Run(m *testing.M, ignore ...goleak.Option) int {
	ignore = append(ignore, goleak.IgnoreCurrent()) // go-zero starts goroutines when it is imported
	if os.Getenv("SECKILL_TEST_LOG") == "" {
		logx.Disable()
	}
	sqlx.DisableStmtLog()
	code := m.Run()
	if err := stopShared(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return WithoutLeaks(code, ignore...)
}

// Database creates a migrated database and returns its URL.
func Database(tb testing.TB) string {
	tb.Helper()
	return createDatabase(tb, template)
}

func createDatabase(tb testing.TB, from string) string {
	tb.Helper()
	startPostgres(tb)
	name := fmt.Sprintf("test_%d", serial.Add(1))
	url, err := shared.CreateDatabase(tb.Context(), name, from)
	if err != nil {
		tb.Fatalf("create database: %v", err)
	}
	return url
}

// startPostgres starts the PostgreSQL that the tests of a process share.
func startPostgres(tb testing.TB) {
	tb.Helper()
	start.Do(func() { shared, errShared = startShared() })
	if errShared != nil {
		tb.Fatalf("start PostgreSQL: %v", errShared)
	}
}

// Pool opens a pool of eight connections on a database of its own.
func Pool(tb testing.TB) *model.Pool {
	tb.Helper()
	return Open(tb, Database(tb))
}

// Open opens a pool of eight connections on the given database.
func Open(tb testing.TB, url string) *model.Pool {
	tb.Helper()
	pool, err := model.NewPool(tb.Context(), url, 8)
	if err != nil {
		tb.Fatalf("open pool: %v", err)
	}
	tb.Cleanup(pool.Close)
	return pool
}

// Postgres starts a PostgreSQL of the test's own, for a test that stops it, with
// the schema in database "postgres".
func Postgres(tb testing.TB) *devstack.Postgres {
	tb.Helper()
	return PostgresWith(tb, devstack.Options{})
}

// English has initdb make a cluster that sorts as English does, by ICU, which is in every
// build of PostgreSQL 15 and newer that is packed.
var English = devstack.Options{Init: []string{"--locale-provider=icu", "--icu-locale=en-US"}}

// PostgresWith is Postgres with options.
func PostgresWith(tb testing.TB, o devstack.Options) *devstack.Postgres {
	tb.Helper()
	server, err := devstack.StartPostgres(tb.Context(), o)
	if err != nil {
		tb.Fatalf("start PostgreSQL: %v", err)
	}
	tb.Cleanup(func() { _ = server.Stop(context.Background()) })
	if err := migrate(tb.Context(), server.URL("")); err != nil {
		tb.Fatalf("migrate: %v", err)
	}
	return server
}

// Redis starts a Redis of the test's own.
func Redis(tb testing.TB) *devstack.Redis {
	tb.Helper()
	server, err := devstack.StartRedis(tb.Context(), devstack.Options{})
	if err != nil {
		tb.Fatalf("start Redis: %v", err)
	}
	tb.Cleanup(func() { _ = server.Stop(context.Background()) })
	if !server.Persistent() {
		tb.Fatal("tests need a real redis-server on the PATH")
	}
	return server
}

// SharedRedis opens a client of the one Redis that the tests of a package share, and
// empties it: for tests that neither stop it nor run at the same time.
func SharedRedis(tb testing.TB) *redis.Client {
	tb.Helper()
	startRedis.Do(func() {
		sharedRedis, errSharedRedis = devstack.StartRedis(context.Background(), devstack.Options{})
	})
	if errSharedRedis != nil {
		tb.Fatalf("start Redis: %v", errSharedRedis)
	}
	client := Client(tb, sharedRedis)
	if err := client.FlushAll(tb.Context()).Err(); err != nil {
		tb.Fatalf("empty Redis: %v", err)
	}
	return client
}

// Client opens a client of a Redis server.
func Client(tb testing.TB, server *devstack.Redis) *redis.Client {
	tb.Helper()
	client := redis.NewClient(&redis.Options{Addr: server.Addr()})
	tb.Cleanup(func() { _ = client.Close() })
	return client
}

// Eventually waits until condition holds, and fails the test when it does not
// within a minute. It is a bound, not a measure: the machine may be slow.
func Eventually(tb testing.TB, what string, condition func() bool) {
	tb.Helper()
	deadline := time.Now().Add(time.Minute)
	for !condition() {
		if time.Now().After(deadline) {
			tb.Fatalf("not within a minute: %s", what)
		}
		time.Sleep(5 * time.Millisecond) // the pause between two looks, not a wait for an outcome
	}
}

// Count returns the number that an SQL query answers. After a restart of the server
// the pool still holds connections that are dead; each costs a try.
func Count(tb testing.TB, pool *model.Pool, query string, args ...any) int {
	tb.Helper()
	for try := int32(0); ; try++ {
		var n int
		err := pool.QueryRow(tb.Context(), query, args...).Scan(&n)
		if err == nil {
			return n
		}
		if code := model.SQLState(err); try > pool.Config().MaxConns || code != "" && code != "57P01" {
			tb.Fatalf("%s: %v", strings.TrimSpace(query), err)
		}
	}
}

// FreePort returns a port of the loopback interface that nobody listens on, and that nobody
// else is given while the tests run: no other test, and no connection by the system.
func FreePort(tb testing.TB) int {
	tb.Helper()
	port, err := devstack.FreePort()
	if err != nil {
		tb.Fatal(err)
	}
	return port
}

func stopShared(ctx context.Context) error {
	var problems []error
	if sharedRedis != nil {
		problems = append(problems, sharedRedis.Stop(ctx))
	}
	if shared != nil {
		problems = append(problems, shared.Stop(ctx))
	}
	return errors.Join(problems...)
}

func startShared() (*devstack.Postgres, error) {
	ctx := context.Background()
	server, err := devstack.StartPostgres(ctx, devstack.Options{})
	if err != nil {
		return nil, err
	}
	url, err := server.CreateDatabase(ctx, template, "")
	if err == nil {
		err = migrate(ctx, url)
	}
	if err != nil {
		_ = server.Stop(ctx)
		return nil, err
	}
	return server, nil
}

func migrate(ctx context.Context, url string) error {
	pool, err := model.NewPool(ctx, url, 4)
	if err != nil {
		return err
	}
	defer pool.Close()
	return migrations.Apply(ctx, pool.SQL())
}

// LogUsers returns the users of a product's logs, by their stream IDs.
func LogUsers(tb testing.TB, pool *model.Pool, product int64) map[string]int64 {
	tb.Helper()
	rows, err := pool.Query(tb.Context(), "SELECT stream_id, user_id FROM seckill_logs WHERE product_id = $1", product)
	if err != nil {
		tb.Fatal(err)
	}
	logs := map[string]int64{}
	var id string
	var user int64
	if _, err = pgx.ForEachRow(rows, []any{&id, &user}, func() error { logs[id] = user; return nil }); err != nil {
		tb.Fatal(err)
	}
	return logs
}
