package bench

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/internal/devstack"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/model"
)

// product is the one that is measured.
const product = 1

var (
	binaries string // the folder of the service, built as it ships, and of the bare server
	build    sync.Once
)

func TestMain(m *testing.M) {
	if os.Getenv(loadRole) != "" {
		if err := runLoad(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	code := servertest.Run(m)
	if binaries != "" {
		_ = os.RemoveAll(binaries)
	}
	os.Exit(code)
}

// bed is one Redis and one PostgreSQL at its defaults.
type bed struct {
	b        *testing.B
	redis    *devstack.Redis
	addr     string // of Redis, as the configuration has it
	postgres *devstack.Postgres
	client   *redis.Client
	url      string
	pool     *model.Pool
	devPorts map[int]int // of the DevServer of each process
	profiles int         // that were taken
}

func newBed(b *testing.B) *bed {
	b.Helper()
	return newBedWith(b, devstack.Options{})
}

// newBedWith is newBed with a PostgreSQL that differs from its defaults.
func newBedWith(b *testing.B, o devstack.Options) *bed {
	b.Helper()
	server, postgres := servertest.Redis(b), servertest.PostgresWith(b, o)
	url := postgres.URL("")
	d := &bed{
		b: b, redis: server, addr: server.Addr(), postgres: postgres, client: servertest.Client(b, server), url: url,
		pool: servertest.Open(b, url), devPorts: map[int]int{},
	}
	described.Do(d.describe)
	return d
}

var described sync.Once

// describe prints on what is measured, as go test prints the processor.
func (d *bed) describe() {
	d.b.Helper()
	info := d.client.Info(d.b.Context(), "server", "persistence").Val()
	of := func(name string) string {
		_, rest, _ := strings.Cut(info, name+":")
		value, _, _ := strings.Cut(rest, "\r\n")
		return value
	}
	fmt.Printf("go: %s\nprocessors: %d\nredis: %s, appendonly %s\n", runtime.Version(), runtime.NumCPU(), of("redis_version"), of("aof_enabled"))
	var postgres string
	err := d.pool.QueryRow(d.b.Context(), `
SELECT concat_ws(', ', current_setting('server_version'), string_agg(name || ' ' || current_setting(name), ', ' ORDER BY name))
  FROM unnest(ARRAY['fsync', 'synchronous_commit', 'full_page_writes', 'max_wal_size', 'shared_buffers', 'wal_compression']) AS name`).Scan(&postgres)
	if err != nil {
		d.b.Fatal(err)
	}
	fmt.Printf("postgres: %s\n", postgres)
}

// users returns 1 … n in random order: ascending ones would make the indexes look
// faster than they are.
func users(n int) []int64 {
	list := make([]int64, n)
	for i, u := range rand.New(rand.NewPCG(1, 2)).Perm(n) {
		list[i] = int64(u) + 1
	}
	return list
}

// preload puts an entry for each user into a product's stream.
func (d *bed) preload(productID int64, list []int64) {
	d.b.Helper()
	for len(list) > 0 {
		pipe := d.client.Pipeline()
		n := min(len(list), 2000)
		for _, uid := range list[:n] {
			pipe.XAdd(d.b.Context(), &redis.XAddArgs{
				Stream: seckill.StreamKey(productID), Values: []string{"uid", strconv.FormatInt(uid, 10), "ts", "1234567890"},
			})
		}
		list = list[n:]
		if _, err := pipe.Exec(d.b.Context()); err != nil {
			d.b.Fatal(err)
		}
	}
}

// start runs the service with the given products and batch size, and stops it with
// the returned function.
func (d *bed) start(count int, products string) (pid int, stop func()) {
	d.b.Helper()
	return d.launch("seckill", servertest.FreePort(d.b), fmt.Sprintf("Products: %s\nConsumer: {Count: %d}\n", products, count))
}

// secret signs the tokens of the benchmarks.
const secret = "a secret of the benchmarks, long enough"

// launch runs one of the programs on a port of the loopback interface, and stops it
// with the returned function.
func (d *bed) launch(program string, port int, configuration string) (pid int, stop func()) {
	d.b.Helper()
	file, devPort := filepath.Join(d.b.TempDir(), program+".yaml"), servertest.FreePort(d.b)
	configuration += fmt.Sprintf(`
Host: 127.0.0.1
Port: %d
Log: {Level: error, Stat: false}
Redis: {Addr: %q}
Postgres: {DataSource: %q}
Auth: {AccessSecret: %q}
DevServer: {Port: %d}
`, port, d.addr, d.url, secret, devPort)
	if err := os.WriteFile(file, []byte(configuration), 0o600); err != nil {
		d.b.Fatal(err)
	}
	command := exec.Command(executable(d.b, program), "-f", file)
	output := &bytes.Buffer{}
	command.Stdout, command.Stderr = output, output
	if err := command.Start(); err != nil {
		d.b.Fatal(err)
	}
	d.devPorts[command.Process.Pid] = devPort
	stop = sync.OnceFunc(func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		if err := command.Wait(); err != nil {
			d.b.Errorf("%s ended with %v\n%s", program, err, output)
		}
	})
	d.b.Cleanup(stop)
	return command.Process.Pid, stop
}

// executable returns the path of a program: seckill, the service, or bare.
func executable(b *testing.B, program string) string {
	b.Helper()
	build.Do(func() {
		dir, err := os.MkdirTemp("", "seckill-bench-*") //nolint:usetesting // outlives the first benchmark
		if err != nil {
			b.Fatal(err)
		}
		binaries = dir
		out, err := exec.Command("go", "build", "-o", dir+"/", "seckill", "seckill/bench/bare").CombinedOutput()
		if err != nil {
			b.Fatalf("build: %v\n%s", err, out)
		}
	})
	return filepath.Join(binaries, program)
}

// drained waits until the product's stream is drained and n logs are stored.
func (d *bed) drained(n int) {
	d.b.Helper()
	d.drainedProduct(product)
	if got := servertest.Count(d.b, d.pool, "SELECT count(*) FROM seckill_logs"); got != n {
		d.b.Fatalf("%d logs of %d", got, n)
	}
}

// drainedProduct waits until a stream is drained.
func (d *bed) drainedProduct(productID int64) {
	d.b.Helper()
	deadline := time.Now().Add(5 * time.Minute)
	for {
		groups, err := d.client.XInfoGroups(d.b.Context(), seckill.StreamKey(productID)).Result()
		if err == nil && len(groups) == 1 && groups[0].Lag == 0 && groups[0].Pending == 0 {
			return
		}
		if time.Now().After(deadline) {
			d.b.Fatal("not drained within five minutes")
		}
		time.Sleep(20 * time.Millisecond) // looking more often would slow down what is measured
	}
}

// rate returns rows per second from the first batch to the last, by the database's
// clock. The first batch itself is left out: its time is the start of the service.
func (d *bed) rate() float64 {
	d.b.Helper()
	var rows, seconds float64
	err := d.pool.QueryRow(d.b.Context(), `
SELECT count(*) FILTER (WHERE created_at > first), extract(epoch FROM max(created_at) - min(first))
  FROM seckill_logs, (SELECT min(created_at) AS first FROM seckill_logs) AS f`).Scan(&rows, &seconds)
	if err != nil {
		d.b.Fatal(err)
	}
	return rows / seconds
}

// reset empties the tables and the streams, and lets PostgreSQL write out what it
// owes, so that one measurement does not pay for the one before.
func (d *bed) reset() {
	d.b.Helper()
	for _, sql := range []string{"TRUNCATE seckill_logs, seckill_orders, seckill_moves, seckill_carried_entries RESTART IDENTITY", "CHECKPOINT"} {
		if _, err := d.pool.Exec(d.b.Context(), sql); err != nil {
			d.b.Fatal(err)
		}
	}
	if err := d.client.FlushAll(d.b.Context()).Err(); err != nil {
		d.b.Fatal(err)
	}
}

var highWater = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// peakMemory returns the most resident memory that a process has had, in MB.
func peakMemory(b *testing.B, pid int) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Skipf("resident memory is read from /proc: %v", err)
	}
	kb, err := strconv.ParseFloat(string(highWater.FindSubmatch(status)[1]), 64)
	if err != nil {
		b.Fatal(err)
	}
	return kb / 1024
}
