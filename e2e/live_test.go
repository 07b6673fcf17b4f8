package e2e

import (
	"bufio"
	"context"
	"errors"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"seckill/client"
	"seckill/internal/servertest"
)

// mostWatchersMemory bounds, in bytes, what 200 watchers cost a process.
const mostWatchersMemory = 30e6

// TestWatchersSeeASaleOnAllReplicas: attempts are made at one replica and watched at another;
// who comes later sees them in the history; the stream of a replica that stops ends.
func TestWatchersSeeASaleOnAllReplicas(t *testing.T) {
	s := newSite(t)
	a, b := s.start("a", ""), s.start("b", "")
	a.ready()
	b.ready()
	a.sell(2, `"stockTotal": 3`)
	watched := watch(t, b, 2)
	watched.until("the product is there", func(s *client.LiveSample) bool { return whole(s) && s.Gate == "open" && *s.StockLeft == 3 })
	for user := range 5 {
		a.try(2, user+1, "")
	}
	b.try(2, 6, "")
	attempts, results := map[string]int64{}, map[client.ResultStatus]int64{}
	last := watched.until("all is told of", func(s *client.LiveSample) bool {
		addSeconds(s.Seconds, attempts, results)
		return whole(s) && attempts["admitted"] == 3 && attempts["sold_out"] == 3 && results[client.Success] == 3
	})
	if *last.Sold != 3 || *last.RedisLeft != 0 || *last.InFlight != 0 || *last.Drift != 0 || *last.Consumers != 2 {
		t.Errorf("the sample is %+v", last)
	}
	seesBoth(t, b)
	for event, err := range a.api("viewer").ProductLive(t.Context(), 2) {
		attempts, results := map[string]int64{}, map[client.ResultStatus]int64{}
		if err != nil || event.History == nil {
			t.Fatalf("a history was to come first: %+v, %v", event, err)
		}
		addSeconds(event.History.Seconds, attempts, results)
		if attempts["admitted"] != 3 || attempts["sold_out"] != 3 || results[client.Success] != 3 {
			t.Errorf("the history has %v, %v", attempts, results)
		}
		break
	}
	if code := b.terminate(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if err := <-watched.ended; client.CodeOf(err) != client.CodeNoAnswer {
		t.Errorf("the stream ends with %v", err)
	}
}

// whole says that both servers have answered in time for a sample.
func whole(s *client.LiveSample) bool { return len(s.Missing) == 0 }

// seesBoth waits until both replicas of the overview are ready, of which each says so every five
// seconds. A look for which a server is late has no replicas, and is not the last one.
func seesBoth(t *testing.T, p *process) {
	t.Helper()
	const looks = 60
	n := 0
	for overview, err := range p.api("viewer").Live(t.Context()) {
		if n++; err == nil && len(overview.Missing) > 0 && n < looks {
			continue
		}
		if err != nil || len(overview.Replicas) != 2 || overview.Replicas[0].Name != "a" || n == looks {
			t.Fatalf("after %d looks the overview is %+v, %v", n, overview, err)
		}
		if overview.Replicas[0].Ready && overview.Replicas[1].Ready {
			return
		}
	}
}

func addSeconds(seconds []client.LiveSecond, attempts map[string]int64, results map[client.ResultStatus]int64) {
	for _, second := range seconds {
		for outcome, n := range second.Attempts {
			attempts[outcome] += n
		}
		for status, n := range second.Results {
			results[status] += n
		}
	}
}

// watcher takes the samples of a product.
type watcher struct {
	t       *testing.T
	samples chan *client.LiveSample
	ended   chan error
}

// watch begins to watch a product at a process, until the stream ends.
func watch(t *testing.T, p *process, product int64) *watcher {
	t.Helper()
	w, c := &watcher{t: t, samples: make(chan *client.LiveSample, 1000), ended: make(chan error, 1)}, p.api("viewer")
	ctx, leave := context.WithCancel(t.Context())
	t.Cleanup(leave)
	go func() {
		var problem error
		for event, err := range c.ProductLive(ctx, product) {
			if problem = err; event.Sample != nil {
				w.samples <- event.Sample
			}
		}
		w.ended <- problem
	}()
	return w
}

// until returns the first sample of which holds is true.
func (w *watcher) until(what string, holds func(s *client.LiveSample) bool) (found *client.LiveSample) {
	w.t.Helper()
	servertest.Eventually(w.t, what, func() bool {
		select {
		case sample := <-w.samples:
			if holds(sample) {
				found = sample
			}
		case err := <-w.ended:
			w.t.Fatalf("the stream ends: %v", err)
		default:
		}
		return found != nil
	})
	return found
}

// TestTwoHundredWatchersCostLittleMemory counts what Go has taken of the system: half of them
// watch all products, half one, from its history on.
func TestTwoHundredWatchersCostLittleMemory(t *testing.T) {
	const watchers = 200
	s := newSite(t)
	p := s.start("a", "")
	p.ready()
	for product := 2; product <= 20; product++ {
		p.sell(product, `"stockTotal": 3`)
	}
	before := p.takenMemory()
	ctx, leave := context.WithCancel(t.Context())
	var running sync.WaitGroup
	defer running.Wait()
	defer leave()
	var samples, watching atomic.Int64
	for n := range watchers {
		path := "/admin/v1/live"
		if n%2 == 0 {
			path = "/admin/v1/products/2/live"
		}
		running.Go(func() {
			request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.address+path, http.NoBody)
			if err != nil {
				t.Error(err)
				return
			}
			request.Header.Set("Authorization", "Bearer "+p.token("viewer"))
			answer, err := web.Do(request)
			if err != nil {
				t.Errorf("watch: %v", err)
				return
			}
			defer func() { _ = answer.Body.Close() }()
			watching.Add(1)
			lines := bufio.NewScanner(answer.Body)
			for lines.Buffer(nil, 1<<20); lines.Scan(); {
				if strings.HasPrefix(lines.Text(), "event: sample") {
					samples.Add(1)
				}
			}
			if err := lines.Err(); err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("watch: %v", err)
			}
		})
	}
	servertest.Eventually(t, "all get their samples", func() bool { return watching.Load() == watchers && samples.Load() > 20*watchers })
	if taken := p.takenMemory() - before; taken > mostWatchersMemory {
		t.Errorf("%.1f MB are taken for %d watchers", taken/1e6, watchers)
	} else {
		t.Logf("%.1f MB are taken for %d watchers, on %d processors", taken/1e6, watchers, runtime.NumCPU())
	}
}

// takenMemory is what Go has taken of the system for a process, in bytes.
func (p *process) takenMemory() float64 {
	p.t.Helper()
	taken, err := strconv.ParseFloat(p.metric("go_memstats_sys_bytes"), 64)
	if err != nil {
		p.t.Fatal(err)
	}
	return taken
}
