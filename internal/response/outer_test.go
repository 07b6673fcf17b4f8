package response_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"seckill/internal/response"
)

// serveOuter serves a body of size bytes at each of the paths.
func serveOuter(t *testing.T, size int) *httptest.Server {
	t.Helper()
	inner := response.NewRouter(func() bool { return false }, false)
	for _, path := range []string{"/long", "/result/events", "/attempts"} {
		err := inner.Handle(http.MethodGet, path, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			_, _ = io.WriteString(w, strings.Repeat("x", size))
		}))
		if err != nil {
			t.Fatal(err)
		}
	}
	outer, err := response.NewOuter(inner, true)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(outer)
	t.Cleanup(server.Close)
	return server
}

func TestLongAnswersAreCompressedForWhoTakesThat(t *testing.T) {
	tests := []struct {
		name, path, accept string
		size               int
		compressed         bool
	}{
		{"a long answer", "/long", "gzip", 4000, true},
		{"a long answer, among others", "/long", "br, gzip;q=0.5, *;q=0.1", 4000, true},
		{"a short answer", "/long", "gzip", 900, false},
		{"to a client that says nothing", "/long", "", 4000, false},
		{"to a client that takes none", "/long", "identity", 4000, false},
		{"to a client that forbids it", "/long", "gzip;q=0", 4000, false},
		{"to a client that forbids it in three digits", "/long", "gzip;q=0.000, identity", 4000, false},
		{"events", "/result/events", "gzip", 4000, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := serveOuter(t, tt.size)
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+tt.path, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Accept-Encoding", tt.accept)
			answer, err := server.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			if got := answer.Header.Get("Content-Encoding"); (got == "gzip") != tt.compressed {
				t.Errorf("Content-Encoding %q", got)
			}
			if tt.path == "/long" && answer.Header.Get("Vary") != "Accept-Encoding" {
				t.Errorf("Vary %q", answer.Header.Get("Vary"))
			}
			if got := answer.Header.Get("Cache-Control"); got != "no-store" {
				t.Errorf("Cache-Control %q", got)
			}
			body := io.Reader(answer.Body)
			if tt.compressed {
				if body, err = gzip.NewReader(answer.Body); err != nil {
					t.Fatal(err)
				}
			}
			if text, err := io.ReadAll(body); err != nil || len(text) != tt.size {
				t.Errorf("%d bytes, %v", len(text), err)
			}
		})
	}
}

// TestErrorsThroughTheOuterRouter have the one body, and nobody keeps them.
func TestErrorsThroughTheOuterRouter(t *testing.T) {
	server := serveOuter(t, 1)
	answer, err := server.Client().Get(server.URL + "/nowhere")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	if answer.StatusCode != http.StatusNotFound || !strings.Contains(string(body), "NOT_FOUND") || answer.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %s %v", answer.StatusCode, body, answer.Header)
	}
}

// TestHeadOfALongAnswer: a HEAD has the head of the answer to GET and no body, whatever the
// client takes.
func TestHeadOfALongAnswer(t *testing.T) {
	for _, accept := range []string{"", "gzip"} {
		server := serveOuter(t, 4000)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodHead, server.URL+"/long", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept-Encoding", accept)
		answer, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if err != nil || len(body) > 0 || answer.StatusCode != http.StatusOK {
			t.Errorf("with %q: %d, %d bytes, %v", accept, answer.StatusCode, len(body), err)
		}
		if answer.Header.Get("Vary") != "Accept-Encoding" || answer.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("with %q: head %v", accept, answer.Header)
		}
	}
}
