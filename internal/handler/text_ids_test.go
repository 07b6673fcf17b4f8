package handler_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"seckill/internal/seckill"
)

// numericID finds an ID that is a number.
var numericID = regexp.MustCompile(`"(?:id|ids|[a-z]\w*Ids?)":\s*\[?\s*-?\d`)

// TestEveryRouteAnswersWithIDsAsText asks every route that reads, of a product with all that
// a product can have.
func TestEveryRouteAnswersWithIDsAsText(t *testing.T) {
	s := newShop(t)
	s.create(1, `,"stockTotal":100,"perUserLimit":0,"paymentWindowSeconds":600`)
	s.settle(1, "10 1-0", "11 2-0")
	letter := s.bury(1, "3-0", seckill.DeadInvalidUID, "uid", "x")
	order := strings.TrimPrefix(s.orderPath("1-0"), "/api/v1/orders/")
	fill := strings.NewReplacer("{productId}", "1", "{userId}", "10", "{orderId}", order, "{id}", letter[strings.LastIndex(letter, "/")+1:],
		"{name}", "SeckillRedisDown")

	numbers := 0
	for _, path := range readingRoutes(t) {
		target, get := fill.Replace(path), s.get
		if strings.HasSuffix(path, "/live") {
			get = s.begin
		}
		plain := get(target)
		if plain.status != http.StatusOK {
			t.Errorf("%s: %d %s", target, plain.status, plain.body)
			continue
		}
		if numericID.MatchString(plain.body) {
			numbers++
		}
		text := get(target + "?ids=string")
		if text.status != http.StatusOK || numericID.MatchString(text.body) {
			t.Errorf("%s with IDs as text: %d %s", target, text.status, text.body)
		}
		if !strings.Contains(text.header.Get("Content-Type"), "event-stream") && strings.Contains(text.header.Get("Content-Type"), "/json") &&
			!json.Valid([]byte(text.body)) {
			t.Errorf("%s with IDs as text is no JSON: %s", target, text.body)
		}
	}
	if numbers < 12 {
		t.Errorf("only %d routes have IDs", numbers)
	}

	long := s.get("/api/v1/products/1/users/10/result?wait=1s&ids=string")
	if long.status != http.StatusOK || !strings.Contains(long.body, `"userId":"10"`) || !strings.Contains(long.body, `"orderId":"`+order+`"`) {
		t.Errorf("after a wait: %d %s", long.status, long.body)
	}
	lines := s.get("/admin/v1/audit?ids=string", with("Accept", "application/x-ndjson"))
	if numericID.MatchString(lines.body) || !strings.Contains(lines.body, `"id":"`) {
		t.Errorf("lines: %s", lines.body)
	}
	table := s.get("/admin/v1/orders/export?ids=string", with("Accept", "text/csv"))
	if plain := s.get("/admin/v1/orders/export", with("Accept", "text/csv")); table.body != plain.body {
		t.Errorf("CSV: %s, want %s", table.body, plain.body)
	}
	made := s.post("/admin/v1/products?ids=string", `{"productId":"9007199254740993","name":"rice"}`)
	if made.status != http.StatusCreated || !strings.Contains(made.body, `"productId":"9007199254740993"`) {
		t.Errorf("a product that was made: %d %s", made.status, made.body)
	}
	for _, value := range []string{"", "number", "String", "string&ids=number"} {
		s.get("/admin/v1/products?ids="+value).refused(t, http.StatusBadRequest, seckill.CodeInvalidArgument, "ids")
	}
}

// readingRoutes are the routes of the description that read and take no more than what the
// test has.
func readingRoutes(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../../openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Paths map[string]map[string]struct {
			Parameters []map[string]any `json:"parameters"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	var paths []string
	for path, operations := range document.Paths {
		get, found := operations["get"]
		if !found || !strings.Contains(path, "/v1/") || strings.HasSuffix(path, "/preflight") { // which needs servers, and has one ID
			continue
		}
		if !strings.Contains(fmt.Sprint(get.Parameters), "#/components/parameters/ids") {
			t.Errorf("GET %s is described without ids", path)
		}
		paths = append(paths, path)
	}
	return paths
}

// begin is get for an answer without an end, of which it takes the first event.
func (w *world) begin(path string, edit ...func(*http.Request)) answer {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url+path, http.NoBody)
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+w.token("operator"))
	for _, change := range edit {
		change(r)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	a := answer{status: response.StatusCode, header: response.Header}
	for lines := bufio.NewScanner(response.Body); a.body == "" && lines.Scan(); {
		if data, found := strings.CutPrefix(lines.Text(), "data:"); found {
			a.body = data
		}
	}
	return a
}
