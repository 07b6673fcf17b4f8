package test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/client"
	"seckill/internal/auth"
	"seckill/internal/devstack"
	"seckill/internal/servertest"
	"seckill/model"
)

const secret = "a secret of the tests, 32 bytes long or more"

// site is the servers of one deployment of the service.
type site struct {
	t        *testing.T
	redis    *devstack.Redis
	commands *redis.Client // an administrator's
	url      string        // of PostgreSQL
	pool     *model.Pool
}

// newSite starts a Redis, and makes a database on the PostgreSQL that all share.
func newSite(t *testing.T) *site {
	t.Helper()
	return newSiteOn(t, servertest.Database(t))
}

func newSiteOn(t *testing.T, url string) *site {
	t.Helper()
	s := &site{t: t, redis: servertest.Redis(t), url: url}
	s.commands, s.pool = servertest.Client(t, s.redis), servertest.Open(t, url)
	return s
}

// exec runs a statement.
func (s *site) exec(sql string, args ...any) {
	s.t.Helper()
	if _, err := s.pool.Exec(s.t.Context(), sql, args...); err != nil {
		s.t.Fatalf("%s: %v", sql, err)
	}
}

// cli runs a command of Redis.
func (s *site) cli(words ...any) {
	s.t.Helper()
	if err := s.commands.Do(s.t.Context(), words...).Err(); err != nil {
		s.t.Fatalf("%v: %v", words, err)
	}
}

// ways is how a replica reaches its servers, as the configuration has it, and what else it
// is told.
type ways struct {
	redis, postgres, more string
}

// replica is a process of the service.
type replica struct {
	t       *testing.T
	file    string // its configuration
	port    int
	dev     int // port of /metrics
	command *exec.Cmd
	output  *servertest.Output
	done    chan struct{}
}

// start runs a replica of a name, and waits until it is ready.
func (s *site) start(name string, w ways) *replica {
	s.t.Helper()
	if w.redis == "" {
		w.redis = fmt.Sprintf("{Addr: %q}", s.redis.Addr())
	}
	if w.postgres == "" {
		w.postgres = s.url
	}
	r := &replica{t: s.t, port: servertest.FreePort(s.t), dev: servertest.FreePort(s.t)}
	r.file = filepath.Join(s.t.TempDir(), name+".yaml")
	configuration := fmt.Sprintf(`
Host: 127.0.0.1
Port: %d
Log: {Encoding: plain, Stat: false, Level: info}
Redis: %s
Postgres: {DataSource: %q, MaxConns: 4}
Auth: {AccessSecret: %q}
Middlewares: {Log: false}
Consumer: {Instance: %q, Block: 100ms, ClaimIdle: 1s, Retention: 1h}
Shutdown: {Drain: 0s}
DevServer: {Port: %d}
%s`, r.port, w.redis, w.postgres, secret, name, r.dev, w.more)
	if err := os.WriteFile(r.file, []byte(configuration), 0o600); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		r.kill()
		if s.t.Failed() {
			s.t.Logf("output of replica %s:\n%s", name, r.output)
		}
	})
	r.run()
	return r
}

// run starts the process, again if it was killed, and waits until it is ready.
func (r *replica) run() {
	r.t.Helper()
	r.output, r.done = &servertest.Output{}, make(chan struct{})
	r.command = exec.Command(serviceBinary, "-f", r.file)
	r.command.Dir = r.t.TempDir()
	r.command.Stdout, r.command.Stderr = r.output, r.output
	if err := r.command.Start(); err != nil {
		r.t.Fatal(err)
	}
	go func() { _ = r.command.Wait(); close(r.done) }()
	servertest.Eventually(r.t, "the replica is ready", func() bool { return r.api("bff").Ready(r.t.Context()) == nil })
}

// kill ends the process as a crash would.
func (r *replica) kill() {
	if r.command.Process != nil {
		_ = r.command.Process.Signal(syscall.SIGKILL)
		<-r.done
	}
}

// api is the public client with a token of the given role. It repeats nothing.
func (r *replica) api(role string) *client.Client {
	r.t.Helper()
	token, err := auth.IssueToken(secret, "tester", role, time.Hour)
	if err != nil {
		r.t.Fatal(err)
	}
	c, err := client.New(client.Config{
		URL: fmt.Sprintf("http://127.0.0.1:%d", r.port), Token: client.StaticToken(token), HTTP: http.DefaultClient,
		Timeout: 10 * time.Second, Retry: client.Retry{Tries: 1},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return c
}

// sell registers a product with stock, and waits until its gate is open.
func (r *replica) sell(p client.NewProduct) {
	r.t.Helper()
	p.Name = "phone"
	if _, err := r.api("operator").CreateProduct(r.t.Context(), p); err != nil {
		r.t.Fatal(err)
	}
	servertest.Eventually(r.t, "the gate is open", func() bool {
		books, err := r.api("operator").Books(r.t.Context(), p.ProductID)
		return err == nil && books.RedisLeft != nil
	})
}

// scrape returns what /metrics shows.
func (r *replica) scrape() string {
	r.t.Helper()
	return fetch(r.t, fmt.Sprintf("http://%s/metrics", r.target()))
}

// target is where Prometheus finds it.
func (r *replica) target() string { return fmt.Sprintf("127.0.0.1:%d", r.dev) }

// fetch gets a page; "" when it is not answered with 200.
func fetch(t *testing.T, url string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return ""
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		return ""
	}
	return string(text)
}
