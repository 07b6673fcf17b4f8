package handler_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zeromicro/go-zero/core/logx"

	"seckill/internal/config"
	"seckill/internal/health"
	"seckill/internal/seckill"
)

// head sends a HEAD, which must be answered within a minute and without a body.
func (w *world) head(path string, edit ...func(*http.Request)) answer {
	w.t.Helper()
	got := w.send(http.MethodHead, path, nil, edit...)
	if got.body != "" {
		w.t.Errorf("HEAD %s has the body %q", path, got.body)
	}
	return got
}

// without takes the token away.
func without(r *http.Request) { r.Header.Del("Authorization") }

func TestHeadIsAnsweredAsGet(t *testing.T) {
	w := newWorld(t)
	w.product(1, 5)
	w.log(1, 7, "1-0", "PROCESSING")
	for path, open := range map[string]bool{
		"/healthz": true, "/readyz": true, "/openapi.json": true, "/nowhere": true, "/api/v1/orders/1/pay": true,
		"/admin/v1/products": false, "/admin/v1/products/1": false, "/api/v1/products/1/summary": false,
		"/api/v1/products/9/summary": false, "/admin/v1/logs?limit=0": false, "/api/v1/orders/1": false,
		"/api/v1/products/1/users/7/result": false, "/api/v1/products/1/users/8/result?wait=never": false,
		"/api/v1/products/1/results?cursor=%": false,
	} {
		if got, want := w.head(path), w.get(path); got.status != want.status || got.header.Get("Content-Type") != want.header.Get("Content-Type") {
			t.Errorf("%s: HEAD %d %v, GET %d %v", path, got.status, got.header, want.status, want.header)
		}
		if got, want := w.head(path, without), w.get(path, without); got.status != want.status || open == (got.status == http.StatusUnauthorized) {
			t.Errorf("%s without a token: HEAD %d, GET %d", path, got.status, want.status)
		}
	}
	if allow := w.send(http.MethodPut, "/healthz", nil).header.Get("Allow"); allow != "GET, HEAD" {
		t.Errorf("Allow: %s", allow)
	}
	if allow := w.get("/api/v1/orders/1/pay").header.Get("Allow"); allow != "POST" {
		t.Errorf("Allow: %s", allow)
	}
}

