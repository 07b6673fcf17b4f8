package peers

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"seckill/internal/devstack"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/model"
)

const (
	// product is the one whose stream is drained.
	product = 1
	// group is the consumer group of every peer.
	group = "g1"
	// drainTime bounds a drain.
	drainTime = time.Minute
)

func TestMain(m *testing.M) {
	os.Exit(servertest.Run(m, goleak.IgnoreTopFunction("gorm.io/gorm/internal/lru.NewLRU[...].func1"))) // nothing ends it
}

// bed is one Redis and one PostgreSQL at its defaults, with the tables of the service and
// those of the peers. A table of the peers has the keys that make storing exact and the
// lookup of a user's rows fast, and nothing else.
type bed struct {
	b        *testing.B
	redis    *devstack.Redis
	postgres *devstack.Postgres
	client   *redis.Client
	pool     *model.Pool
	program  string // of the service
}

const peerTables = `
CREATE TABLE peer_logs (
    id         bigserial PRIMARY KEY,
    product_id bigint NOT NULL,
    user_id    bigint NOT NULL,
    stream_id  text COLLATE "C" NOT NULL,
    status     text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX ON peer_logs (product_id, stream_id);
CREATE INDEX ON peer_logs (user_id);
CREATE TABLE peer_products (product_id bigint PRIMARY KEY, stock_left bigint NOT NULL CHECK (stock_left >= 0));
CREATE TABLE peer_orders (
    id         bigserial PRIMARY KEY,
    product_id bigint NOT NULL,
    user_id    bigint NOT NULL,
    stream_id  text COLLATE "C" NOT NULL,
    status     text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (product_id, user_id)
);
CREATE UNIQUE INDEX ON peer_orders (product_id, stream_id)`

func newBed(b *testing.B) *bed {
	b.Helper()
	server, postgres := servertest.Redis(b), servertest.Postgres(b)
	d := &bed{b: b, redis: server, postgres: postgres, client: servertest.Client(b, server), pool: servertest.Open(b, postgres.URL(""))}
	d.exec(peerTables)
	d.program = filepath.Join(b.TempDir(), "seckill")
	build := exec.CommandContext(b.Context(), "go", "build", "-o", d.program, ".")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("build: %v\n%s", err, out)
	}
	return d
}

func (d *bed) exec(sql string) {
	d.b.Helper()
	if _, err := d.pool.Exec(d.b.Context(), sql); err != nil {
		d.b.Fatal(err)
	}
}

// preload empties everything and puts an entry of each of n users, in random order, into the
// product's stream. PostgreSQL writes out what it owes, so that nobody pays for the one before.
func (d *bed) preload(n int) {
	d.b.Helper()
	for _, table := range []string{"seckill_logs", "seckill_orders", "seckill_products", "seckill_moves", "peer_logs", "peer_orders", "peer_products"} {
		d.exec("TRUNCATE " + table + " RESTART IDENTITY")
	}
	d.exec("CHECKPOINT")
	if err := d.client.FlushAll(d.b.Context()).Err(); err != nil {
		d.b.Fatal(err)
	}
	users := rand.New(rand.NewPCG(1, 2)).Perm(n)
	for len(users) > 0 {
		some := users[:min(len(users), 2000)]
		users = users[len(some):]
		pipe := d.client.Pipeline()
		for _, user := range some {
			pipe.XAdd(d.b.Context(), &redis.XAddArgs{
				Stream: seckill.StreamKey(product), Values: []string{"uid", strconv.Itoa(user + 1), "ts", "1234567890"},
			})
		}
		if _, err := pipe.Exec(d.b.Context()); err != nil {
			d.b.Fatal(err)
		}
	}
	if err := d.client.XGroupCreate(d.b.Context(), seckill.StreamKey(product), group, "0").Err(); err != nil {
		d.b.Fatal(err)
	}
}

// drained waits until the stream is drained, looks whether each entry is stored once in the
// table, and returns rows per second, by the database's clock, from the first commit to the
// last: what a start costs is nobody's.
func (d *bed) drained(table string, n int) float64 {
	d.b.Helper()
	for deadline := time.Now().Add(drainTime); ; time.Sleep(20 * time.Millisecond) { // to look more often would slow down what is measured
		groups, err := d.client.XInfoGroups(d.b.Context(), seckill.StreamKey(product)).Result()
		if err == nil && len(groups) == 1 && groups[0].Lag == 0 && groups[0].Pending == 0 {
			break
		}
		if time.Now().After(deadline) {
			d.b.Fatalf("not drained within %v", drainTime)
		}
	}
	if got := servertest.Count(d.b, d.pool, "SELECT count(DISTINCT user_id) FROM "+table); got != n {
		d.b.Fatalf("%d of %d users in %s", got, n, table)
	}
	return d.rate(table)
}

func (d *bed) rate(table string) float64 {
	d.b.Helper()
	var rows, seconds float64
	err := d.pool.QueryRow(d.b.Context(), `
SELECT count(*) FILTER (WHERE created_at > first), extract(epoch FROM max(created_at) - min(first))
  FROM `+table+`, (SELECT min(created_at) AS first FROM `+table+`) AS f`).Scan(&rows, &seconds)
	if err != nil {
		d.b.Fatal(err)
	}
	return rows / seconds
}

// service drains what is preloaded with the service, as it ships, and returns rows per second.
func (d *bed) service(n int, configuration string) float64 {
	d.b.Helper()
	file := filepath.Join(d.b.TempDir(), "seckill.yaml")
	configuration += fmt.Sprintf(`
Host: 127.0.0.1
Port: %d
Log: {Level: error, Stat: false}
Redis: {Addr: %q}
Postgres: {DataSource: %q}
Auth: {AccessSecret: "a secret of the benchmarks, long enough"}
DevServer: {Port: %d}
`, servertest.FreePort(d.b), d.redis.Addr(), d.postgres.URL(""), servertest.FreePort(d.b))
	if err := os.WriteFile(file, []byte(configuration), 0o600); err != nil {
		d.b.Fatal(err)
	}
	output := &bytes.Buffer{}
	command := exec.CommandContext(context.Background(), d.program, "-f", file)
	command.Stdout, command.Stderr = output, output
	if err := command.Start(); err != nil {
		d.b.Fatal(err)
	}
	defer func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		if err := command.Wait(); err != nil {
			d.b.Errorf("the service ended with %v\n%s", err, output)
		}
	}()
	return d.drained("seckill_logs", n)
}
