package handler_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"seckill/internal/auth"
	"seckill/internal/config"
	"seckill/internal/health"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/internal/stream"

	"github.com/golang-jwt/jwt/v5"
	"github.com/zeromicro/go-zero/core/logx/logtest"
)

// routes are all routes that need a token.
var routes = []struct{ method, path string }{
	{http.MethodGet, "/api/v1/products/1/users/5/result"},
	{http.MethodGet, "/api/v1/users/5/results"},
	{http.MethodGet, "/api/v1/products/1/results"},
	{http.MethodGet, "/api/v1/products/1/summary"},
	{http.MethodGet, "/admin/v1/streams"},
	{http.MethodGet, "/admin/v1/streams/1"},
	{http.MethodGet, "/admin/v1/streams/1/pending"},
	{http.MethodGet, "/admin/v1/logs"},
	{http.MethodPut, "/admin/v1/logs/status"},
}

func TestEveryRouteAsksForItsRole(t *testing.T) {
	w := newWorld(t)
	w.product(1, -1)
	w.log(1, 5, "1-0", "PROCESSING")
	w.ledger.outcomes = []seckill.ChangeOutcome{seckill.OutcomeUpdated}
	const change = `{"items":[{"productId":1,"streamId":"1-0","status":"SUCCESS"}]}`
	for _, route := range routes {
		allowed := map[string]bool{
			"bff":      strings.HasPrefix(route.path, "/api/"),
			"viewer":   route.method == http.MethodGet,
			"operator": true,
			"admin":    false,
			"":         false,
		}
		for role, allow := range allowed {
			t.Run(fmt.Sprintf("%s %s as %q", route.method, route.path, role), func(t *testing.T) {
				as := with("Authorization", "Bearer "+w.token(role))
				a := w.send(route.method, route.path, bodyOf(route.method, change), as)
				if allow && a.status != http.StatusOK {
					t.Errorf("answer = %d %s", a.status, a.body)
				}
				if !allow {
					a.refused(t, http.StatusForbidden, seckill.CodeForbidden, route.method)
				}
			})
		}
		t.Run(fmt.Sprintf("%s %s without a token", route.method, route.path), func(t *testing.T) {
			a := w.send(route.method, route.path, nil, func(r *http.Request) { r.Header.Del("Authorization") })
			a.refused(t, http.StatusUnauthorized, seckill.CodeUnauthorized, "token")
			if a.header.Get("WWW-Authenticate") != "Bearer" {
				t.Error("no challenge")
			}
		})
	}
}

// bodyOf returns the body of a request of the given method, nil for GET.
func bodyOf(method, body string) io.Reader {
	if method == http.MethodGet {
		return nil
	}
	return strings.NewReader(body)
}

