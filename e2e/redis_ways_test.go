package e2e

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"seckill/internal/devstack"
	"seckill/internal/servertest"
)

// onRedis is a site on a Redis with more arguments.
func onRedis(t *testing.T, args ...string) *site {
	t.Helper()
	server, err := devstack.StartRedis(t.Context(), devstack.Options{Args: args})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop(context.Background()) })
	s := &site{t: t, redis: server, url: servertest.Database(t)}
	s.client, s.pool = servertest.Client(t, server), servertest.Open(t, s.url)
	return s
}

// wholeSale sells 30 units of product 2 in every way that there is, and wants the books
// balanced.
func (s *site) wholeSale(replicas ...*process) {
	s.t.Helper()
	s.wholeSaleOf(2, replicas...)
}

// wholeSaleOf is wholeSale of another product.
func (s *site) wholeSaleOf(product int, replicas ...*process) {
	s.t.Helper()
	a, b := replicas[0], replicas[len(replicas)-1]
	a.sell(product, `"stockTotal": 30, "paymentWindowSeconds": 600`)
	s.push(int64(product), 1001, 1010)
	for user := 1; user <= 10; user++ {
		if got := a.try(product, user, fmt.Sprint("r", user)); !got.admitted() {
			s.t.Errorf("user %d: %+v", user, got)
		}
	}
	for user := 1; user <= 10; user++ {
		if got := b.resultOf(product, user, "?wait=20s"); got.Status != "SUCCESS" {
			s.t.Errorf("user %d is told %+v", user, got)
		}
	}
	if status := b.cancel(s.orderOf(product, 3)); status != http.StatusOK {
		s.t.Errorf("cancel: %d", status)
	}
	status, answer := a.call("bff", http.MethodPost, fmt.Sprintf("/api/v1/orders/%d/pay", s.orderOf(product, 4)), `{"paymentRef": "p"}`)
	if status != http.StatusOK {
		s.t.Errorf("pay: %d %v", status, answer)
	}
	for _, path := range []string{"/pause", "/resume", "/books/repair"} {
		a.do(fmt.Sprint("/", product, path), "")
	}
	a.do(fmt.Sprintf("/%d/stock", product), `{"delta": 5, "note": "more"}`)
	for _, path := range []string{"", fmt.Sprint("/", product), fmt.Sprint("/", product, "/pending")} {
		if status, answer := b.call("viewer", http.MethodGet, "/admin/v1/streams"+path, ""); status != http.StatusOK {
			s.t.Errorf("%s: %d %v", path, status, answer)
		}
	}
	if books := s.quiet(product, replicas...); books.LiveOrders != 19 || *books.RedisLeft != 16 {
		s.t.Errorf("product %d after 19 of 35: %s", product, books)
	}
}

func TestTLSAndAnACLUserOfLeastRights(t *testing.T) {
	cert, port := servertest.NewCertificate(t), servertest.FreePort(t)
	s := onRedis(t, "--tls-port", fmt.Sprint(port), "--tls-cert-file", cert.CertFile, "--tls-key-file", cert.KeyFile, "--tls-auth-clients", "no")
	words := append([]any{"ACL", "SETUSER", "seckill", "reset", "on", ">a secret"}, fields(leastACL(t))...)
	if err := s.client.Do(t.Context(), words...).Err(); err != nil {
		t.Fatal(err)
	}
	deaf := append([]any{"ACL", "SETUSER", "deaf", "reset", "on", ">p"}, fields(leastACL(t)+" -subscribe")...)
	if err := s.client.Do(t.Context(), deaf...).Err(); err != nil {
		t.Fatal(err)
	}
	way := func(password string) string {
		return fmt.Sprintf("{Addr: '127.0.0.1:%d', Username: seckill, Password: %q, TLS: {Enabled: true, CAFile: %q}}", port, password, cert.CertFile)
	}
	a, b := s.startAt(way("a secret"), "a", "Admission: {PerUserPerSecond: 100}"), s.startAt(way("a secret"), "b", "")
	a.ready()
	b.ready()
	s.wholeSale(a, b)
	for _, p := range []*process{a, b} {
		if text := p.output.String(); strings.Contains(text, "NOPERM") || strings.Contains(text, "rights") || strings.Contains(text, "a secret") {
			t.Errorf("the log tells of missing rights, or the password:\n%s", text)
		}
	}
	s.namesMistakes(map[string]string{
		way("another"): "Redis.Password",
		fmt.Sprintf("{Addr: '127.0.0.1:%d'}", port):                                    "Redis.TLS.Enabled",
		fmt.Sprintf("{Addr: %q, TLS: {Enabled: true}}", s.redis.Addr()):                "without TLS",
		fmt.Sprintf("{Addr: '127.0.0.1:%d', TLS: {Enabled: true}}", port):              "Redis.TLS.CAFile",
		fmt.Sprintf("{Addr: %q, Mode: cluster}", s.redis.Addr()):                       "Redis.Mode",
		fmt.Sprintf("{Addr: %q, DB: 99}", s.redis.Addr()):                              "Redis.DB",
		fmt.Sprintf("{Addr: %q, Mode: sentinel, MasterName: x}", s.redis.Addr()):       "Redis.Mode",
		fmt.Sprintf("{Addr: %q, Username: nobody, Password: another}", s.redis.Addr()): "Redis.Username",
		fmt.Sprintf("{Addr: %q, Username: deaf, Password: p}", s.redis.Addr()):         "run the 'subscribe' command",
		fmt.Sprintf("{Addr: '127.0.0.1:%d'}", servertest.FreePort(t)):                  "Redis.Addr",
		fmt.Sprintf("{Addr: %q}", filepath.Join(t.TempDir(), "no.sock")):               "socket",
	})
}

