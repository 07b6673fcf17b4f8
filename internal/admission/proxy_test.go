package admission_test

import (
	"bytes"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// proxy stands between a client and Redis and can lose replies: Redis has done what it
// was asked, the client sees its connection closed.
type proxy struct {
	listener net.Listener
	upstream string
	lose     atomic.Int64 // replies to scripts that are to be lost yet
	lost     atomic.Int64
	mu       sync.Mutex
	open     []net.Conn
	work     sync.WaitGroup
}

// newProxy starts a proxy in front of a server.
func newProxy(t *testing.T, upstream string) *proxy {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: listener, upstream: upstream}
	p.work.Go(p.accept)
	t.Cleanup(p.stop)
	return p
}

func (p *proxy) addr() string { return p.listener.Addr().String() }

func (p *proxy) stop() {
	_ = p.listener.Close()
	p.mu.Lock()
	for _, c := range p.open {
		_ = c.Close()
	}
	p.mu.Unlock()
	p.work.Wait()
}

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.upstream)
		if err != nil {
			_ = client.Close()
			continue
		}
		p.mu.Lock()
		p.open = append(p.open, client, server)
		p.mu.Unlock()
		doomed := &atomic.Bool{}
		p.work.Go(func() { p.requests(client, server, doomed) })
		p.work.Go(func() { p.replies(server, client, doomed) })
	}
}

// requests passes requests on. The reply to a script is doomed while there are replies
// to be lost.
func (p *proxy) requests(client, server net.Conn, doomed *atomic.Bool) {
	defer func() { _ = server.Close() }()
	buffer := make([]byte, 64<<10)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			return
		}
		if bytes.Contains(bytes.ToLower(buffer[:n]), []byte("evalsha")) && p.lose.Load() > 0 && p.lose.Add(-1) >= 0 {
			doomed.Store(true)
		}
		if _, err := server.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// replies passes replies on, and loses the first that is doomed together with the
// connection.
func (p *proxy) replies(server, client net.Conn, doomed *atomic.Bool) {
	defer func() { _ = client.Close() }()
	buffer := make([]byte, 64<<10)
	for {
		n, err := server.Read(buffer)
		if err != nil {
			return
		}
		if doomed.Load() {
			p.lost.Add(1)
			return
		}
		if _, err := io.Copy(client, bytes.NewReader(buffer[:n])); err != nil {
			return
		}
	}
}
