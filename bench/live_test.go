package bench

import (
	"bufio"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"seckill/internal/auth"
	"seckill/internal/servertest"
)

const (
	// watchers is how many watch at once, and watchedProducts what there is to see.
	watchers, watchedProducts = 200, 20
	// watchedFor is for how long they are looked at.
	watchedFor = 20 * time.Second
)

// BenchmarkLive lets 200 watchers follow the samples of one process, half of them all products
// and half one. Reported are
//
//	%core       the processor time that the process takes, of a core; below 5 is wanted
//	%core-idle  the same while nobody watches
//	MB          resident memory that they cost; below 30 is wanted
func BenchmarkLive(b *testing.B) {
	for range b.N {
		d, port := newBed(b), servertest.FreePort(b)
		d.sell(watchedProducts, 1000)
		pid, stop := d.launch("seckill", port, "")
		d.preload(product, users(1))
		d.drainedProduct(product)
		idle := coreShare(b, pid)
		before := residentMemory(b, pid)
		samples := d.follow(port)
		if watched := coreShare(b, pid); samples.Load() >= watchers*int64(watchedFor/time.Second)*9/10 {
			b.ReportMetric(watched, "%core")
		} else {
			b.Errorf("%d samples only", samples.Load())
		}
		b.ReportMetric(idle, "%core-idle")
		b.ReportMetric(peakMemory(b, pid)-before, "MB")
		b.ReportMetric(0, "ns/op")
		stop()
	}
}

// follow begins to watch, and counts the samples that come.
func (d *bed) follow(port int) *atomic.Int64 {
	d.b.Helper()
	token, err := auth.IssueToken(secret, "bench", "viewer", time.Hour)
	if err != nil {
		d.b.Fatal(err)
	}
	samples := &atomic.Int64{}
	for n := range watchers {
		path := []string{"/admin/v1/live", "/admin/v1/products/1/live"}[n%2]
		request, err := http.NewRequestWithContext(d.b.Context(), http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d%s", port, path), http.NoBody)
		if err != nil {
			d.b.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+token)
		answer, err := http.DefaultClient.Do(request) //nolint:bodyclose // closed by what reads it
		if err != nil {
			d.b.Fatal(err)
		}
		go func() {
			defer func() { _ = answer.Body.Close() }()
			lines := bufio.NewScanner(answer.Body)
			for lines.Buffer(nil, 1<<20); lines.Scan(); {
				if strings.HasPrefix(lines.Text(), "event: sample") {
					samples.Add(1)
				}
			}
		}()
	}
	return samples
}

// coreShare returns how much of a core a process takes for a while, in percent.
func coreShare(b *testing.B, pid int) float64 {
	b.Helper()
	before := processorTime(b, pid)
	time.Sleep(watchedFor) // what is measured
	return (processorTime(b, pid) - before) / float64(watchedFor.Microseconds()) * 100
}
