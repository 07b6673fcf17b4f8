package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestARushWithRedisAwayFillsNoLog: in a minute of a thousand attempts a second less than a
// megabyte is written, all lines of the service together; here for some seconds, twice:
// Redis refuses connections, and it hangs.
func TestARushWithRedisAwayFillsNoLog(t *testing.T) {
	const seconds, rate, most = 8, 1000, 1_000_000 / 60
	s := newSite(t)
	p := s.start("", "Middlewares: {Log: true}")
	p.ready()
	for product := 2; product <= 4; product++ {
		body := fmt.Sprintf(`{"productId": %d, "name": "one", "stockTotal": 1000000}`, product)
		if status, _ := p.call("operator", http.MethodPost, "/admin/v1/products", body); status != http.StatusCreated {
			t.Fatalf("product %d: %d", product, status)
		}
	}
	rush := func(away string) {
		before := len(p.output.String())
		answers := p.rush(rate, seconds*time.Second)
		written := len(p.output.String()) - before
		t.Logf("%s: %v, %d bytes in %d s", away, answers, written, seconds)
		if written > most*seconds {
			t.Errorf("%s: %d bytes in %d s, want %d at the most", away, written, seconds, most*seconds)
		}
		if answers[http.StatusServiceUnavailable] < rate {
			t.Errorf("%s: the answers are %v", away, answers)
		}
	}
	pause := 3000 * seconds // longer than the rush: whom it admits at its end has a line of his own
	if err := s.client.Do(t.Context(), "CLIENT", "PAUSE", pause, "ALL").Err(); err != nil {
		t.Fatal(err)
	}
	rush("it hangs")
	if err := s.redis.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	rush("it is away")
}

// rush makes attempts at a rate for some time, at the products 1 to 4, and counts the
// answers by status.
func (p *process) rush(rate int, long time.Duration) map[int]int64 {
	p.t.Helper()
	var (
		crowd  sync.WaitGroup
		counts [600]atomic.Int64
		token  = p.token("bff")
		client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}, Timeout: 10 * time.Second}
		tick   = time.NewTicker(time.Second / 100)
		end    = time.Now().Add(long)
	)
	defer tick.Stop()
	defer client.CloseIdleConnections()
	for user := 1; time.Now().Before(end); <-tick.C {
		for range rate / 100 {
			user++
			who := user
			crowd.Go(func() {
				r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost,
					fmt.Sprintf("%s/api/v1/products/%d/attempts", p.address, 1+who%4), strings.NewReader(fmt.Sprintf(`{"userId": %d}`, who)))
				if err != nil {
					p.t.Error(err)
					return
				}
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set("Authorization", "Bearer "+token)
				a, err := client.Do(r)
				if err != nil {
					counts[0].Add(1)
					return
				}
				_ = a.Body.Close()
				counts[a.StatusCode].Add(1)
			})
		}
	}
	crowd.Wait()
	answers := map[int]int64{}
	for status := range counts {
		if n := counts[status].Load(); n > 0 {
			answers[status] = n
		}
	}
	return answers
}
