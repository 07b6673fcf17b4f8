package e2e

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"seckill/internal/servertest"
)

// TestMadeUpProductsLeaveNothingInTheProgram makes 20,000 attempts for products that do not
// exist while Redis is away, and then as many while PostgreSQL is away too, so that nobody
// can tell that they do not.
func TestMadeUpProductsLeaveNothingInTheProgram(t *testing.T) {
	const products = 20_000
	database := servertest.Postgres(t)
	s := &site{t: t, redis: servertest.Redis(t), url: database.URL("")}
	s.client, s.pool = servertest.Client(t, s.redis), servertest.Open(t, s.url)
	p := s.startLogged()
	p.ready()
	servertest.Eventually(t, "the product that exists is on sale", func() bool { return p.try(1, 1, "").admitted() })
	if err := s.redis.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.tryMadeUp(t, 1_000_000, products, http.StatusNotFound, "PRODUCT_NOT_FOUND")
	if err := database.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.tryMadeUp(t, 2_000_000, products, http.StatusServiceUnavailable, "UNAVAILABLE")
	if a := p.try(1, 2, ""); !a.refused("UNAVAILABLE") {
		t.Errorf("the product that exists: %+v", a)
	}
}

// startLogged is start with a line in the log for each request, as is the default.
func (s *site) startLogged() *process {
	s.t.Helper()
	port, dev := servertest.FreePort(s.t), servertest.FreePort(s.t)
	return startProcess(s.t, port, dev, fmt.Sprintf(`
Host: 127.0.0.1
Port: %d
Log: {Encoding: plain, Stat: false, Level: info}
Redis: %s
Postgres: {DataSource: %q}
Auth: {AccessSecret: %q}
Products: [1]
Shutdown: {Drain: 0s}
DevServer: {Port: %d}
`, port, redisOf(s.redis.Addr()), s.url, secret, dev))
}

// tryMadeUp makes an attempt for each of n products from the given one on, and checks what
// is left of them in the process. As many as are made first to warm it up do not count; nor
// does what is answered until the outage is known.
func (p *process) tryMadeUp(t *testing.T, from, n, status int, code string) {
	t.Helper()
	const warm = 2000
	servertest.Eventually(t, "attempts are answered with "+code, func() bool { return p.try(from-warm-1, 1, "").refused(code) })
	attempts := func(from, n int) {
		crowd(from, from+n-1, 500, func(product int) {
			if a := p.try(product, product, ""); a.status != status || a.Code != code {
				t.Errorf("product %d: %+v, want %d %s", product, a, status, code)
			}
		})
	}
	attempts(from-warm, warm)
	heap, lines, series := p.heap(t), strings.Count(p.output.String(), "\n"), strings.Count(p.scrape(), "\n")
	attempts(from, n)
	if grown := p.heap(t) - heap; grown > 6<<20 {
		t.Errorf("%s: the heap has grown by %d bytes", code, grown)
	}
	if more := strings.Count(p.output.String(), "\n") - lines; more > n/20 {
		t.Errorf("%s: %d more lines in the log", code, more)
	}
	text := p.scrape()
	if more := strings.Count(text, "\n") - series; more > 20 || strings.Contains(text, fmt.Sprintf("product=\"%d", from/100_000)) {
		t.Errorf("%s: %d more series, or one of a product that is made up", code, more)
	}
}

// heap is how many bytes of the process's heap are in use once nothing is left to collect.
func (p *process) heap(t *testing.T) int {
	t.Helper()
	for range 2 { // what finalizers have held goes with the second
		response, err := http.Get(strings.TrimSuffix(p.metrics, "/metrics") + "/debug/pprof/heap?gc=1&debug=1")
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.Copy(io.Discard, response.Body)
		if err = errors.Join(err, response.Body.Close()); err != nil {
			t.Fatal(err)
		}
	}
	bytes, err := strconv.ParseFloat(p.metric("go_memstats_heap_alloc_bytes"), 64)
	if err != nil {
		t.Fatal(err)
	}
	return int(bytes)
}
