package listener_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/zeromicro/go-zero/core/conf"
	"github.com/zeromicro/go-zero/core/proc"
	"github.com/zeromicro/go-zero/rest"

	"seckill/internal/config"
	"seckill/internal/health"
	"seckill/internal/listener"
	"seckill/internal/servertest"
)

// serve starts a server with one route, /, of the given time limits, and returns where it
// is and how to stop it.
func serve(t *testing.T, timeout, idle time.Duration, route http.HandlerFunc) (addr string, stop func()) {
	t.Helper()
	var c config.Config
	if err := conf.FillDefault(&c); err != nil {
		t.Fatal(err)
	}
	c.Name, c.Host, c.Port, c.DevServer.Enabled = "test", "127.0.0.1", servertest.FreePort(t), false
	c.Middlewares.Breaker, c.Middlewares.Shedding = false, false
	c.Timeout, c.IdleTimeout, c.Log.Stat = timeout.Milliseconds(), idle, false
	handler, err := rest.NewServer(c.RestConf)
	if err != nil {
		t.Fatal(err)
	}
	handler.AddRoute(rest.Route{Method: http.MethodGet, Path: "/", Handler: route})
	server, err := listener.New(c, handler, &health.Shutdown{})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { server.Start(); close(ended) }()
	stop = func() {
		server.Stop()
		server.Stop()
		proc.Shutdown() // which go-zero's part of the server waits for
		<-ended
	}
	return config.Address(c.Host, c.Port), stop
}

func dial(t *testing.T, addr string) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn, bufio.NewReader(conn)
}

// get asks over a connection that is open, and returns the status of the answer.
func get(t *testing.T, conn net.Conn, reader *bufio.Reader, header string) int {
	t.Helper()
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: h\r\n"+header+"\r\n"); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(reader, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, response.Body)
	_ = response.Body.Close()
	return response.StatusCode
}

func nothing(http.ResponseWriter, *http.Request) {}

// TestAnIdleConnectionIsKeptBeyondTheTimeOfARequest: the limit for reading a request has
// passed when it ends a connection that was opened later; on a busy machine the first to be
// opened may be ended after the next one, but not after three in turn.
func TestAnIdleConnectionIsKeptBeyondTheTimeOfARequest(t *testing.T) {
	addr, stop := serve(t, 200*time.Millisecond, time.Hour, nothing)
	defer stop()
	idle, reader := dial(t, addr)
	if status := get(t, idle, reader, ""); status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	for range 3 {
		slow, slowReader := dial(t, addr)
		if _, err := io.WriteString(slow, "GET / HT"); err != nil {
			t.Fatal(err)
		}
		_ = slow.SetReadDeadline(time.Now().Add(time.Minute))
		if _, err := io.Copy(io.Discard, slowReader); err != nil {
			t.Fatalf("half a request is waited for: %v", err)
		}
	}
	if status := get(t, idle, reader, ""); status != http.StatusOK {
		t.Errorf("status %d", status)
	}
}

func TestAnIdleConnectionIsClosedAtLast(t *testing.T) {
	addr, stop := serve(t, time.Hour, time.Second, nothing)
	defer stop()
	idle, reader := dial(t, addr)
	get(t, idle, reader, "")
	_ = idle.SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := reader.ReadByte(); err != io.EOF {
		t.Errorf("%v", err)
	}
}

func TestALongHeadIsRefused(t *testing.T) {
	addr, stop := serve(t, time.Hour, time.Hour, nothing)
	defer stop()
	for size, status := range map[int]int{8 << 10: http.StatusOK, 32 << 10: http.StatusRequestHeaderFieldsTooLarge} {
		conn, reader := dial(t, addr)
		if got := get(t, conn, reader, "A: "+strings.Repeat("x", size)+"\r\n"); got != status {
			t.Errorf("%d bytes: status %d, want %d", size, got, status)
		}
	}
}

// TestAStopWaitsForTheAnswerThatIsBeingMade, and refuses connections meanwhile.
func TestAStopWaitsForTheAnswerThatIsBeingMade(t *testing.T) {
	begun, finish := make(chan struct{}), make(chan struct{})
	addr, stop := serve(t, time.Hour, time.Hour, func(http.ResponseWriter, *http.Request) {
		close(begun)
		<-finish
	})
	conn, reader := dial(t, addr)
	stopped := make(chan struct{})
	go func() {
		<-begun
		go func() { stop(); close(stopped) }()
		for { // the listener goes first
			other, err := net.Dial("tcp", addr)
			if err != nil {
				break
			}
			_ = other.Close()
		}
		close(finish)
	}()
	if status := get(t, conn, reader, ""); status != http.StatusOK {
		t.Errorf("status %d", status)
	}
	<-stopped
}
