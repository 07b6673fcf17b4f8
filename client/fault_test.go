package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"seckill/client"
)

// quick is a Retry whose pauses a test does not feel.
var quick = client.Retry{Tries: 4, Pause: time.Millisecond}

func quickly(config *client.Config) { config.Retry = quick }

// at makes a client of the server at url.
func at(url string) func(*client.Config) {
	return func(config *client.Config) { config.URL = url }
}

// faulty is a server in front of the service; before may answer in its place, and reports
// whether it has. n counts the calls from 1.
func faulty(t *testing.T, before func(n int, w http.ResponseWriter, r *http.Request) bool) string {
	t.Helper()
	target, err := url.Parse(serviceURL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	transport := &http.Transport{}
	proxy.Transport = transport
	var calls atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !before(int(calls.Add(1)), w, r) {
			proxy.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(func() { server.Close(); transport.CloseIdleConnections() })
	return server.URL
}

// fake is a server that answers alone.
func fake(t *testing.T, answer func(n int, w http.ResponseWriter, r *http.Request)) string {
	t.Helper()
	return faulty(t, func(n int, w http.ResponseWriter, r *http.Request) bool {
		answer(n, w, r)
		return true
	})
}

func refuse(w http.ResponseWriter, status int, code client.Code) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"code": %q, "message": "test"}`, code)
}

// passOn has the service do what is asked, and says what it answered.
func passOn(t *testing.T, r *http.Request) (status int, body string) {
	t.Helper()
	again, err := http.NewRequestWithContext(r.Context(), r.Method, serviceURL+r.URL.RequestURI(), r.Body)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	again.Header = r.Header.Clone()
	response, err := http.DefaultClient.Do(again)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	return response.StatusCode, string(text)
}

// unitsSold is how many units of a product an attempt has taken so far.
func unitsSold(t *testing.T, product int64) int64 {
	t.Helper()
	books, err := newClient(t, operatorToken).Books(t.Context(), product)
	if err != nil {
		t.Fatal(err)
	}
	return *books.StockTotal - *books.RedisLeft
}

func TestAnAttemptIsRepeatedUnderItsRequestID(t *testing.T) {
	faults := map[string]func(t *testing.T, w http.ResponseWriter, r *http.Request){
		"503 before anything was done": func(_ *testing.T, w http.ResponseWriter, _ *http.Request) {
			refuse(w, http.StatusServiceUnavailable, client.CodeNotLoaded)
		},
		"429": func(_ *testing.T, w http.ResponseWriter, _ *http.Request) {
			refuse(w, http.StatusTooManyRequests, client.CodeRateLimited)
		},
		"500 after the unit was taken": func(t *testing.T, w http.ResponseWriter, r *http.Request) {
			passOn(t, r)
			refuse(w, http.StatusInternalServerError, client.CodeInternal)
		},
		"a proxy's 504 after the unit was taken": func(t *testing.T, w http.ResponseWriter, r *http.Request) {
			passOn(t, r)
			http.Error(w, "<html>", http.StatusGatewayTimeout)
		},
		"a connection cut after the unit was taken": func(t *testing.T, _ http.ResponseWriter, r *http.Request) {
			passOn(t, r)
			panic(http.ErrAbortHandler)
		},
		"an answer cut in the middle": func(t *testing.T, w http.ResponseWriter, r *http.Request) {
			status, body := passOn(t, r)
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "1000")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body[:len(body)/2])
			panic(http.ErrAbortHandler)
		},
	}
	product := int64(3100)
	for name, fault := range faults {
		product++
		t.Run(name, func(t *testing.T) {
			newSale(t, product, 10)
			var calls atomic.Int64
			url := faulty(t, func(n int, w http.ResponseWriter, r *http.Request) bool {
				calls.Store(int64(n))
				if n <= 2 {
					fault(t, w, r)
					return true
				}
				return false
			})
			c := newClient(t, bffToken, at(url), quickly)
			attempt, err := c.Attempt(t.Context(), product, 7, "")
			if err != nil || attempt.StreamID == "" || attempt.RequestID == "" {
				t.Fatalf("attempt %+v, %v", attempt, err)
			}
			if calls.Load() != 3 || unitsSold(t, product) != 1 {
				t.Errorf("%d calls took %d units, want 3 and 1", calls.Load(), unitsSold(t, product))
			}
		})
	}
}

func TestRepetitionIsBounded(t *testing.T) {
	away := func(n *int) func(int, http.ResponseWriter, *http.Request) {
		return func(calls int, w http.ResponseWriter, _ *http.Request) {
			*n = calls
			refuse(w, http.StatusServiceUnavailable, client.CodeUnavailable)
		}
	}
	uses := map[string]struct {
		use   func(ctx context.Context, c *client.Client) error
		calls int
	}{
		"an attempt, by Tries": {func(ctx context.Context, c *client.Client) error {
			_, err := c.Attempt(ctx, 1, 7, "click")
			return err
		}, 4},
		"what reads, by Tries": {func(ctx context.Context, c *client.Client) error {
			_, err := c.Product(ctx, 1)
			return err
		}, 4},
		"a payment, by Tries": {func(ctx context.Context, c *client.Client) error {
			_, err := c.PayOrder(ctx, 1, "ref")
			return err
		}, 4},
		"what changes stock is called once": {func(ctx context.Context, c *client.Client) error {
			_, err := c.RestockProduct(ctx, 1, 5, "more")
			return err
		}, 1},
		"a new route is called once": {func(ctx context.Context, c *client.Client) error {
			return c.Do(ctx, http.MethodPost, "/admin/v1/new", map[string]int{"a": 1}, nil)
		}, 1},
	}
	for name, u := range uses {
		t.Run(name, func(t *testing.T) {
			calls := 0
			c := newClient(t, operatorToken, at(fake(t, away(&calls))), quickly)
			if err := u.use(t.Context(), c); !errors.Is(err, client.CodeUnavailable) {
				t.Errorf("error %v", err)
			}
			if calls != u.calls {
				t.Errorf("%d calls, want %d", calls, u.calls)
			}
		})
	}
}

func TestRetryAfterIsKept(t *testing.T) {
	answer := func(seconds string) string {
		return fake(t, func(n int, w http.ResponseWriter, _ *http.Request) {
			if n == 1 {
				w.Header().Set("Retry-After", seconds)
				refuse(w, http.StatusServiceUnavailable, client.CodeOverloaded)
				return
			}
			w.WriteHeader(http.StatusAccepted)
			_, _ = io.WriteString(w, `{"streamId": "1-0", "status": "PROCESSING"}`)
		})
	}
	t.Run("it is waited for", func(t *testing.T) {
		begun := time.Now()
		_, err := newClient(t, bffToken, at(answer("1")), quickly).Attempt(t.Context(), 1, 7, "click")
		if took := time.Since(begun); err != nil || took < time.Second {
			t.Errorf("made again after %v: %v", took, err)
		}
	})
	t.Run("not when it is longer than MaxPause", func(t *testing.T) {
		_, err := newClient(t, bffToken, at(answer("3600")), quickly).Attempt(t.Context(), 1, 7, "click")
		if e, ok := errors.AsType[*client.Error](err); !ok || e.RetryAfter != time.Hour || e.Status != 503 || e.Code != client.CodeOverloaded {
			t.Errorf("error %#v", err)
		}
	})
	t.Run("not when the context ends before", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		_, err := newClient(t, bffToken, at(answer("30")), quickly).Attempt(ctx, 1, 7, "click")
		if !errors.Is(err, client.CodeOverloaded) || ctx.Err() != nil {
			t.Errorf("error %v, context %v", err, ctx.Err())
		}
	})
	t.Run("not when the context is cancelled meanwhile", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		url := fake(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "30")
			refuse(w, http.StatusServiceUnavailable, client.CodeOverloaded)
			time.AfterFunc(50*time.Millisecond, cancel)
		})
		_, err := newClient(t, bffToken, at(url)).Attempt(ctx, 1, 7, "click")
		if !errors.Is(err, client.CodeOverloaded) || !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	})
}

func TestErrorsSayWhatWentWrong(t *testing.T) {
	newSale(t, 3200, 0)
	html := fake(t, func(_ int, w http.ResponseWriter, _ *http.Request) { http.Error(w, "<html>", http.StatusForbidden) })
	moved := fake(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://localhost/", http.StatusFound)
	})
	tests := map[string]struct {
		c      *client.Client
		code   client.Code
		status int
	}{
		"a refusal":              {newClient(t, bffToken), client.CodeSoldOut, 409},
		"no token":               {newClient(t, "none"), client.CodeUnauthorized, 401},
		"a proxy's own page":     {newClient(t, bffToken, at(html)), client.CodeNoAnswer, 403},
		"a redirect":             {newClient(t, bffToken, at(moved)), client.CodeNoAnswer, 302},
		"nobody listens":         {newClient(t, bffToken, at("http://127.0.0.1:1"), quickly), client.CodeNoAnswer, 0},
		"a path of no service":   {newClient(t, bffToken, at(serviceURL+"/elsewhere")), client.CodeNotFound, 404},
		"a server that is other": {newClient(t, bffToken, at(fake(t, page)), quickly), client.CodeNoAnswer, 200},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := test.c.Attempt(t.Context(), 3200, 7, "click")
			e, ok := errors.AsType[*client.Error](err)
			if !ok || e.Code != test.code || e.Status != test.status || !errors.Is(err, test.code) || client.CodeOf(err) != test.code {
				t.Fatalf("error %#v", err)
			}
			if !strings.Contains(err.Error(), "POST /api/v1/products/3200/attempts") {
				t.Errorf("the error does not name its call: %v", err)
			}
		})
	}
}

// page answers what is no JSON.
func page(_ int, w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") }

func TestAConfigurationThatCannotWorkIsRefused(t *testing.T) {
	for _, url := range []string{"", "localhost:8888", "ftp://localhost", "http://", "http://\x00"} {
		if _, err := client.New(client.Config{URL: url}); err == nil {
			t.Errorf("URL %q is taken", url)
		}
	}
	if _, err := client.New(client.Config{URL: serviceURL, Retry: client.Retry{Tries: -1}}); err == nil {
		t.Error("negative Tries are taken")
	}
}

func TestEveryTryAsksForTheToken(t *testing.T) {
	asked := 0
	url := faulty(t, func(n int, w http.ResponseWriter, _ *http.Request) bool {
		if n == 1 {
			refuse(w, http.StatusServiceUnavailable, client.CodeUnavailable)
		}
		return n == 1
	})
	c := newClient(t, "", at(url), quickly, func(config *client.Config) {
		config.Token = func(context.Context) (string, error) {
			if asked++; asked == 1 {
				return "a token that has run out since", nil
			}
			return bffToken, nil
		}
	})
	if _, err := c.Summary(t.Context(), 1); err != nil || asked != 2 {
		t.Errorf("asked %d times: %v", asked, err)
	}
	broken := errors.New("no key")
	c = newClient(t, "", func(config *client.Config) {
		config.Token = func(context.Context) (string, error) { return "", broken }
	})
	if _, err := c.Summary(t.Context(), 1); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}
