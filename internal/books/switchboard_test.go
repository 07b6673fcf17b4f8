package books_test

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
)

// switchboard is an address behind which one server can take the place of another.
type switchboard struct {
	listener net.Listener
	work     sync.WaitGroup

	mu     sync.Mutex
	target string
	conns  map[net.Conn]bool
	closed bool
}

func newSwitchboard(t *testing.T, target string) *switchboard {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &switchboard{listener: listener, target: target, conns: map[net.Conn]bool{}}
	s.work.Go(s.accept)
	t.Cleanup(func() {
		_ = listener.Close()
		s.mu.Lock()
		s.closed = true
		s.mu.Unlock()
		s.connect("")
		s.work.Wait()
	})
	return s
}

func (s *switchboard) addr() string { return s.listener.Addr().String() }

// connect ends all connections; new ones go to another server.
func (s *switchboard) connect(target string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.target = target
	for c := range s.conns {
		_ = c.Close()
	}
	clear(s.conns)
}

func (s *switchboard) accept() {
	for {
		in, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.work.Go(func() { s.serve(in) })
	}
}

func (s *switchboard) serve(in net.Conn) {
	defer func() { _ = in.Close() }()
	s.mu.Lock()
	out, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", s.target)
	if err != nil || s.closed {
		s.mu.Unlock()
		return
	}
	s.conns[in], s.conns[out] = true, true
	s.mu.Unlock()
	defer func() { _ = out.Close() }()
	s.work.Go(func() {
		_, _ = io.Copy(out, in)
		_ = out.Close()
	})
	_, _ = io.Copy(in, out)
}