func TestTokens(t *testing.T) {
	w := newWorld(t)
	expired, err := auth.IssueToken(secret, "alice", "operator", -time.Second)
	if err != nil {
		t.Fatal(err)
	}
	endless, err := jwt.NewWithClaims(jwt.SigningMethodHS256,
		jwt.MapClaims{"sub": "alice", "role": "operator"}).SignedString([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	for name, header := range map[string]string{
		"expired": "Bearer " + expired, "without exp": "Bearer " + endless,
		"garbage": "Bearer x", "another scheme": "Basic " + w.token("operator"),
	} {
		t.Run(name, func(t *testing.T) {
			w.get("/admin/v1/logs", with("Authorization", header)).
				refused(t, http.StatusUnauthorized, seckill.CodeUnauthorized, "token")
		})
	}
	t.Run("of the bff, on a path that climbs", func(t *testing.T) {
		w.get("/api/v1/../../admin/v1/logs", with("Authorization", "Bearer "+w.token("bff"))).
			refused(t, http.StatusForbidden, seckill.CodeForbidden, "bff")
	})
}

func TestWhatTheRouterAnswers(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/", "/nowhere", "/api/v1/products/1", "/admin/v1/logs/status/x", "/api/v2/users/1/results"} {
		w.get(path).refused(t, http.StatusNotFound, seckill.CodeNotFound, "no such route")
	}
	for _, method := range []string{http.MethodPost, http.MethodDelete, http.MethodPatch, http.MethodPut, "FOO"} {
		a := w.send(method, "/healthz", nil)
		a.refused(t, http.StatusMethodNotAllowed, seckill.CodeMethodNotAllowed, "")
		if got := a.header.Get("Allow"); got != "GET, HEAD" {
			t.Errorf("%s: Allow = %q", method, got)
		}
	}
	a := w.get("/admin/v1/logs/status")
	a.refused(t, http.StatusMethodNotAllowed, seckill.CodeMethodNotAllowed, "")
	if got := a.header.Get("Allow"); got != http.MethodPut {
		t.Errorf("Allow = %q", got)
	}
}

func TestBadParametersThroughTheRouter(t *testing.T) {
	w := newWorld(t)
	for path, part := range map[string]string{
		"/api/v1/products/01/users/5/result":                               "productId",
		"/api/v1/products/1/users/-5/result":                               "userId",
		"/api/v1/products/1/users/5/result?wait=31s":                       "wait",
		"/api/v1/products/1/users/5/result?wait=5":                         "wait",
		"/api/v1/products/1/users/5/result?wait=-1s":                       "wait",
		"/api/v1/products/1/users/5/result/events?wait=5s":                 `"wait"`,
		"/api/v1/products/1/users/0/result/events":                         "userId",
		"/api/v1/products/9223372036854775808/summary":                     "productId",
		"/api/v1/products/1/results?limit=0":                               "limit",
		"/api/v1/users/5/results?status=X":                                 "status",
		"/api/v1/users/%00/results":                                        "userId",
		"/api/v1/users/5/results?cursor=x":                                 "cursor",
		"/admin/v1/streams?status=FAILED":                                  `"status"`,
		"/admin/v1/streams?cursor=AAAA":                                    "cursor",
		"/admin/v1/streams/abc":                                            "productId",
		"/admin/v1/streams/1/pending?cursor=AAAA":                          "cursor",
		"/admin/v1/logs?from=yesterday":                                    "from",
		"/admin/v1/logs?to=1234567890":                                     "to",
		"/admin/v1/logs?limit=5&limit=6":                                   "limit",
		"/admin/v1/logs?from=2026-01-17T10:00:00Z&to=2026-01-17T10:00:00Z": "from",
	} {
		t.Run(path, func(t *testing.T) {
			w.get(path).refused(t, http.StatusBadRequest, seckill.CodeInvalidArgument, part)
		})
	}
}

func TestPanicIsInternal(t *testing.T) {
	w := newWorld(t)
	w.product(1, -1)
	w.streams.state = func(context.Context, int64) (stream.State, error) { panic("secret plans") }
	a := w.get("/admin/v1/streams/1")
	a.refused(t, http.StatusInternalServerError, seckill.CodeInternal, "internal error")
	if strings.Contains(a.body, "plans") {
		t.Errorf("body tells inner detail: %s", a.body)
	}
}

func TestSlowRequestIsUnavailable(t *testing.T) {
	w := newWorld(t, func(c *config.Config) { c.Timeout = 100 })
	w.product(1, -1)
	w.streams.state = func(ctx context.Context, _ int64) (stream.State, error) {
		<-ctx.Done()
		return stream.State{}, ctx.Err()
	}
	w.get("/admin/v1/streams/1").refused(t, http.StatusServiceUnavailable, seckill.CodeUnavailable, "")
}

func TestPostgresAwayIsUnavailable(t *testing.T) {
	postgres := servertest.Postgres(t)
	w := newWorldOn(t, servertest.Open(t, postgres.URL("")))
	w.product(1, -1)
	if a := w.get("/api/v1/products/1/summary"); a.status != http.StatusOK {
		t.Fatalf("answer = %d %s", a.status, a.body)
	}
	if err := postgres.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, route := range routes {
		if route.method == http.MethodGet {
			w.get(route.path).refused(t, http.StatusServiceUnavailable, seckill.CodeUnavailable, "try again")
		}
	}
	if err := postgres.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	servertest.Eventually(t, "an answer after PostgreSQL is back", func() bool {
		return w.get("/api/v1/products/1/summary").status == http.StatusOK
	})
}

func TestLogHoldsDetailAndNoToken(t *testing.T) {
	w := newWorld(t)
	w.product(1, -1)
	w.streams.state = func(context.Context, int64) (stream.State, error) {
		return stream.State{}, fmt.Errorf("the inner detail")
	}
	logged := logtest.NewCollector(t)
	a := w.get("/admin/v1/streams/1")
	a.refused(t, http.StatusInternalServerError, seckill.CodeInternal, "")
	w.get("/admin/v1/logs", with("Authorization", "Bearer garbage.token"))
	w.get("/nowhere")

	text := logged.String()
	if !strings.Contains(text, "the inner detail") || !strings.Contains(text, `"trace":"`) {
		t.Errorf("log lacks the detail or its trace: %s", text)
	}
	if !strings.Contains(text, "/nowhere") {
		t.Error("a request to an unknown route is not logged")
	}
	for _, part := range []string{"Bearer", strings.Split(w.token("operator"), ".")[0], "garbage.token"} {
		if strings.Contains(text, part) {
			t.Errorf("log holds %q: %s", part, text)
		}
	}
}

func TestHealth(t *testing.T) {
	w := newWorld(t)
	open := func(r *http.Request) { r.Header.Del("Authorization") }
	for _, path := range []string{"/healthz", "/readyz"} {
		if a := w.get(path, open); a.status != http.StatusOK || a.body != `{"status":"ok"}` {
			t.Errorf("%s = %d %s", path, a.status, a.body)
		}
	}
	w.health.failing = []health.Failure{{Name: "redis", Reason: "it takes no writes"}, {Name: "postgres"}}
	a := w.get("/readyz", open)
	if a.status != http.StatusServiceUnavailable || a.body != `{"code":"UNAVAILABLE","message":"not ready: redis (it takes no writes), postgres"}` {
		t.Errorf("readyz = %d %s", a.status, a.body)
	}
	if a := w.get("/healthz", open); a.status != http.StatusOK {
		t.Errorf("healthz = %d %s", a.status, a.body)
	}
}

func TestOpenAPI(t *testing.T) {
	w := newWorld(t)
	a := w.get("/openapi.json", func(r *http.Request) { r.Header.Del("Authorization") })
	if a.status != http.StatusOK || a.body != document {
		t.Errorf("openapi.json = %d %s", a.status, a.body)
	}

	// The file in the repository knows every route.
	text, err := os.ReadFile("../../openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var api struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	if err := json.Unmarshal(text, &api); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(text, []byte("x-date")) {
		t.Error("openapi.json holds the time of its generation")
	}
	names := strings.NewReplacer("products/1", "products/{productId}", "streams/1", "streams/{productId}", "users/5", "users/{userId}")
	for _, route := range routes {
		if api.Paths[names.Replace(route.path)][strings.ToLower(route.method)] == nil {
			t.Errorf("openapi.json lacks %s %s", route.method, names.Replace(route.path))
		}
	}
}
