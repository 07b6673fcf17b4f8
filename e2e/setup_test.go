package e2e

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
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

const secret = "a secret of the tests, 32 bytes long or more"

// buildTime bounds the building of the program.
const buildTime = 10 * time.Minute

// serviceBinary is the binary of the service, which tests start as a process of its own, with the
// race detector in it, and kill.
var serviceBinary string

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

// runTests builds the program and runs the tests on it.
func runTests(m *testing.M) int {
	ctx, cancel := context.WithTimeout(context.Background(), buildTime)
	defer cancel()
	folder, err := os.MkdirTemp("", "seckill-e2e")
	if err == nil {
		defer func() { _ = os.RemoveAll(folder) }()
		serviceBinary, err = servertest.BuildProgram(ctx, folder)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return servertest.Run(m)
}

// site is the servers that processes of the service share.
type site struct {
	t      *testing.T
	redis  *devstack.Redis // nil where it is not one server
	way    string          // to Redis, as the configuration has it; "" = the address of redis
	client redis.UniversalClient
	pool   *model.Pool
	url    string

	claimIdle time.Duration // Consumer.ClaimIdle of the processes; 0 = a second
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, redis: servertest.Redis(t), url: servertest.Database(t)}
	s.client, s.pool = servertest.Client(t, s.redis), servertest.Open(t, s.url)
	return s
}

// process is one run of the service.
type process struct {
	t        *testing.T
	command  *exec.Cmd
	instance string
	address  string
	metrics  string
	output   *servertest.Output
	done     chan struct{}
}

// start runs the service as the given instance, with more of a configuration, and waits
// for nothing.
func (s *site) start(instance, more string) *process {
	s.t.Helper()
	return s.startAt(s.redisWay(), instance, more)
}

// redisWay is the way to Redis that processes of the service take.
func (s *site) redisWay() string {
	if s.way != "" {
		return s.way
	}
	return s.redis.Addr()
}

// startAt is start with another way to Redis.
func (s *site) startAt(addr, instance, more string, wrap ...string) *process {
	s.t.Helper()
	return s.startOn(servertest.FreePort(s.t), addr, instance, more, wrap...)
}

// startOn is startAt with a port of the API.
func (s *site) startOn(port int, addr, instance, more string, wrap ...string) *process {
	s.t.Helper()
	return s.startVia(port, addr, fmt.Sprintf("{DataSource: %q}", s.url), instance, more, wrap...)
}

// startBy is startAt with another way to PostgreSQL, as the configuration has it.
func (s *site) startBy(addr, postgres, instance, more string) *process {
	s.t.Helper()
	return s.startVia(servertest.FreePort(s.t), addr, postgres, instance, more)
}

func (s *site) startVia(port int, addr, postgres, instance, more string, wrap ...string) *process {
	s.t.Helper()
	dev := servertest.FreePort(s.t)
	if !strings.Contains(more, "Shutdown:") {
		more += "\nShutdown: {Drain: 0s}" // nobody in front has to learn of a stop
	}
	if !strings.Contains(more, "Middlewares:") {
		more += "\nMiddlewares: {Log: false}" // a line a request would hide all else
	}
	p := startProcess(s.t, port, dev, fmt.Sprintf(`
Host: 127.0.0.1
Port: %d
Log: {Encoding: plain, Stat: false, Level: info}
Redis: %s
Postgres: %s
Auth: {AccessSecret: %q}
Products: [1]
Consumer: {Instance: %q, Count: 200, Block: 100ms, ClaimIdle: %s}
DevServer: {Port: %d}
%s`, port, redisOf(addr), postgres, secret, instance, cmp.Or(s.claimIdle, time.Second), dev, more), wrap...)
	p.instance = instance
	return p
}

// redisOf is the section of the configuration for an address; what is one already stays.
func redisOf(addr string) string {
	if strings.HasPrefix(addr, "{") {
		return addr
	}
	return fmt.Sprintf("{Addr: %q}", addr)
}

// startProcess runs the service with a configuration. The process is killed when
// the test ends, if it still runs. wrap is the beginning of a command that becomes the
// service, such as prlimit.
func startProcess(t *testing.T, port, dev int, configuration string, wrap ...string) *process {
	t.Helper()
	file := filepath.Join(t.TempDir(), "seckill.yaml")
	if err := os.WriteFile(file, []byte(configuration), 0o600); err != nil {
		t.Fatal(err)
	}
	p := &process{
		t: t, output: &servertest.Output{}, done: make(chan struct{}),
		address: fmt.Sprintf("http://127.0.0.1:%d", port), metrics: fmt.Sprintf("http://127.0.0.1:%d/metrics", dev),
	}
	words := slices.Concat(wrap, []string{serviceBinary, "-f", file})
	p.command = exec.Command(words[0], words[1:]...)
	p.command.Stdout, p.command.Stderr = p.output, p.output
	p.command.Dir = t.TempDir() // the binary runs from any folder
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = p.command.Wait(); close(p.done) }()
	t.Cleanup(func() {
		p.kill()
		if strings.Contains(p.output.String(), "WARNING: DATA RACE") {
			t.Error("the race detector has found something in the process")
		}
		if t.Failed() {
			t.Logf("output of process %d:\n%s", p.command.Process.Pid, p.output)
		}
	})
	return p
}