func fields(text string) []any {
	var list []any
	for word := range strings.FieldsSeq(text) {
		list = append(list, word)
	}
	return list
}

// namesMistakes starts the service with sections of the configuration that are wrong, and
// wants each named on /readyz and in the log, without an end of the process.
func (s *site) namesMistakes(mistakes map[string]string) {
	s.t.Helper()
	for section, want := range mistakes {
		p := s.startAt(section, "wrong", "")
		servertest.Eventually(s.t, section+" is named as "+want, func() bool {
			return strings.Contains(p.readiness(), want) && strings.Contains(p.output.String(), want)
		})
		if text := p.output.String(); strings.Contains(text, "panic") || strings.Contains(text, "another") {
			s.t.Errorf("%s: a panic, or a secret:\n%s", section, text)
		}
		p.kill()
	}
}

// TestAPasswordThatIsChangedHoursLater: the service waits, says so, and goes on alone.
func TestAPasswordThatIsChangedHoursLater(t *testing.T) {
	s := newSite(t)
	p := s.start("a", "")
	p.ready()
	p.sell(2, `"stockTotal": 10`)
	set := func(password string) {
		t.Helper()
		if err := s.client.ConfigSet(t.Context(), "requirepass", password).Err(); err != nil {
			t.Fatal(err)
		}
	}
	set("changed")
	// Those of everybody else, so that they have to be made anew.
	if err := s.client.Do(t.Context(), "CLIENT", "KILL", "TYPE", "normal").Err(); err != nil {
		t.Fatal(err)
	}
	_ = s.client.Do(t.Context(), "CLIENT", "KILL", "TYPE", "pubsub").Err()
	servertest.Eventually(t, "the password is named", func() bool { return strings.Contains(p.readiness(), "Redis.Password") })
	if got := p.try(2, 1, "r"); !got.refused("UNAVAILABLE") {
		t.Errorf("meanwhile: %+v", got)
	}
	set("")
	p.ready()
	if got := p.try(2, 1, "r"); !got.admitted() {
		t.Errorf("afterwards: %+v", got)
	}
	s.quiet(2, p)
	if strings.Contains(p.output.String(), "panic") {
		t.Errorf("a panic:\n%s", p.output)
	}
}

func TestAUnixSocketAndIPv6(t *testing.T) {
	dir, err := os.MkdirTemp("", "s") //nolint:usetesting // the path of a socket may not be long
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket := filepath.Join(dir, "redis.sock")
	bind := []string{"--bind", "127.0.0.1"}
	six, err := net.Listen("tcp", "[::1]:0")
	if err == nil {
		_ = six.Close()
		bind = append(bind, "::1")
	}
	s := onRedis(t, append(bind, "--unixsocket", socket)...)
	p := s.startAt(socket, "a", "")
	p.ready()
	s.wholeSale(p)
	if len(bind) == 2 {
		t.Log("this machine has no IPv6")
		return
	}
	_, port, _ := net.SplitHostPort(s.redis.Addr())
	q := s.startAt("[::1]:"+port, "b", "")
	q.ready()
}

// onSentinels is a site on a Redis that Sentinels look after, its replica, and their addresses.
func onSentinels(t *testing.T) (s *site, replica *devstack.Redis, addrs []string) {
	t.Helper()
	s, replica = newSite(t), servertest.Redis(t)
	servertest.Replicate(t, s.redis, replica)
	addrs = servertest.Sentinels(t, s.redis)
	s.way = fmt.Sprintf("{Addr: %q, Mode: sentinel, MasterName: %s}", strings.Join(addrs, ","), servertest.MasterName)
	return s, replica, addrs
}

