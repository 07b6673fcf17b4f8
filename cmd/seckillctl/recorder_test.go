package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// recorder stands before the service and notes which calls succeed.
type recorder struct {
	url string

	mu   sync.Mutex
	seen []string // method and path
}

func newRecorder(t *testing.T, service string) *recorder {
	t.Helper()
	target, err := url.Parse(service)
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.FlushInterval = -1 // events go on as they come
	proxy.ModifyResponse = func(response *http.Response) error {
		if response.StatusCode < http.StatusMultipleChoices {
			r.note(response.Request.Method + " " + response.Request.URL.Path)
		}
		return nil
	}
	proxy.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { // the user has gone
		w.WriteHeader(http.StatusBadGateway)
	}
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	r.url = server.URL
	return r
}

func (r *recorder) note(call string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = append(r.seen, call)
}

var parameter = regexp.MustCompile(`\{[^}]+\}`)

// has reports whether a call of a route, such as GET /admin/v1/products/{productId}, has
// succeeded.
func (r *recorder) has(route string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	pattern := regexp.MustCompile("^" + parameter.ReplaceAllStringFunc(route, valueOf) + "$")
	return slices.ContainsFunc(r.seen, pattern.MatchString)
}

// valueOf returns the pattern of a parameter: a number, unless it is a name.
func valueOf(parameter string) string {
	if parameter == "{name}" {
		return `[^/]+`
	}
	return `\d+`
}

// adminRoutes returns the routes of /admin/v1 in openapi.json.
func adminRoutes(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "openapi.json"))
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	var routes []string
	for path, operations := range document.Paths {
		for name := range operations {
			method := strings.ToUpper(name)
			if strings.HasPrefix(path, "/admin/") && slices.Contains([]string{"GET", "PUT", "POST", "DELETE", "PATCH"}, method) {
				routes = append(routes, method+" "+path)
			}
		}
	}
	if len(routes) < 27 {
		t.Fatalf("openapi.json has only %d routes of operators", len(routes))
	}
	slices.Sort(routes)
	return routes
}
