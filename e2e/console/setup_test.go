package console

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/client"
	"seckill/internal/auth"
	"seckill/internal/devstack"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/model"
)

const (
	secret = "a secret of the tests, 32 bytes long or more"
	// buildTime bounds the building of the program.
	buildTime = 10 * time.Minute
)

// serviceBinary is the binary of the service.
var serviceBinary string

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

// runTests builds the program and runs the tests on it. Without a browser they are skipped,
// but fail where CI=true.
func runTests(m *testing.M) int {
	chromium := findChromium()
	if chromium == "" {
		fmt.Fprintln(os.Stderr, "there is no chromium: the console is not tested (tools/setup-servers.sh installs it)")
		if os.Getenv("CI") == "true" {
			return 1
		}
		return 0
	}
	ctx, cancel := context.WithTimeout(context.Background(), buildTime)
	defer cancel()
	folder, err := os.MkdirTemp("", "seckill-console")
	if err == nil {
		defer func() { _ = os.RemoveAll(folder) }()
		serviceBinary, err = servertest.BuildProgram(ctx, folder)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	opened, closeBrowser, err := openBrowser(chromium)
	browser = opened //nolint:fatcontext // the one browser of all tests
	defer closeBrowser()
	if err != nil {
		fmt.Fprintln(os.Stderr, "start chromium:", err)
		return 1
	}
	return servertest.Run(m)
}

// site is a service with its servers and their contents.
type site struct {
	t       *testing.T
	redis   *devstack.Redis
	pool    *model.Pool
	url     string // of the database
	address string // of the service
	file    string // its configuration
	output  *servertest.Output
	kill    func() // ends the service as a crash would
}

// newSite starts a service; more is added to its configuration.
func newSite(t *testing.T, more string) *site {
	t.Helper()
	s := &site{t: t, redis: servertest.Redis(t), url: servertest.Database(t), output: &servertest.Output{}}
	s.pool = servertest.Open(t, s.url)
	s.configure(more)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("output of the service:\n%s", s.output)
		}
	})
	s.start()
	return s
}

// configure writes the configuration; the service keeps its address over a restart.
func (s *site) configure(more string) {
	s.t.Helper()
	port, dev := servertest.FreePort(s.t), servertest.FreePort(s.t)
	s.address = fmt.Sprintf("http://127.0.0.1:%d", port)
	s.file = filepath.Join(s.t.TempDir(), "seckill.yaml")
	text := fmt.Sprintf(`
Host: 127.0.0.1
Port: %d
Log: {Encoding: plain, Stat: false}
Middlewares: {Log: false}
Redis: {Addr: %q}
Postgres: {DataSource: %q}
Auth: {AccessSecret: %q}
Consumer: {Instance: console, Count: 200, Block: 100ms, ClaimIdle: 1s}
Shutdown: {Drain: 0s}
DevServer: {Port: %d}
%s`, port, s.redis.Addr(), s.url, secret, dev, more)
	if err := os.WriteFile(s.file, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// start runs the service as a process of its own, until the test ends, and waits until it is
// ready.
func (s *site) start() {
	s.t.Helper()
	done := make(chan struct{})
	process := exec.Command(serviceBinary, "-f", s.file)
	process.Stdout, process.Stderr, process.Dir = s.output, s.output, s.t.TempDir()
	if err := process.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() { _ = process.Wait(); close(done) }()
	s.kill = func() {
		_ = process.Process.Kill()
		<-done
	}
	s.t.Cleanup(s.kill)
	servertest.Eventually(s.t, "the service is ready", func() bool { return s.api("bff").Ready(s.t.Context()) == nil })
}

// token makes a token of a role, good for some time.
func (s *site) token(role string, lifetime time.Duration) string {
	s.t.Helper()
	token, err := auth.IssueToken(secret, role+"@example", role, lifetime)
	if err != nil {
		s.t.Fatal(err)
	}
	return token
}

// api is a client of the service.
func (s *site) api(role string) *client.Client {
	s.t.Helper()
	c, err := client.New(client.Config{
		URL: s.address, Token: client.StaticToken(s.token(role, time.Hour)), HTTP: http.DefaultClient, Timeout: time.Minute,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

// product makes a product with stock, sold from now on.
func (s *site) product(id, stock int64, name string) {
	s.t.Helper()
	limit := int64(1)
	_, err := s.api("operator").CreateProduct(s.t.Context(), client.NewProduct{
		ProductID: id, Name: name, StockTotal: &stock, PerUserLimit: &limit, PaymentWindowSeconds: 900,
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// spoil adds an entry that becomes a dead letter, and waits until it is one.
func (s *site) spoil(product int64, fields ...any) {
	s.t.Helper()
	count := func() int { return servertest.Count(s.t, s.pool, "SELECT count(*) FROM seckill_dead_letters") }
	before := count()
	err := servertest.Client(s.t, s.redis).XAdd(s.t.Context(), &redis.XAddArgs{Stream: seckill.StreamKey(product), Values: fields}).Err()
	if err != nil {
		s.t.Fatal(err)
	}
	servertest.Eventually(s.t, "the entry is a dead letter", func() bool { return count() > before })
}