// TestAFailoverOfSentinelsInTheMiddleOfASale kills the master.
func TestAFailoverOfSentinelsInTheMiddleOfASale(t *testing.T) {
	s, replica, addrs := onSentinels(t)
	replicas := []*process{s.start("a", ""), s.start("b", "")}
	for _, p := range replicas {
		p.ready()
	}
	replicas[0].sell(2, `"stockTotal": 400`)
	var tally tally
	var user atomic.Int64
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var crowd sync.WaitGroup
	for n := range 4 {
		crowd.Go(func() {
			for ctx.Err() == nil {
				tally.count(replicas[n%2].try(2, int(user.Add(1)), ""))
			}
		})
	}
	servertest.Eventually(t, "a part is sold", func() bool { return tally.admitted() >= 100 })
	servertest.KillRedis(t, s.redis)
	s.client = servertest.Client(t, replica)
	sold := func() int {
		return servertest.Count(t, s.pool, "SELECT count(*) FROM seckill_orders WHERE product_id = 2")
	}
	servertest.Eventually(t, "all is sold", func() bool { return sold() == 400 })
	cancel()
	crowd.Wait()
	if books := s.quiet(2, replicas...); books.LiveOrders != 400 || *books.RedisLeft != 0 {
		t.Errorf("of 400 units: %s", books)
	}
	s.namesMistakes(map[string]string{
		fmt.Sprintf("{Addr: %q, Mode: sentinel, MasterName: nobody}", strings.Join(addrs, ",")): "Redis.MasterName",
		fmt.Sprintf("{Addr: %q}", addrs[0]):                                                     "Sentinel",
	})
}

// TestAProxyOverTwoServersIsRefused: each connection leads to the next of two servers.
func TestAProxyOverTwoServersIsRefused(t *testing.T) {
	s := newSite(t)
	other := servertest.Redis(t)
	addr, alone := roundRobin(t, s.redis.Addr(), other.Addr())
	p := s.startAt(addr, "a", "")
	servertest.Eventually(t, "the proxy is named", func() bool {
		return strings.Contains(p.readiness(), "several servers") && strings.Contains(p.output.String(), "several servers")
	})
	p.create(`{"productId": 2, "name": "phone", "stockTotal": 10}`)
	servertest.Eventually(t, "an attempt is told why", func() bool {
		got := p.try(2, 1, "")
		return got.refused("UNAVAILABLE") && strings.Contains(got.Message, "several servers")
	})
	opened := func() int { return strings.Count(p.output.String(), " opened: epoch ") }
	before := opened()
	alone.Store(true)
	p.ready()
	if after := opened(); after > before+6 { // three of each product
		t.Errorf("gates were opened %d times, and then %d", before, after)
	}
	servertest.Eventually(t, "the sale goes on", func() bool { return p.try(2, 2, "").admitted() })
}

// roundRobin listens where each new connection leads to the next of the targets, and to
// the first alone once alone is set; connections to others are cut then.
func roundRobin(t *testing.T, targets ...string) (addr string, alone *atomic.Bool) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	alone = &atomic.Bool{}
	var group sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	group.Go(func() {
		for n := 0; ; n++ {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			target := n % len(targets)
			if alone.Load() {
				target = 0
			}
			group.Go(func() { forward(ctx, client, targets[target], func() bool { return target != 0 && alone.Load() }) })
		}
	})
	t.Cleanup(func() {
		cancel()
		_ = listener.Close()
		group.Wait()
	})
	return listener.Addr().String(), alone
}

// forward joins two connections until one ends, the test does, or cut says so.
func forward(ctx context.Context, client net.Conn, target string, cut func() bool) {
	defer func() { _ = client.Close() }()
	server, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	var group sync.WaitGroup
	over, end := context.WithCancel(ctx)
	defer group.Wait()
	defer end()
	for _, way := range [][2]net.Conn{{client, server}, {server, client}} {
		group.Go(func() {
			defer end()
			buffer := make([]byte, 32<<10)
			for {
				n, err := way[0].Read(buffer)
				if _, writeErr := way[1].Write(buffer[:n]); err != nil || writeErr != nil {
					return
				}
			}
		})
	}
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for over.Err() == nil && !cut() {
		select {
		case <-over.Done():
		case <-ticker.C:
		}
	}
	_ = client.Close()
	_ = server.Close()
}
