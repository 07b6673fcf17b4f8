package rehearsal_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"seckill/client"
	"seckill/internal/rehearsal"
)

// slow is a service whose gate answers nobody until a number of attempts have come, which a
// real one does not do on demand; then it is sold out.
type slow struct {
	mu   sync.Mutex
	come int
	all  int
	full chan struct{}
}

func (s *slow) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	switch {
	case strings.HasSuffix(r.URL.Path, "/books"):
		_ = json.NewEncoder(w).Encode(client.Books{ //nolint:errchkjson // whoever has gone needs no answer
			StockTotal: new(int64(0)), StockLeft: new(int64(0)), RedisLeft: new(int64(0)),
			InFlight: new(int64(0)), PendingMoves: new(int64(0)), Balanced: true,
		})
	case strings.HasSuffix(r.URL.Path, "/attempts"):
		s.arrive()
		<-s.full
		w.WriteHeader(http.StatusConflict)
		_, _ = w.Write([]byte(`{"code":"SOLD_OUT","message":""}`))
	case strings.HasSuffix(r.URL.Path, "/session"):
		_, _ = w.Write([]byte(`{"role":"operator"}`))
	default:
		_, _ = w.Write([]byte(`{"productId":1,"name":"rehearsal","mode":"SETTLE","stockTotal":0}`))
	}
}

func (s *slow) arrive() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.come++; s.come == s.all {
		close(s.full)
	}
}

func newClientOf(t *testing.T, url, token string) *client.Client {
	t.Helper()
	c, err := client.New(client.Config{URL: url, Token: client.StaticToken(token), Timeout: time.Minute, Retry: client.Retry{Tries: 1}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// TestASlowServiceIsLatencyAndNotFewerAttempts fails where a buyer waits for the one before: then
// the last one never comes, and nobody is answered. Buyer 0 comes 300 ms before the last one, and
// both are answered at the same moment.
func TestASlowServiceIsLatencyAndNotFewerAttempts(t *testing.T) {
	service := &slow{all: 300, full: make(chan struct{})}
	server := httptest.NewServer(service)
	defer server.Close()
	plan, err := rehearsal.Load(1, 1000, 300*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	r, err := rehearsal.Run(t.Context(), newClientOf(t, server.URL, ""), plan)
	if err != nil || !r.OK() {
		t.Fatalf("%v, %v", err, r.Findings)
	}
	if r.Buyers != 300 || r.Outcomes["sold_out"] != 300 || r.Admission.Count != 300 {
		t.Errorf("%d buyers, %v, %+v", r.Buyers, r.Outcomes, r.Admission)
	}
	if r.Admission.Max < 299 || r.Admission.P50 < 149 {
		t.Errorf("the first one has waited for the last one, 299 ms, and it says %+v", r.Admission)
	}
}
