package handler_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// shopRoutes are the routes of products and orders, with a body that fits.
var shopRoutes = []struct{ method, path, body string }{
	{http.MethodPost, "/admin/v1/products", `{"productId":7,"name":"p"}`},
	{http.MethodGet, "/admin/v1/products", ""},
	{http.MethodGet, "/admin/v1/products/1", ""},
	{http.MethodPut, "/admin/v1/products/1", `{"perUserLimit":2}`},
	{http.MethodPost, "/admin/v1/products/1/pause", ""},
	{http.MethodPost, "/admin/v1/products/1/resume", ""},
	{http.MethodPost, "/admin/v1/products/1/stock", `{"delta":1,"note":"n"}`},
	{http.MethodGet, "/admin/v1/products/1/books", ""},
	{http.MethodPost, "/admin/v1/products/1/end", ""},
	{http.MethodGet, "/api/v1/orders/1", ""},
	{http.MethodPost, "/api/v1/orders/1/cancel", ""},
	{http.MethodPost, "/api/v1/orders/2/pay", `{"paymentRef":"r"}`},
}

// stocked is a shop with a product 1 whose orders 1 and 2 can be paid.
func stocked(t *testing.T, s *shop) *shop {
	t.Helper()
	s.create(1, `,"stockTotal":10,"paymentWindowSeconds":900`)
	s.settle(1, "5 1-0", "6 2-0")
	s.exec("UPDATE seckill_orders SET id = CASE stream_id WHEN '1-0' THEN 1 ELSE 2 END")
	return s
}

func TestShopRoutesAskForTheirRole(t *testing.T) {
	s := stocked(t, newShop(t))
	for _, route := range shopRoutes {
		allowed := map[string]bool{
			"bff":      strings.HasPrefix(route.path, "/api/"),
			"viewer":   route.method == http.MethodGet,
			"operator": true,
			"admin":    false,
		}
		for _, role := range []string{"admin", "viewer", "bff", "operator"} { // the operator last: its calls change things
			t.Run(fmt.Sprintf("%s %s as %s", route.method, route.path, role), func(t *testing.T) {
				a := s.send(route.method, route.path, strings.NewReader(route.body), s.as(role))
				if allowed[role] && a.status/100 != 2 {
					t.Errorf("answer = %d %s", a.status, a.body)
				}
				if !allowed[role] {
					a.refused(t, http.StatusForbidden, seckill.CodeForbidden, route.method)
				}
			})
		}
		t.Run(fmt.Sprintf("%s %s without a token", route.method, route.path), func(t *testing.T) {
			a := s.send(route.method, route.path, nil, func(r *http.Request) { r.Header.Del("Authorization") })
			a.refused(t, http.StatusUnauthorized, seckill.CodeUnauthorized, "token")
		})
	}
}

func TestShopRoutesWithoutPostgresAreUnavailable(t *testing.T) {
	postgres := servertest.Postgres(t)
	s := stocked(t, newShopOn(t, servertest.Open(t, postgres.URL(""))))
	if err := postgres.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, route := range shopRoutes {
		s.send(route.method, route.path, strings.NewReader(route.body)).
			refused(t, http.StatusServiceUnavailable, seckill.CodeUnavailable, "try again")
	}
	if err := postgres.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	servertest.Eventually(t, "an answer after PostgreSQL is back", func() bool {
		return s.get("/admin/v1/products/1").status == http.StatusOK
	})
}

func TestShopRoutesRefuseOtherMethods(t *testing.T) {
	s := newShop(t)
	for path, allow := range map[string]string{
		"/admin/v1/products":         "GET, POST",
		"/admin/v1/products/1":       "GET, PUT, DELETE",
		"/admin/v1/products/1/pause": "POST",
		"/admin/v1/products/1/books": "GET",
		"/api/v1/orders/1":           "GET",
		"/api/v1/orders/1/pay":       "POST",
	} {
		a := s.send(http.MethodPatch, path, nil)
		a.refused(t, http.StatusMethodNotAllowed, seckill.CodeMethodNotAllowed, "")
		for method := range strings.SplitSeq(allow, ", ") {
			if !strings.Contains(a.header.Get("Allow"), method) {
				t.Errorf("%s: Allow = %q, want %s", path, a.header.Get("Allow"), allow)
			}
		}
	}
}

