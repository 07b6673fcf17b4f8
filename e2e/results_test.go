package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// events is an open answer of server-sent events.
type events struct {
	t        *testing.T
	response *http.Response
	lines    *bufio.Scanner
}

// follow asks for the events of a user's result; accept is the header, "" = none.
func (p *process) follow(product, user int, accept string) *events {
	p.t.Helper()
	url := fmt.Sprintf("%s/api/v1/products/%d/users/%d/result/events", p.address, product, user)
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		p.t.Fatal(err)
	}
	token, err := bearer()
	if err != nil {
		p.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	if accept != "" {
		request.Header.Set("Accept", accept)
	}
	response, err := web.Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = response.Body.Close() })
	if kind := response.Header.Get("Content-Type"); response.StatusCode != http.StatusOK || !strings.HasPrefix(kind, "text/event-stream") {
		p.t.Fatalf("events: %d %s", response.StatusCode, kind)
	}
	return &events{t: p.t, response: response, lines: bufio.NewScanner(response.Body)}
}

// next returns the next event, and false at the end of the answer.
func (e *events) next() (o outcome, ok bool) {
	e.t.Helper()
	name := ""
	for e.lines.Scan() {
		line := e.lines.Text()
		if value, found := strings.CutPrefix(line, "event: "); found {
			name = value
		}
		if data, found := strings.CutPrefix(line, "data: "); found {
			if err := json.Unmarshal([]byte(data), &o); err != nil || name != "result" {
				e.t.Errorf("event %q %q: %v", name, data, err)
			}
			return o, true
		}
	}
	return o, false
}

// admittedAt waits until one of the replicas has been given a user's entry, which a lock
// keeps it from settling, and returns this one and the other.
func (s *site) admittedAt(product int, replicas map[string]*process) (settling, other *process) {
	s.t.Helper()
	var instance string
	servertest.Eventually(s.t, "the entry is delivered", func() bool {
		pending, err := s.client.XPending(s.t.Context(), seckill.StreamKey(int64(product)), "g1").Result()
		if err != nil || pending.Count == 0 {
			return false
		}
		for consumer := range pending.Consumers {
			instance = consumer[strings.LastIndex(consumer, "-")+1:]
		}
		return true
	})
	for name, p := range replicas {
		if name != instance {
			other = p
		}
	}
	return replicas[instance], other
}

func TestResultsReachTheReplicaThatDidNotSettle(t *testing.T) {
	s := newSite(t)
	both := s.replicas("", "a", "b")
	replicas := map[string]*process{"a": both[0], "b": both[1]}
	both[0].sell(2, `"stockTotal": 10, "paymentWindowSeconds": 600`)
	release := s.lockProduct(2)
	admitted := both[0].try(2, 1, "")
	if !admitted.admitted() {
		t.Fatalf("%+v", admitted)
	}
	settling, other := s.admittedAt(2, replicas)
	for _, p := range both {
		if got := p.resultOf(2, 1, ""); got.status != http.StatusOK || got.Status != "PROCESSING" || got.StreamID != admitted.StreamID {
			t.Errorf("what is in the stream alone: %+v", got)
		}
	}
	if got := other.resultOf(2, 99, ""); got.status != http.StatusNotFound || got.Code != "RESULT_NOT_FOUND" {
		t.Errorf("a user without an attempt: %+v", got)
	}
	var polls sync.WaitGroup
	for user, want := range map[int]int{1: http.StatusOK, 99: http.StatusNotFound} {
		polls.Go(func() {
			got := other.resultOf(2, user, map[int]string{1: "?wait=30s", 99: "?wait=2s"}[user])
			if got.status != want || want == http.StatusOK && got.Status != "SUCCESS" {
				t.Errorf("long poll of user %d: %+v", user, got)
			}
		})
	}
	streams := []*events{other.follow(2, 1, "text/event-stream"), other.follow(2, 1, ""), settling.follow(2, 1, "*/*")}
	for n, e := range streams {
		if got, ok := e.next(); !ok || got.Status != "PROCESSING" || got.StreamID != admitted.StreamID {
			t.Errorf("first event of stream %d: %+v, %v", n, got, ok)
		}
	}
	release()
	for n, e := range streams {
		if got, ok := e.next(); !ok || got.Status != "SUCCESS" || got.Order == nil || got.Order.Status != "PENDING_PAYMENT" {
			t.Errorf("second event of stream %d: %+v, %v", n, got, ok)
		}
		if got, ok := e.next(); ok || e.lines.Err() != nil {
			t.Errorf("stream %d goes on: %+v, %v", n, got, e.lines.Err())
		}
	}
	polls.Wait()
	if status := settling.cancel(s.orderOf(2, 1)); status != http.StatusOK {
		t.Errorf("cancel: %d", status)
	}
	servertest.Eventually(t, "the other replica knows of the cancel", func() bool {
		got := other.resultOf(2, 1, "")
		return got.Order != nil && got.Order.Status == "CANCELLED"
	})
}

// TestTerminatedWithPollsAndEventsOpen: whoever waits is answered, and nobody holds the
// process up.
func TestTerminatedWithPollsAndEventsOpen(t *testing.T) {
	const waiting = 20
	s := newSite(t)
	p := s.replicas("", "a")[0]
	p.sell(2, `"stockTotal": 10, "paymentWindowSeconds": 600`)
	files := p.files()
	var polls sync.WaitGroup
	var answered tally
	for user := range waiting {
		polls.Go(func() {
			got := p.resultOf(2, 100+user, "?wait=30s")
			answered.count(reply{Code: got.Code, status: got.status})
		})
	}
	var streams []*events
	for user := range waiting {
		streams = append(streams, p.follow(2, 200+user, ""))
	}
	servertest.Eventually(t, "everybody waits", func() bool { return p.files() >= files+2*waiting })
	began := time.Now()
	code := p.terminate()
	took := time.Since(began)
	polls.Wait()
	t.Logf("ended within %v; polls: %s", took.Round(time.Millisecond), &answered)
	if code != 0 || took > 20*time.Second {
		t.Errorf("exit code %d after %v", code, took)
	}
	if n := answered.of("RESULT_NOT_FOUND"); n != waiting {
		t.Errorf("%d of %d long polls are answered: %s", n, waiting, &answered)
	}
	for _, e := range streams {
		if got, ok := e.next(); ok || e.lines.Err() != nil {
			t.Errorf("a stream ends with %+v, %v", got, e.lines.Err())
		}
	}
}

// files is how many files and connections a process has open.
func (p *process) files() int {
	var n float64
	_, _ = fmt.Sscan(p.metric("process_open_fds"), &n)
	return int(n)
}
