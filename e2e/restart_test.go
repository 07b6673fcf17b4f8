package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// program finds a program that an administrator runs, which may not be on everybody's PATH.
func program(t *testing.T, name string) string {
	t.Helper()
	for _, candidate := range []string{name, "/usr/sbin/" + name, "/usr/local/sbin/" + name} {
		if path, err := exec.LookPath(candidate); err == nil {
			return path
		}
	}
	missing := "there is no " + name + " to stand before the replicas: tools/setup-servers.sh installs it where apt-get may"
	if os.Getenv("CI") == "true" {
		t.Fatal(missing)
	}
	t.Skip(missing)
	return ""
}

// Both keep no connection that was idle for longer than the drain (2s here): such a one
// would not have been told that it is the last answer's, and its end may cross a request.

// HAProxy asks each replica five times a second whether it is ready. It sends nothing
// twice, as it would by itself when nobody listens.
const haproxyFile = `
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  timeout check 5s
listen replicas
  bind 127.0.0.1:%d
  balance roundrobin
  retries 0
  option httpchk GET /readyz
  http-check expect status 200
  http-response set-header Served-By %%s
  default-server pool-purge-delay 1s
  server %[2]d 127.0.0.1:%[2]d check inter 200ms fall 1 rise 1
  server %[3]d 127.0.0.1:%[3]d check inter 200ms fall 1 rise 1
`

// anew is haproxyFile with a connection for each request: one to a replica that listens no
// longer is lost, where over a kept one the request would have been served.
var anew = strings.Replace(haproxyFile, "default-server pool-purge-delay 1s", "http-reuse never", 1)

// nginx knows of a replica what becomes of the requests. It repeats no POST that it has
// sent, which is its default.
const nginxFile = `
daemon off;
master_process off;
error_log stderr warn;
pid nginx.pid;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  upstream replicas {
    server 127.0.0.1:%[2]d max_fails=1 fail_timeout=1s;
    server 127.0.0.1:%[3]d max_fails=1 fail_timeout=1s;
    keepalive 16;
    keepalive_timeout 1s;
  }
  server {
    listen 127.0.0.1:%[1]d;
    location / {
      proxy_pass http://replicas;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_read_timeout 60s;
      add_header Served-By $upstream_addr always;
    }
  }
}
`

// balancer is a proxy before two replicas, and a shop that buys through it.
type balancer struct {
	*process // only its address: what stands there answers as the service does

	failed atomic.Pointer[string] // what a request was answered that must not have been
	served sync.Map               // port of a replica: true since it has served
}

// balance starts a proxy before the replicas at two ports.
func balance(t *testing.T, name, file string, ports [2]int, args func(folder string) []string) *balancer {
	t.Helper()
	path, folder, port := program(t, name), t.TempDir(), servertest.FreePort(t)
	text := fmt.Sprintf(file, port, ports[0], ports[1])
	if err := os.WriteFile(filepath.Join(folder, "proxy.conf"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	said := &servertest.Output{}
	command := exec.CommandContext(t.Context(), path, args(folder)...)
	command.Stdout, command.Stderr = said, said
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Wait() // the context of the test has ended
		if t.Failed() {
			t.Logf("%s says:\n%s", name, said)
		}
	})
	b := &balancer{process: &process{t: t, address: "http://127.0.0.1:" + strconv.Itoa(port)}}
	servertest.Eventually(t, name+" lets requests through", func() bool {
		response, err := http.Get(b.address + "/healthz")
		return err == nil && response.Body.Close() == nil && response.StatusCode == http.StatusOK
	})
	return b
}

// buy makes an attempt for each user of a range, so many a second, until stop, and returns
// how many were admitted.
func (b *balancer) buy(product, from, perSecond int, stop <-chan struct{}) int {
	var admitted atomic.Int64
	var group sync.WaitGroup
	ticker := time.NewTicker(time.Second / time.Duration(perSecond))
	defer ticker.Stop()
	for user := from; ; user++ {
		select {
		case <-stop:
			group.Wait()
			return int(admitted.Load())
		case <-ticker.C:
		}
		group.Go(func() {
			var got reply
			status, header := b.ask(web, http.MethodPost, fmt.Sprintf("/api/v1/products/%d/attempts", product),
				fmt.Sprintf(`{"userId": %d}`, user), &got)
			if status != http.StatusAccepted {
				failure := fmt.Sprintf("user %d: %d %+v %s", user, status, got, header)
				b.failed.CompareAndSwap(nil, &failure)
				return
			}
			admitted.Add(1)
			by := header.Get("Served-By")
			b.served.Store(by[strings.LastIndex(by, ":")+1:], true)
		})
	}
}

// takesPart waits until the replica at port serves through the proxy.
func (b *balancer) takesPart(port int) {
	b.t.Helper()
	b.served.Delete(strconv.Itoa(port))
	servertest.Eventually(b.t, "the replica takes part", func() bool {
		_, served := b.served.Load(strconv.Itoa(port))
		return served
	})
}