func TestOpenAPIKnowsTheShopRoutes(t *testing.T) {
	text, err := os.ReadFile("../../openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var api struct {
		Paths map[string]map[string]struct {
			Responses map[string]any `json:"responses"`
		} `json:"paths"`
		Components struct {
			Schemas map[string]struct {
				Required []string `json:"required"`
			} `json:"schemas"`
		} `json:"components"`
	}
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&api); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(text, []byte("form-urlencoded")) {
		t.Error("openapi.json tells of a form")
	}
	names := strings.NewReplacer("products/1", "products/{productId}", "orders/1", "orders/{orderId}", "orders/2", "orders/{orderId}")
	for _, route := range shopRoutes {
		path, success := names.Replace(route.path), "200"
		if route.path == "/admin/v1/products" && route.method == http.MethodPost {
			success = "201"
		}
		responses := api.Paths[path][strings.ToLower(route.method)].Responses
		if responses[success] == nil || responses["503"] == nil || (success == "201" && responses["200"] != nil) {
			t.Errorf("openapi.json tells of %s %s: %v", route.method, path, responses)
		}
	}
	schemas := api.Components.Schemas
	if got := fmt.Sprint(schemas["CreateProductRequest"].Required, schemas["ChangeProductRequest"].Required); got != "[productId name] []" {
		t.Errorf("required fields of a new product and of a change = %s", got)
	}
}

// TestRoutesWithoutABodyRefuseOne sends bodies to the routes that take none.
func TestRoutesWithoutABodyRefuseOne(t *testing.T) {
	s := stocked(t, newShop(t))
	paths := []string{
		"/admin/v1/products/1/pause", "/admin/v1/products/1/resume", "/admin/v1/products/1/end", "/api/v1/orders/1/cancel",
	}
	bad := []struct {
		name, body string
		status     int
		part       string
		edit       func(*http.Request)
	}{
		{"a field", `{"note":"x"}`, http.StatusBadRequest, `"note" is not a known field`, nil},
		{"the ID of the path again", `{"productId":1}`, http.StatusBadRequest, `"productId" is not a known field`, nil},
		{"null", `null`, http.StatusBadRequest, "body must not be null", nil},
		{"an array", `[]`, http.StatusBadRequest, "body must be an object", nil},
		{"blanks", ` `, http.StatusBadRequest, "exactly one JSON value", nil},
		{"no JSON", `pause`, http.StatusBadRequest, "exactly one JSON value", nil},
		{"two objects", `{}{}`, http.StatusBadRequest, "exactly one JSON value", nil},
		{"chunks", `[]`, http.StatusBadRequest, "body must be an object", func(r *http.Request) { r.ContentLength = -1 }},
		{"a form", `a=b`, http.StatusUnsupportedMediaType, "application/json", with("Content-Type", "application/x-www-form-urlencoded")},
		{"a megabyte", strings.Repeat(" ", 1<<20+1), http.StatusRequestEntityTooLarge, "1048576 bytes", func(r *http.Request) { r.ContentLength = -1 }},
	}
	codes := map[int]seckill.Code{
		http.StatusBadRequest: seckill.CodeInvalidArgument, http.StatusUnsupportedMediaType: seckill.CodeUnsupportedMediaType,
		http.StatusRequestEntityTooLarge: seckill.CodePayloadTooLarge,
	}
	before := s.audits()
	for _, path := range paths {
		for _, tt := range bad {
			t.Run(path+" refuses "+tt.name, func(t *testing.T) {
				edits := []func(*http.Request){}
				if tt.edit != nil {
					edits = append(edits, tt.edit)
				}
				s.post(path, tt.body, edits...).refused(t, tt.status, codes[tt.status], tt.part)
			})
		}
		t.Run(path+" refuses a parameter", func(t *testing.T) {
			s.post(path+"?force=1", "").refused(t, http.StatusBadRequest, seckill.CodeInvalidArgument, `"force"`)
		})
	}
	if after := s.audits(); after != before {
		t.Errorf("something was changed: %s", after)
	}
	for _, path := range paths {
		for name, a := range map[string]answer{
			"nothing": s.send(http.MethodPost, path, nil), "an empty body": s.post(path, ""),
			"an empty object": s.post(path, " {} "), "an empty form": s.post(path, "", with("Content-Type", "text/plain")),
		} {
			if a.status != http.StatusOK {
				t.Errorf("%s with %s: %d %s", path, name, a.status, a.body)
			}
		}
	}
}
