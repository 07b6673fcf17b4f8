package response_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"seckill/internal/response"
	"seckill/internal/seckill"
)

func TestRefuseSaysWhenToTryAgain(t *testing.T) {
	after := func(d time.Duration) error {
		refusal := seckill.Errorf(seckill.CodeOverloaded, "no")
		refusal.RetryAfter = d
		return refusal
	}
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"no time is given", after(0), ""},
		{"the shortest time is a second", after(1), "1"},
		{"a second", after(time.Second), "1"},
		{"a bit more is two", after(time.Second + 1), "2"},
		{"just below is rounded up", after(59*time.Second + 999*time.Millisecond), "60"},
		{"a time that is over", after(-time.Second), ""},
		{"wrapped", errors.Join(errors.New("x"), after(1500*time.Millisecond)), "2"},
		{"not ours", errors.New("inner"), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			response.Refuse(w, httptest.NewRequest(http.MethodPost, "/", http.NoBody), tt.err)
			if got := w.Header().Get("Retry-After"); got != tt.want {
				t.Errorf("Retry-After %q, want %q", got, tt.want)
			}
			if w.Code < http.StatusBadRequest {
				t.Errorf("status %d", w.Code)
			}
		})
	}
}

func TestEventsOnTheWire(t *testing.T) {
	w := httptest.NewRecorder()
	events := response.NewEvents(w)
	if events.Begun() || w.Body.Len() != 0 {
		t.Error("something is sent before there is anything to send")
	}
	if err := events.Send("result", "1-0:FAILED", make(chan int)); err == nil || events.Begun() {
		t.Errorf("what cannot be encoded: %v, begun %v", err, events.Begun())
	}
	if err := events.Alive(); err != nil || !events.Begun() || !w.Flushed {
		t.Errorf("%v, begun %v, flushed %v", err, events.Begun(), w.Flushed)
	}
	w.Flushed = false
	if err := events.Send("result", "1-0:FAILED", map[string]any{"status": "FAILED", "reason": "two\nlines"}); err != nil || !w.Flushed {
		t.Errorf("%v, flushed %v", err, w.Flushed)
	}
	const want = ":\n\n" + "id: 1-0:FAILED\n" + `event: result` + "\n" + `data: {"reason":"two\nlines","status":"FAILED"}` + "\n\n"
	reopen, got, _ := strings.Cut(w.Body.String(), "\n")
	if got != want {
		t.Errorf("sent %q, want %q", got, want)
	}
	if ms, err := strconv.Atoi(strings.TrimPrefix(reopen, "retry: ")); err != nil || ms < 2000 || ms >= 4000 {
		t.Errorf("the client is told to come back by %q", reopen)
	}
}

// brokenWriter is the connection of a client that has gone.
type brokenWriter struct{ http.ResponseWriter }

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestEventsThatDoNotArrive(t *testing.T) {
	for name, w := range map[string]http.ResponseWriter{
		"the client has gone":         brokenWriter{httptest.NewRecorder()},
		"the connection cannot flush": plain{},
	} {
		events := response.NewEvents(w)
		if err := events.Send("result", "1-0:FAILED", 1); err == nil {
			t.Errorf("%s: no error", name)
		}
		if err := events.Alive(); err == nil {
			t.Errorf("%s: it is said to be alive", name)
		}
		if !events.Begun() {
			t.Errorf("%s: the status may have been sent already", name)
		}
	}
}

// plain is the least that a http.ResponseWriter is. It cannot flush: events would reach
// nobody in time.
type plain struct{}

func (plain) Header() http.Header         { return http.Header{} }
func (plain) Write(p []byte) (int, error) { return len(p), nil }
func (plain) WriteHeader(int)             {}

// TestEventsOutliveTheTimeLimitsOfTheServer sends one after both limits are over.
func TestEventsOutliveTheTimeLimitsOfTheServer(t *testing.T) {
	const limit = 50 * time.Millisecond
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		events := response.NewEvents(w)
		for until := time.Now().Add(3 * limit); time.Now().Before(until); {
			if err := events.Alive(); err != nil {
				t.Error(err)
				return
			}
			time.Sleep(limit / 5) // the pace of the events, which have to reach beyond the limit
		}
		if err := events.Send("result", "1-0:FAILED", 1); err != nil || r.Context().Err() != nil {
			t.Errorf("%v, %v", err, r.Context().Err())
		}
	}))
	server.Config.WriteTimeout, server.Config.ReadTimeout = limit, limit
	server.Start()
	defer server.Close()
	answer, err := server.Client().Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || !strings.HasSuffix(string(text), "id: 1-0:FAILED\nevent: result\ndata: 1\n\n") {
		t.Errorf("the client has read %q, %v", text, err)
	}
}
