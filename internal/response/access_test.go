package response

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zeromicro/go-zero/core/logx"
	"github.com/zeromicro/go-zero/rest/httpx"

	"seckill/internal/seckill"
)

// logged returns what is logged while fn runs.
func logged(t *testing.T, fn func()) string {
	t.Helper()
	var text bytes.Buffer
	before := logx.Reset()
	logx.SetWriter(logx.NewWriter(&text))
	defer func() {
		logx.Reset()
		if before != nil {
			logx.SetWriter(before)
		}
	}()
	fn()
	return text.String()
}

// TestRefusalsCostNoLine: two thousand attempts are turned away, each of the ways.
func TestRefusalsCostNoLine(t *testing.T) {
	httpx.SetErrorHandlerCtx(HandleError)
	for _, code := range []seckill.Code{
		seckill.CodeUnavailable, seckill.CodeNotLoaded, seckill.CodeOverloaded, seckill.CodeRateLimited,
		seckill.CodeSoldOut, seckill.CodeLimitReached, seckill.CodeProductNotFound,
	} {
		t.Run(string(code), func(t *testing.T) {
			outer := outerOf(t, func(w http.ResponseWriter, r *http.Request) {
				Refuse(w, r, seckill.Wrap(http.ErrServerClosed, code, "later"))
			})
			text := logged(t, func() {
				for range 2000 {
					w := httptest.NewRecorder()
					outer.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", http.NoBody))
					if w.Code != StatusOf(code) || !strings.Contains(w.Body.String(), string(code)) {
						t.Fatalf("%d %s", w.Code, w.Body)
					}
				}
			})
			if n := strings.Count(text, "\n"); n > 60 { // one a second, on however slow a machine
				t.Errorf("%d lines, the first of them %.500s", n, text)
			}
		})
	}
}

func outerOf(t *testing.T, h http.HandlerFunc) Outer {
	t.Helper()
	inner := NewRouter(func() bool { return false }, false)
	if err := inner.Handle(http.MethodGet, "/", h); err != nil {
		t.Fatal(err)
	}
	outer, err := NewOuter(inner, true)
	if err != nil {
		t.Fatal(err)
	}
	return outer
}

// TestTheLineOfABatchCountsItsAttempts; there is none when all of them were refused.
func TestTheLineOfABatchCountsItsAttempts(t *testing.T) {
	for admitted, want := range map[int]string{0: "", 300: " - 512 attempts, 300 admitted"} {
		outer := outerOf(t, func(w http.ResponseWriter, r *http.Request) {
			Attempts(r, 512, admitted)
			w.WriteHeader(http.StatusOK)
		})
		text := logged(t, func() {
			outer.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", http.NoBody))
		})
		if strings.Contains(text, "[HTTP] 200") != (want != "") || !strings.Contains(text, want) {
			t.Errorf("%d admitted: %s", admitted, text)
		}
	}
}

// TestAHandlerMayTellTooLate: it has not ended in time, and the answer of its timeout is logged
// meanwhile. The race detector sees what is wrong.
func TestAHandlerMayTellTooLate(t *testing.T) {
	var late sync.WaitGroup
	outer := outerOf(t, func(w http.ResponseWriter, r *http.Request) {
		late.Go(func() { Attempts(r, 512, 300); NoLine(r) })
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	outer.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", http.NoBody))
	late.Wait()
}

// TestOtherRequestsHaveALine of bounded length, and a 5xx is an error in it.
func TestOtherRequestsHaveALine(t *testing.T) {
	for status, level := range map[int]string{200: `"level":"info"`, 409: `"level":"info"`, 500: `"level":"error"`} {
		outer := outerOf(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		text := logged(t, func() {
			r := httptest.NewRequest(http.MethodGet, "/?"+strings.Repeat("p", 100_000), http.NoBody)
			r.Header.Set("User-Agent", strings.Repeat("a", 100_000))
			r.Header.Set("Authorization", "Bearer secret")
			outer.ServeHTTP(httptest.NewRecorder(), r)
		})
		if strings.Count(text, "\n") != 1 || !strings.Contains(text, "GET /?ppp") || !strings.Contains(text, level) ||
			len(text) > 1500 || strings.Contains(text, "secret") {
			t.Errorf("%d: %d bytes: %.600s", status, len(text), text)
		}
	}
}

func TestThinnedCountsWhatItLeavesOut(t *testing.T) {
	var lines thinned
	now := time.Now()
	for n, want := range []bool{true, false, false} {
		if dropped, due := lines.due(now.Add(time.Duration(n) * time.Millisecond)); due != want || dropped != 0 {
			t.Errorf("line %d: %v, %d left out", n, due, dropped)
		}
	}
	if dropped, due := lines.due(now.Add(time.Second)); !due || dropped != 2 {
		t.Errorf("%v, %d left out, want 2", due, dropped)
	}
}