// pushUntil adds entries of users from the given one on, so many a second, and returns how
// many.
func (s *site) pushUntil(product int64, from, perSecond int, stop <-chan struct{}) (pushed int) {
	ticker := time.NewTicker(time.Second / time.Duration(perSecond))
	defer ticker.Stop()
	for {
		select {
		case <-stop:
			return pushed
		case <-ticker.C:
		}
		err := s.client.XAdd(s.t.Context(), &redis.XAddArgs{
			Stream: seckill.StreamKey(product), Values: []string{"uid", strconv.Itoa(from + pushed)},
		}).Err()
		if err != nil {
			s.t.Error(err)
			return pushed
		}
		pushed++
	}
}

// leavesNothing checks that the consumers of an instance that has ended left nothing
// behind that somebody would have to take over.
func (s *site) leavesNothing(product int64, instance string) {
	s.t.Helper()
	consumers, err := s.client.XInfoConsumers(s.t.Context(), seckill.StreamKey(product), "g1").Result()
	if err != nil {
		s.t.Fatal(err)
	}
	for _, c := range consumers {
		if c.Name == seckill.ConsumerName(product, instance) && c.Pending != 0 {
			s.t.Errorf("%s leaves %d entries", c.Name, c.Pending)
		}
	}
}

// pendingNow returns for how long each entry is pending.
func (s *site) pendingNow(product int64) map[string]time.Duration {
	s.t.Helper()
	pending, err := s.client.XPendingExt(s.t.Context(), &redis.XPendingExtArgs{
		Stream: seckill.StreamKey(product), Group: "g1", Start: "-", End: "+", Count: 100_000,
	}).Result()
	if err != nil {
		s.t.Fatal(err)
	}
	idle := map[string]time.Duration{}
	for _, entry := range pending {
		idle[entry.ID] = entry.Idle
	}
	return idle
}

// waitsForNobody waits until no entry is pending any more that is now, whoever has it, and returns
// for how long one was. What somebody has left behind would stay, as nobody takes over what is
// pending for less than an hour.
func (s *site) waitsForNobody(product int64) (longest time.Duration) {
	s.t.Helper()
	before := s.pendingNow(product)
	servertest.Eventually(s.t, "nothing is pending that was when the replica had ended", func() bool {
		still := false
		for id, idle := range s.pendingNow(product) {
			if _, found := before[id]; found {
				still, longest = true, max(longest, idle)
			}
		}
		return !still
	})
	return longest
}

// TestARollingRestartLosesNothing restarts each of two replicas three times, in turn, under
// a rush of 300 attempts a second that comes through HAProxy, which asks for /readyz, with kept
// connections and with new ones, and of 100 through nginx, which does not ask, and under as many
// raw entries as come through HAProxy.
func TestARollingRestartLosesNothing(t *testing.T) {
	const rounds, product = 3, 2
	s := newSite(t)
	s.claimIdle = time.Hour
	ports := [2]int{servertest.FreePort(t), servertest.FreePort(t)}
	instances := [2]string{"a", "b"}
	start := func(i int) *process {
		return s.startOn(ports[i], s.redis.Addr(), instances[i], "Shutdown: {Drain: 2s}")
	}
	replicas := [2]*process{start(0), start(1)}
	for _, p := range replicas {
		p.ready()
	}
	replicas[0].sell(product, `"stockTotal": 1000000, "perUserLimit": 0`)
	haproxy := func(folder string) []string { return []string{"-db", "-f", folder + "/proxy.conf"} }
	balancers := []*balancer{
		balance(t, "haproxy", haproxyFile, ports, haproxy), balance(t, "haproxy", anew, ports, haproxy),
		balance(t, "nginx", nginxFile, ports, func(folder string) []string { return []string{"-p", folder, "-c", folder + "/proxy.conf"} }),
	}
	stop := make(chan struct{})
	var group sync.WaitGroup
	var entries atomic.Int64
	for i, perSecond := range []int{200, 100, 100} {
		group.Go(func() { entries.Add(int64(balancers[i].buy(product, 1+i*1_000_000, perSecond, stop))) })
	}
	group.Go(func() { entries.Add(int64(s.pushUntil(product, 10_000_000, 300, stop))) })

	var longest time.Duration
	for range rounds {
		for i := range replicas {
			for _, b := range balancers { // both replicas, or nobody would be left
				b.takesPart(ports[0])
				b.takesPart(ports[1])
			}
			if code := replicas[i].terminate(); code != 0 {
				t.Errorf("exit code %d", code)
			}
			s.leavesNothing(product, instances[i])
			longest = max(longest, s.waitsForNobody(product))
			replicas[i] = start(i)
			replicas[i].ready()
		}
	}
	close(stop)
	group.Wait()
	for _, b := range balancers {
		if failure := b.failed.Load(); failure != nil {
			t.Errorf("a request failed: %s", *failure)
		}
	}
	n := int(entries.Load())
	t.Logf("%d attempts and entries, pending for %v at most", n, longest)
	s.quiet(product, replicas[:]...)
	s.settledTo(replicas[0], product, n, n)
}