// kill ends the process as a crash would.
func (p *process) kill() {
	_ = p.command.Process.Signal(syscall.SIGKILL)
	<-p.done
}

// terminate ends the process as an orchestrator would, and returns its exit code.
func (p *process) terminate() int {
	p.t.Helper()
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Errorf("SIGTERM: %v", err)
	}
	return p.exit()
}

// exit waits for the end of the process and returns its exit code.
func (p *process) exit() int {
	p.t.Helper()
	select {
	case <-p.done:
		return p.command.ProcessState.ExitCode()
	case <-time.After(time.Minute):
		p.t.Fatal("the process has not ended within a minute")
		return -1
	}
}

// ready waits until /readyz answers 200.
func (p *process) ready() {
	p.t.Helper()
	servertest.Eventually(p.t, "the service is ready", func() bool { return p.api("bff").Ready(p.t.Context()) == nil })
}

// api is the public client with a token of the given role. It repeats nothing, so that a
// test sees each answer.
func (p *process) api(role string) *client.Client {
	p.t.Helper()
	token, err := auth.IssueToken(secret, "tester", role, time.Hour)
	if err != nil {
		p.t.Fatal(err)
	}
	c, err := client.New(client.Config{
		URL: p.address, Token: client.StaticToken(token), HTTP: http.DefaultClient, Timeout: time.Minute, Retry: client.Retry{Tries: 1},
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return c
}

// call sends a request with a token of the given role and decodes the answer.
func (p *process) call(role, method, path, body string) (int, map[string]any) {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), method, p.address+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+p.token(role))
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	answer := map[string]any{}
	if err := json.Unmarshal(text, &answer); err != nil {
		p.t.Fatalf("%s %s answers %d %q", method, path, response.StatusCode, text)
	}
	return response.StatusCode, answer
}

// token makes a token of the given role.
func (p *process) token(role string) string {
	p.t.Helper()
	token, err := auth.IssueToken(secret, "tester", role, time.Hour)
	if err != nil {
		p.t.Fatal(err)
	}
	return token
}

// scrape returns what /metrics shows, "" when it does not answer.
func (p *process) scrape() string { return servertest.Scrape(p.metrics) }

// metric returns the value of a line of /metrics, "" when there is none.
func (p *process) metric(name string) string {
	for line := range strings.Lines(p.scrape()) {
		if value, found := strings.CutPrefix(line, name+" "); found {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// push adds entries with uids from … to, a thousand at a time.
func (s *site) push(product int64, from, to int) {
	s.t.Helper()
	for uid := from; uid <= to; {
		pipe := s.client.Pipeline()
		for n := 0; n < 1000 && uid <= to; n, uid = n+1, uid+1 {
			pipe.XAdd(s.t.Context(), &redis.XAddArgs{
				Stream: seckill.StreamKey(product), Values: []string{"uid", strconv.Itoa(uid), "ts", "1234567890"},
			})
		}
		if _, err := pipe.Exec(s.t.Context()); err != nil {
			s.t.Fatal(err)
		}
	}
}

func (s *site) logs() int {
	s.t.Helper()
	var n int
	// Before the first start there is no table; a test process has migrated it.
	if err := s.pool.QueryRow(s.t.Context(), "SELECT count(*) FROM seckill_logs").Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

// drained waits until nothing is left in the stream, and checks that there is
// exactly one log for each of n users.
func (s *site) drained(n int) {
	s.t.Helper()
	servertest.Eventually(s.t, "the stream is drained", func() bool {
		groups, err := s.client.XInfoGroups(s.t.Context(), seckill.StreamKey(1)).Result()
		return err == nil && len(groups) == 1 && groups[0].Lag == 0 && groups[0].Pending == 0
	})
	users := servertest.Count(s.t, s.pool, "SELECT count(DISTINCT user_id) FROM seckill_logs WHERE product_id = 1")
	if logs := s.logs(); logs != n || users != n {
		s.t.Errorf("%d logs of %d users, want exactly %d", logs, users, n)
	}
}

// pushWith pushes the entry of the printed redis-cli command.
func pushWith(t *testing.T, match []string) {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: net.JoinHostPort(match[1], match[2])})
	defer func() { _ = client.Close() }()
	err := client.Do(t.Context(), "XADD", "stream:seckill:1001", "*", "uid", "123", "ts", "1234567890").Err()
	if err != nil {
		t.Fatal(err)
	}
}