// TestHeadOfWhatTakesLongIsAnsweredAtOnce: GET of these would wait for much longer.
func TestHeadOfWhatTakesLongIsAnsweredAtOnce(t *testing.T) {
	w := newWorld(t)
	w.product(1, 5)
	w.log(1, 7, "1-0", "PROCESSING")
	began := time.Now()
	for path, status := range map[string]int{
		"/api/v1/products/1/users/7/result?wait=30s":   http.StatusOK,
		"/api/v1/products/1/users/8/result?wait=30s":   http.StatusNotFound,
		"/api/v1/products/1/users/7/result?wait=31s":   http.StatusBadRequest,
		"/api/v1/products/1/users/7/result/events":     http.StatusOK,
		"/api/v1/products/1/users/8/result/events":     http.StatusOK,
		"/api/v1/products/9/users/8/result/events":     http.StatusNotFound,
		"/api/v1/products/1/users/7/result/events?a=1": http.StatusBadRequest,
		"/admin/v1/live":            http.StatusOK,
		"/admin/v1/live?a=1":        http.StatusBadRequest,
		"/admin/v1/products/1/live": http.StatusOK,
		"/admin/v1/products/9/live": http.StatusNotFound,
	} {
		if got := w.head(path); got.status != status {
			t.Errorf("HEAD %s: %d, want %d", path, got.status, status)
		}
	}
	if took := time.Since(began); took > 25*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestReadinessWithoutSomeChecks(t *testing.T) {
	w := newWorld(t)
	w.checks = health.Checks{
		{Name: "redis", Run: func(context.Context) error { return nil }},
		{Name: "postgres", Run: func(context.Context) error { return io.EOF }},
	}
	for path, status := range map[string]int{
		"/readyz": 503, "/readyz?exclude=redis": 503, "/readyz?exclude=postgres": 200, "/readyz?exclude=redis&exclude=postgres": 200,
		"/readyz?exclude=redis,postgres": 200, "/readyz?exclude=mysql": 400, "/readyz?exclude=": 400, "/readyz?exclude=postgres,": 400,
		"/readyz?exclude=POSTGRES": 400, "/readyz?include=redis": 400,
	} {
		if got := w.get(path, without); got.status != status {
			t.Errorf("%s: %d %s, want %d", path, got.status, got.body, status)
		}
	}
	w.get("/readyz?exclude=mysql").refused(t, http.StatusBadRequest, seckill.CodeInvalidArgument, "exclude must be one of redis, postgres")
}

func TestCrossOrigin(t *testing.T) {
	const page, path = "https://shop.example", "/api/v1/products/1/users/7/result"
	preflight := []func(*http.Request){
		without, with("Origin", page), with("Access-Control-Request-Method", "POST"), with("Access-Control-Request-Headers", "authorization,content-type"),
	}
	allowed := func(a answer) string { return a.header.Get("Access-Control-Allow-Origin") }

	off := newWorld(t)
	if got := off.send(http.MethodOptions, path, nil, preflight...); got.status != http.StatusMethodNotAllowed || allowed(got) != "" {
		t.Errorf("off: %d %v", got.status, got.header)
	}
	if got := off.get("/healthz", with("Origin", page)); strings.Contains(got.header.Get("Vary"), "Origin") || allowed(got) != "" {
		t.Errorf("off: %v", got.header)
	}

	for _, origins := range [][]string{{"https://other.example", page}, {"*"}} {
		w := newWorld(t, func(c *config.Config) { c.Cors.Origins = origins })
		w.product(1, 5)
		w.log(1, 7, "1-0", "PROCESSING")
		want := map[bool]string{true: "*", false: page}[origins[0] == "*"]
		got := w.send(http.MethodOptions, path, nil, preflight...)
		if got.status != http.StatusNoContent || allowed(got) != want ||
			!strings.Contains(got.header.Get("Access-Control-Allow-Headers"), "Authorization") ||
			!strings.Contains(got.header.Get("Access-Control-Allow-Methods"), "POST") {
			t.Errorf("%v, preflight: %d %v", origins, got.status, got.header)
		}
		for _, at := range []string{path, path + "?wait=10ms", "/admin/v1/products", "/nowhere"} {
			if got := w.get(at, with("Origin", page)); allowed(got) != want || got.header.Get("Access-Control-Expose-Headers") != "Retry-After" {
				t.Errorf("%v, %s: %d %v", origins, at, got.status, got.header)
			}
		}
		if got := w.get(path, without, with("Origin", page)); got.status != http.StatusUnauthorized || allowed(got) != want {
			t.Errorf("%v, without a token: %d %v", origins, got.status, got.header)
		}
		if got := w.head(path+"/events", with("Origin", page)); got.status != http.StatusOK || allowed(got) != want {
			t.Errorf("%v, events: %d %v", origins, got.status, got.header)
		}
		if got := w.send(http.MethodPut, "/healthz", nil, with("Origin", page)); got.status != http.StatusMethodNotAllowed || got.header.Get("Allow") == "" {
			t.Errorf("%v, a method that is not known: %d %v", origins, got.status, got.header)
		}
		if got := w.get(path, with("Origin", "https://evil.example")); want != "*" && allowed(got) != "" {
			t.Errorf("%v, another origin: %v", origins, got.header)
		}
	}
}

// lines collects the log.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// TestTheLogHoldsNothingLongAndNoSecret, at any level, of what a client may send at length.
func TestTheLogHoldsNothingLongAndNoSecret(t *testing.T) {
	w := newWorld(t)
	log := &lines{}
	before := logx.Reset()
	logx.SetLevel(logx.DebugLevel)
	logx.SetWriter(logx.NewWriter(log))
	t.Cleanup(func() {
		logx.SetLevel(logx.InfoLevel)
		logx.SetWriter(before)
	})
	w.health.failing = []health.Failure{{Name: "redis"}} // answered 503, for which go-zero logs the whole request
	long := strings.Repeat("x", 8<<10)
	secrets := []func(*http.Request){
		with("Cookie", "session=hunter2"), with("X-Api-Key", "hunter2"), with("Proxy-Authorization", "hunter2"),
		with("X-Forwarded-Access-Token", "hunter2"), with("Authorization", "Bearer hunter2."+long),
	}
	for name, edit := range map[string]func(*http.Request){
		"path":      func(r *http.Request) { r.URL.Path += "/" + long },
		"query":     func(r *http.Request) { r.URL.RawQuery = "a=" + long },
		"agent":     with("User-Agent", long),
		"forwarded": with("X-Forwarded-For", long),
		"header":    with("X-"+long, "y"),
		"method":    func(r *http.Request) { r.Method = strings.ToUpper(long) },
		"host":      func(r *http.Request) { r.Host = long },
		"token":     with("Authorization", "Bearer "+long),
	} {
		for _, path := range []string{"/readyz", "/nowhere", "/admin/v1/products"} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+path, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			for _, change := range append(secrets, edit) {
				change(r)
			}
			response, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			_ = response.Body.Close()
		}
	}
	said := log.String()
	if !strings.Contains(said, "/readyz") || !strings.Contains(said, "/nowhere") {
		t.Errorf("the requests are not in the log: %.1000s", said)
	}
	if at := strings.Index(said, "hunter2"); at >= 0 {
		t.Errorf("a secret: %s", said[max(0, at-300):at+7])
	}
	for _, c := range []string{"x", "X"} {
		if strings.Contains(said, strings.Repeat(c, 1000)) {
			t.Errorf("the log holds a thousand %s", c)
		}
	}
}

// TestTheRestOfAConnectionOnceTheProcessEnds: each answer is the last of its connection.
func TestTheRestOfAConnectionOnceTheProcessEnds(t *testing.T) {
	w := newWorld(t)
	w.product(1, 5)
	paths := []string{"/healthz", "/nowhere", "/admin/v1/products", "/api/v1/products/1/users/7/result?wait=1ms"}
	connections := 0
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		connections++
		return (&net.Dialer{}).DialContext(ctx, network, addr)
	}}}
	t.Cleanup(client.CloseIdleConnections)
	get := func(path string) {
		response, err := client.Get(w.url + path)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
	}
	for range 3 {
		get("/healthz")
	}
	if connections != 1 {
		t.Errorf("%d connections, before the end", connections)
	}
	w.shutdown.Begin()
	for _, path := range paths {
		get(path)
	}
	if connections != len(paths) { // the first went over the one that there was
		t.Errorf("%d connections for %d requests while the process ends", connections, len(paths))
	}
}