// probe asks for a path over the connections of client, and returns the status, whether
// the answer is the last of its connection, and its message.
func (p *process) probe(client *http.Client, path string) (status int, last bool, message string) {
	response, err := client.Get(p.address + path)
	if err != nil {
		return 0, false, ""
	}
	defer func() { _ = response.Body.Close() }()
	var said struct {
		Message string `json:"message"`
	}
	_ = json.NewDecoder(response.Body).Decode(&said)
	return response.StatusCode, response.Close, said.Message
}

// fresh is a client with connections of its own.
func fresh(t *testing.T) *http.Client {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: time.Minute}
}

func (p *process) signal(sig os.Signal) {
	p.t.Helper()
	if err := p.command.Process.Signal(sig); err != nil {
		p.t.Fatal(err)
	}
}

// endsSoon waits until /readyz says that the process ends.
func (p *process) endsSoon() {
	p.t.Helper()
	client := fresh(p.t)
	servertest.Eventually(p.t, "/readyz names the shutdown, and the answer is the last of its connection", func() bool {
		status, last, message := p.probe(client, "/readyz?exclude=redis&exclude=shutdown")
		return status == http.StatusServiceUnavailable && last && message == "not ready: shutdown (the process is ending)"
	})
}

// waitsThroughAStop has a user wait for a result that does not come, by a long poll and by
// events, while stop ends the process.
func (s *site) waitsThroughAStop(p *process, stop func()) {
	s.t.Helper()
	s.push(1, 7, 7) // record-only: it stays PROCESSING
	servertest.Eventually(s.t, "the entry is stored", func() bool { return s.isDrained(1) })
	var polled outcome
	var group sync.WaitGroup
	group.Go(func() { polled = p.resultOf(1, 7, "?wait=30s") })
	events := p.follow(1, 7, "text/event-stream")
	if got, ok := events.next(); !ok || got.Status != "PROCESSING" {
		s.t.Errorf("the first event is %+v", got)
	}
	stop()
	if code := p.exit(); code != 0 {
		s.t.Errorf("exit code %d", code)
	}
	group.Wait()
	if polled.status != http.StatusOK || polled.Status != "PROCESSING" {
		s.t.Errorf("who waits is answered %+v", polled)
	}
	if got, ok := events.next(); ok || events.lines.Err() != nil {
		s.t.Errorf("the events end with %+v, %v", got, events.lines.Err())
	}
}

func TestAStopAnswersWhoWaits(t *testing.T) {
	s := newSite(t)
	p := s.start("", "Shutdown: {Drain: 2s, WrapUpTime: 4s}")
	p.ready()
	servertest.Eventually(t, "the gate is open", func() bool { return p.try(1, 9, "").admitted() })
	kept := fresh(t)
	if status, last, _ := p.probe(kept, "/healthz"); status != http.StatusOK || last {
		t.Fatalf("before the stop: %d, last %v", status, last)
	}
	s.waitsThroughAStop(p, func() {
		p.signal(syscall.SIGTERM)
		p.endsSoon()
		if got := p.try(1, 8, ""); !got.admitted() {
			t.Errorf("an attempt during the drain: %+v", got)
		}
		servertest.Eventually(t, "nobody can connect", func() bool {
			status, _, _ := p.probe(fresh(t), "/healthz")
			return status == 0
		})
		if status, last, _ := p.probe(kept, "/healthz"); status != http.StatusOK || !last {
			t.Errorf("over a connection that was kept: %d, last %v", status, last)
		}
	})
}

func TestASecondSignalEndsTheDrain(t *testing.T) {
	s := newSite(t)
	p := s.start("", "Shutdown: {Drain: 10m}")
	p.ready()
	s.waitsThroughAStop(p, func() {
		p.signal(os.Interrupt)
		p.endsSoon()
		p.signal(os.Interrupt)
	})
}

// TestEverySpellingOfAnIPv6Host is that of the API and that of the metrics.
func TestEverySpellingOfAnIPv6Host(t *testing.T) {
	s := newSite(t)
	for i, hosts := range [][2]string{{"::", "::"}, {"::1", "[::1]"}, {"[::]", "::1"}} {
		port, dev := servertest.FreePort(t), servertest.FreePort(t)
		p := startProcess(t, port, dev, fmt.Sprintf(`
Host: %q
Port: %d
DevServer: {Host: %q, Port: %d}
Redis: {Addr: %q}
Postgres: {DataSource: %q}
Auth: {AccessSecret: %q}
Products: [1]
Consumer: {Instance: "%d"}
`, hosts[0], port, hosts[1], dev, s.redis.Addr(), s.url, secret, i))
		p.address, p.metrics = fmt.Sprintf("http://[::1]:%d", port), fmt.Sprintf("http://[::1]:%d/metrics", dev)
		p.ready()
		servertest.Eventually(t, "metrics at "+hosts[1], func() bool { return strings.Contains(p.scrape(), "seckill_redis_up 1") })
	}
}
