package e2e

import (
	"bytes"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"seckill/internal/servertest"
)

// proxy stands between the service and Redis, and fails when it is told to.
type proxy struct {
	t        *testing.T
	listener net.Listener
	target   string
	group    sync.WaitGroup

	mu      sync.Mutex
	links   map[*link]bool
	blocked bool
	marker  []byte // in a request, takes the reply away
	cut     bool   // takes the connection away besides, once
}

// link is one connection through a proxy.
type link struct {
	client, server net.Conn
	mute           atomic.Bool // replies are thrown away
}

func (l *link) close() {
	_ = l.client.Close()
	_ = l.server.Close()
}

// proxy starts a proxy before the Redis of the site.
func (s *site) proxy() *proxy {
	s.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	p := &proxy{t: s.t, listener: listener, target: s.redis.Addr(), links: map[*link]bool{}}
	p.group.Go(p.accept)
	s.t.Cleanup(func() {
		_ = listener.Close()
		p.block()
		p.group.Wait()
	})
	return p
}

func (p *proxy) addr() string { return p.listener.Addr().String() }

// hold throws away every reply on a connection, from the first request on that
// contains marker: Redis has done what was asked, and nobody learns of it.
func (p *proxy) hold(marker string) { p.set(marker, false) }

// cutAt closes the connection in place of the reply to the next request that contains
// marker.
func (p *proxy) cutAt(marker string) { p.set(marker, true) }

func (p *proxy) set(marker string, cut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.marker, p.cut = []byte(marker), cut
}

// cutting reports whether cutAt still waits for its request.
func (p *proxy) cutting() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cut
}

// block closes every connection, and those to come.
func (p *proxy) block() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.blocked = true
	for l := range p.links {
		l.close()
	}
}

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.target)
		if err != nil {
			_ = client.Close()
			continue
		}
		l := &link{client: client, server: server}
		p.mu.Lock()
		p.links[l] = true
		if p.blocked {
			l.close()
		}
		p.mu.Unlock()
		p.group.Go(func() { p.requests(l) })
		p.group.Go(func() { p.replies(l) })
	}
}

// requests forwards what the service asks.
func (p *proxy) requests(l *link) {
	defer l.close()
	var seen []byte // what a marker may have begun in
	buffer := make([]byte, 64<<10)
	for {
		n, err := l.client.Read(buffer)
		seen = append(seen, buffer[:n]...)
		p.mu.Lock()
		if len(p.marker) > 0 && bytes.Contains(seen, p.marker) {
			l.mute.Store(true) // before Redis gets the request
		}
		p.mu.Unlock()
		seen = seen[max(0, len(seen)-100):]
		if _, writeErr := l.server.Write(buffer[:n]); err != nil || writeErr != nil {
			return
		}
	}
}

// replies forwards what Redis answers.
func (p *proxy) replies(l *link) {
	defer func() {
		l.close()
		p.mu.Lock()
		delete(p.links, l)
		p.mu.Unlock()
	}()
	buffer := make([]byte, 64<<10)
	for {
		n, err := l.server.Read(buffer)
		if err != nil {
			return
		}
		if !l.mute.Load() {
			if _, err := l.client.Write(buffer[:n]); err != nil {
				return
			}
			continue
		}
		if p.cutting() {
			p.set("", false)
			return
		}
	}
}

func TestALostReplyTakesNoSecondUnit(t *testing.T) {
	s := newSite(t)
	proxy := s.proxy()
	p := s.startAt(proxy.addr(), "", "")
	p.ready()
	p.sell(2, `"stockTotal": 10, "perUserLimit": 0`)
	if got := p.try(2, 1, ""); !got.admitted() { // Redis knows the script from now on
		t.Fatalf("%+v", got)
	}
	proxy.cutAt("777000111")
	if got := p.try(2, 777000111, ""); !got.admitted() {
		t.Errorf("the service repeats the call by itself: %+v", got)
	}
	if proxy.cutting() {
		t.Error("no reply was lost")
	}
	if n := s.entries(2); n != 2 {
		t.Errorf("%d entries of 2 attempts", n)
	}
	if b := s.quiet(2, p); b.LiveOrders != 2 || *b.RedisLeft != 8 {
		t.Errorf("2 of 10 units are sold: %s", b)
	}
}

// TestAPauseIsNotAnsweredBeforeTheGateKnows, on a replica that cannot reach Redis; the
// other one tells the gate.
func TestAPauseIsNotAnsweredBeforeTheGateKnows(t *testing.T) {
	s := newSite(t)
	proxy := s.proxy()
	a, b := s.startAt(proxy.addr(), "a", ""), s.start("b", "")
	a.ready()
	b.ready()
	a.sell(2, `"stockTotal": 10`)
	proxy.block()
	for _, move := range []string{"pause", "end"} {
		status, got := a.call("operator", http.MethodPost, "/admin/v1/products/2/"+move, "")
		if status != http.StatusServiceUnavailable || got["code"] != "UNAVAILABLE" {
			t.Errorf("%s: %d %v", move, status, got)
		}
	}
	servertest.Eventually(t, "the pause holds", func() bool { return b.try(2, 1, "").refused("PAUSED") })
	b.do("/2/resume", "")
	if got := b.try(2, 2, ""); !got.admitted() {
		t.Errorf("after resume was answered: %+v", got)
	}
	if got := a.try(2, 3, ""); !got.refused("UNAVAILABLE") || got.status != http.StatusServiceUnavailable || got.retry < 1 {
		t.Errorf("at a replica without Redis: %+v", got)
	}
	s.quiet(2, b)
}
