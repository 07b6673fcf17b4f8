package response

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"seckill/internal/servertest"
)

// hall is a server at which every request waits.
type hall struct {
	t        *testing.T
	addr     string
	detached *Detached
	release  chan struct{} // closed when the answer is there
	ended    atomic.Int64  // work that was given up
}

func newHall(t *testing.T, bound int) *hall {
	t.Helper()
	h := &hall{t: t, detached: newDetached(bound), release: make(chan struct{})}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/events") {
			h.detached.Stream(w, r, func(ctx context.Context, events *Events) error {
				if err := events.Alive(); err != nil {
					return err
				}
				h.wait(ctx)
				return events.Send("result", "1-0:SUCCESS", "done")
			})
			return
		}
		if !h.detached.Answer(w, r, func(ctx context.Context) (any, error) {
			h.wait(ctx)
			return "done", ctx.Err()
		}) {
			_, _ = io.WriteString(w, "at once")
		}
	}))
	t.Cleanup(func() {
		server.Close()
		servertest.Eventually(t, "nobody waits any more", func() bool { return h.detached.count.Load() == 0 })
		servertest.Eventually(t, "the sweeper ends", func() bool {
			h.detached.waiters.mu.Lock()
			defer h.detached.waiters.mu.Unlock()
			return !h.detached.waiters.sweeping
		})
	})
	h.addr = server.Listener.Addr().String()
	return h
}

func (h *hall) wait(ctx context.Context) {
	select {
	case <-h.release:
	case <-ctx.Done():
		h.ended.Add(1)
	}
}

// ask opens a connection and sends text, and waits until the request waits.
func (h *hall) ask(text string) *net.TCPConn {
	h.t.Helper()
	before := h.detached.count.Load()
	conn, err := net.Dial("tcp", h.addr)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = conn.Close() })
	if _, err := io.WriteString(conn, text); err != nil {
		h.t.Fatal(err)
	}
	servertest.Eventually(h.t, "the request waits", func() bool { return h.detached.count.Load() > before })
	return conn.(*net.TCPConn)
}

const (
	poll   = "GET /result HTTP/1.1\r\nHost: x\r\n\r\n"
	events = "GET /result/events HTTP/1.1\r\nHost: x\r\n\r\n"
	old    = "GET /result HTTP/1.0\r\n\r\n"
)

// TestClientsThatHaveGoneAreNoticed however they went, and whatever they had sent before.
func TestClientsThatHaveGoneAreNoticed(t *testing.T) {
	leave := func(c *net.TCPConn) { _ = c.Close() }
	reset := func(c *net.TCPConn) { _ = c.SetLinger(0); _ = c.Close() }
	tests := []struct {
		name, request string
		leave         func(*net.TCPConn)
	}{
		{"a poll that is closed", poll, leave},
		{"a poll that is reset", poll, reset},
		{"a poll with a second request behind it that is closed", poll + poll, leave},
		{"a poll with a second request behind it that is reset", poll + poll, reset},
		{"events that are closed", events, leave},
		{"events that are reset", events, reset},
		{"a poll of HTTP/1.0 that is closed", old, leave},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHall(t, 10)
			tt.leave(h.ask(tt.request))
			servertest.Eventually(t, "the work for it ends", func() bool { return h.ended.Load() == 1 })
		})
	}
}

// TestClientsThatAreThereAreAnswered though they have closed their side, or sent more.
func TestClientsThatAreThereAreAnswered(t *testing.T) {
	half := func(c *net.TCPConn) { _ = c.CloseWrite() }
	tests := []struct {
		name, request string
		then          func(*net.TCPConn)
	}{
		{"a poll", poll, func(*net.TCPConn) {}},
		{"a poll with a second request behind it", poll + poll, func(*net.TCPConn) {}},
		{"a poll that sends no more", poll, half},
		{"a poll with a second request behind it that sends no more", poll + poll, half},
		{"events", events, func(*net.TCPConn) {}},
		{"events of a client that sends no more", events, half},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHall(t, 10)
			conn := h.ask(tt.request)
			tt.then(conn)
			other := h.ask(poll) // who has gone is noticed meanwhile
			_ = other.Close()
			servertest.Eventually(t, "the other's work ends", func() bool { return h.ended.Load() == 1 })
			close(h.release)
			received := bufio.NewReader(conn)
			answer, err := http.ReadResponse(received, nil)
			for err == nil && answer.StatusCode == http.StatusContinue {
				answer, err = http.ReadResponse(received, nil)
			}
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			if body, err := io.ReadAll(answer.Body); err != nil || answer.StatusCode != http.StatusOK || !strings.Contains(string(body), "done") {
				t.Errorf("%d %q, %v", answer.StatusCode, body, err)
			}
		})
	}
}

// TestWhoComesWhenTheHallIsFullIsAnsweredAtOnce, and his connection is closed.
func TestWhoComesWhenTheHallIsFullIsAnsweredAtOnce(t *testing.T) {
	h := newHall(t, 2)
	h.ask(poll)
	first := h.ask(poll)
	answer, err := http.Get("http://" + h.addr + "/result")
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if string(body) != "at once" || !answer.Close {
		t.Errorf("%q, closed %v", body, answer.Close)
	}
	_ = first.Close()
	servertest.Eventually(t, "there is room again", func() bool { return h.detached.count.Load() == 1 })
	h.ask(poll)
	close(h.release)
}
