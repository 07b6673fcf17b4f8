package response_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"seckill/internal/auth"
	"seckill/internal/response"
	"seckill/internal/seckill"

	"github.com/zeromicro/go-zero/rest/httpx"
)

// ask sends one request to a router whose only route is served by h.
func ask(t *testing.T, h http.HandlerFunc) *httptest.ResponseRecorder {
	t.Helper()
	router := response.NewRouter(func() bool { return false }, false)
	if err := router.Handle(http.MethodGet, "/", h); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
	r.Header.Set("Authorization", "Bearer abc")
	recorder := httptest.NewRecorder()
	router.ServeHTTP(recorder, r)
	return recorder
}

func TestRouterReplacesErrorsWithoutBody(t *testing.T) {
	for status, code := range map[int]string{
		400: "INVALID_ARGUMENT", 401: "UNAUTHORIZED", 403: "FORBIDDEN", 404: "NOT_FOUND",
		405: "METHOD_NOT_ALLOWED", 409: "INVALID_ARGUMENT", 413: "PAYLOAD_TOO_LARGE",
		415: "UNSUPPORTED_MEDIA_TYPE", 429: "RATE_LIMITED", 499: "UNAVAILABLE",
		500: "INTERNAL", 502: "INTERNAL", 503: "UNAVAILABLE",
	} {
		for name, body := range map[string]string{"empty": "", "plain": "inner detail"} {
			got := ask(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", "1")
				w.Header().Set("Content-Length", "12")
				w.WriteHeader(status)
				w.WriteHeader(http.StatusOK) // the first call counts
				if _, err := w.Write([]byte(body)); err != nil {
					t.Error(err)
				}
			})
			var answer response.Body
			if err := json.Unmarshal(got.Body.Bytes(), &answer); err != nil {
				t.Fatalf("%d %s: body %q: %v", status, name, got.Body, err)
			}
			if got.Code != status || string(answer.Code) != code || answer.Message == "" {
				t.Errorf("%d %s: answer = %d %s, want %s", status, name, got.Code, got.Body, code)
			}
			if got.Header().Get("Retry-After") != "1" || got.Header().Get("Content-Length") != "" ||
				!strings.HasPrefix(got.Header().Get("Content-Type"), "application/json") {
				t.Errorf("%d %s: header = %v", status, name, got.Header())
			}
		}
	}
}

func TestRouterPassesTheRestThrough(t *testing.T) {
	got := ask(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("the credentials are still in the header")
		}
		if token, _ := auth.BearerToken(r.Context()); token != "abc" {
			t.Errorf("token = %q", token)
		}
		_, _ = w.Write([]byte("event: result\n"))
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		_, _ = w.Write([]byte("data: {}\n"))
	})
	if got.Code != http.StatusOK || got.Body.String() != "event: result\ndata: {}\n" || !got.Flushed {
		t.Errorf("answer = %d %q, flushed %v", got.Code, got.Body, got.Flushed)
	}
	got = ask(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(http.StatusConflict)
		_, _ = w.Write([]byte(`{"code":"X"}`))
	})
	if got.Code != http.StatusConflict || got.Body.String() != `{"code":"X"}` {
		t.Errorf("answer = %d %q", got.Code, got.Body)
	}
}

func TestARefusalOfTheRushCountsAs429UntilItLeaves(t *testing.T) {
	httpx.SetErrorHandlerCtx(response.HandleError)
	for _, code := range []seckill.Code{seckill.CodeOverloaded, seckill.CodeNotLoaded} {
		inside := 0
		got := ask(t, func(w http.ResponseWriter, r *http.Request) {
			refusal := seckill.Errorf(code, "later")
			refusal.RetryAfter = 1200 * time.Millisecond
			recorder := httptest.NewRecorder() // what go-zero's log sees
			response.Refuse(recorder, r, refusal)
			inside = recorder.Code
			response.Refuse(w, r, refusal)
		})
		if inside != http.StatusTooManyRequests || got.Code != http.StatusServiceUnavailable {
			t.Errorf("%s: %d inside, %d outside", code, inside, got.Code)
		}
		if got.Header().Get("Seckill-Status") != "" || got.Header().Get("Retry-After") != "2" ||
			!strings.Contains(got.Body.String(), string(code)) {
			t.Errorf("%s: %v %s", code, got.Header(), got.Body)
		}
	}
}
