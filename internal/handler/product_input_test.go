package handler_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"seckill/internal/seckill"
)

// badFields are fields that neither a new product nor a change may have.
var badFields = []struct{ name, field, part string }{
	{"an empty name", `"name":""`, "name must not be empty"},
	{"a blank name", `"name":" 　"`, "name must have 1 to 200 characters and not be blank"},
	{"a name of 201 characters", `"name":"` + strings.Repeat("茶", 201) + `"`, "name must have 1 to 200 characters"},
	{"a name with NUL", `"name":"a\u0000"`, "name must not contain NUL"},
	{"a name with a line break", `"name":"a\nb"`, "name must not contain control characters"},
	{"a name with a C1 control character", `"name":"a\u0085b"`, "name must not contain control characters"},
	{"a name that is not UTF-8", "\"name\":\"\xff\"", "not valid UTF-8"},
	{"a name with half a surrogate pair", `"name":"\ud83d"`, "half of a surrogate pair"},
	{"a name that is a number", `"name":7`, "name must be a string"},
	{"a negative stock", `"stockTotal":-1`, "stockTotal must be an integer from 0 to 1000000000000"},
	{"a stock that is too large", `"stockTotal":1000000000001`, "stockTotal must be"},
	{"a stock beyond 64 bits", `"stockTotal":9223372036854775808`, "stockTotal must be"},
	{"a stock with a fraction", `"stockTotal":1.0`, "stockTotal must be"},
	{"a stock with an exponent", `"stockTotal":1e3`, "stockTotal must be"},
	{"a stock of minus zero", `"stockTotal":-0`, "stockTotal must be"},
	{"a stock that is a string", `"stockTotal":"5"`, "stockTotal must be a number"},
	{"a stock that is an array", `"stockTotal":[5]`, "stockTotal must be a number"},
	{"a stock twice", `"stockTotal":5,"stockTotal":5`, "stockTotal is given more than once"},
	{"a negative limit", `"perUserLimit":-1`, "perUserLimit must be an integer from 0 to 1000000000000"},
	{"a limit that is too large", `"perUserLimit":1000000000001`, "perUserLimit must be"},
	{"a limit with a fraction", `"perUserLimit":1.5`, "perUserLimit must be"},
	{"a limit that is a boolean", `"perUserLimit":true`, "perUserLimit must be a number"},
	{"a negative payment window", `"paymentWindowSeconds":-1`, "paymentWindowSeconds must be an integer from 0 to 31536000"},
	{"a payment window beyond a year", `"paymentWindowSeconds":31536001`, "paymentWindowSeconds must be"},
	{"a payment window with a unit", `"paymentWindowSeconds":"15m"`, "paymentWindowSeconds must be a number"},
	{"a begin that is a date", `"startsAt":"2026-01-17"`, "startsAt must be a time of RFC 3339"},
	{"a begin without a zone", `"startsAt":"2026-01-17T10:00:00"`, "startsAt must be"},
	{"a begin on a day that is not", `"startsAt":"2026-02-30T10:00:00Z"`, "startsAt must be"},
	{"a begin in unix seconds", `"startsAt":1234567890`, "startsAt must be a string"},
	{"a begin before all streams", `"startsAt":"1969-12-31T23:59:59Z"`, "startsAt must be"},
	{"a begin that is Go's zero time", `"startsAt":"0001-01-01T00:00:00Z"`, "startsAt must be"},
	{"an end in the year 10000 of UTC", `"endsAt":"9999-12-31T23:59:59-00:01"`, "endsAt must be"},
	{"an end that is blank", `"endsAt":" "`, "endsAt must be"},
	{"an end that is an object", `"endsAt":{}`, "endsAt must be a string"},
	{"an end at the begin", `"startsAt":"2026-01-17T10:00:00Z","endsAt":"2026-01-17T18:00:00+08:00"`, "startsAt must be before endsAt"},
	{"an end before the begin", `"startsAt":"2026-01-17T10:00:00Z","endsAt":"2026-01-17T09:59:59.999999Z"`, "startsAt must be before endsAt"},
	{"a window below the microsecond", `"startsAt":"2026-01-17T10:00:00Z","endsAt":"2026-01-17T10:00:00.0000009Z"`, "startsAt must be before endsAt"},
	{"a status", `"status":"ENDED"`, `"status" is not a known field`},
	{"a field in another case", `"Name":"n"`, `"Name" is not a known field`},
	{"what is left", `"stockLeft":1`, `"stockLeft" is not a known field`},
}

func TestBadProducts(t *testing.T) {
	s := newShop(t)
	create := func(body string) answer { return s.post("/admin/v1/products", body) }
	for _, tt := range badFields {
		t.Run("a product with "+tt.name, func(t *testing.T) {
			name := `"name":"n",`
			if strings.HasPrefix(tt.field, `"name"`) {
				name = ""
			}
			create(`{"productId":1,`+name+tt.field+`}`).refused(t, http.StatusBadRequest, seckill.CodeInvalidArgument, tt.part)
		})
	}
	for body, part := range map[string]string{
		``:                                       "body must not be empty",
		`{}`:                                     "productId is missing",
		`{"productId":1}`:                        "name is missing",
		`{"name":"n"}`:                           "productId is missing",
		`{"productId":0,"name":"n"}`:             "productId must be a positive integer",
		`{"productId":-1,"name":"n"}`:            "productId must be",
		`{"productId":"1.0","name":"n"}`:         "productId must be",
		`{"productId":null,"name":"n"}`:          "productId is missing",
		`{"productId":1,"name":null}`:            "name is missing",
		`{"productId":1e0,"name":"n"}`:           "productId must be",
		`{"productId":1,"name":"n"`:              "exactly one JSON value",
		`[{"productId":1,"name":"n"}]`:           "body must be an object",
		`{"productId":1,"name":"n","x":{"y":1}}`: `"x" is not a known field`,
		// Only a change takes something away.
		`{"productId":1,"name":"n","startsAt":""}`: "startsAt must not be empty",
	} {
		t.Run("the body "+body, func(t *testing.T) {
			create(body).refused(t, http.StatusBadRequest, seckill.CodeInvalidArgument, part)
		})
	}
	s.post("/admin/v1/products", `{"productId":1,"name":"n"}`, with("Content-Type", "text/plain")).
		refused(t, http.StatusUnsupportedMediaType, seckill.CodeUnsupportedMediaType, "application/json")
	s.post("/admin/v1/products?dry=1", `{"productId":1,"name":"n"}`).
		refused(t, http.StatusBadRequest, seckill.CodeInvalidArgument, `"dry"`)
	if a := s.get("/admin/v1/products"); a.body != `{"items":[],"nextCursor":""}` {
		t.Errorf("something was stored: %s", a.body)
	}
	if got := s.audits(); got != "" {
		t.Errorf("audit = %s", got)
	}
}

func TestBadChangesOfAProduct(t *testing.T) {
	s := newShop(t)
	s.create(1, `,"startsAt":"2026-01-01T00:00:00Z","endsAt":"2026-02-01T00:00:00Z"`)
	before := s.get("/admin/v1/products/1").body
	for _, tt := range badFields {
		t.Run("a change with "+tt.name, func(t *testing.T) {
			s.put("/admin/v1/products/1", `{`+tt.field+`}`).
				refused(t, http.StatusBadRequest, seckill.CodeInvalidArgument, tt.part)
		})
	}
	for body, part := range map[string]string{
		``:                                    "at least one field",
		`{}`:                                  "at least one field",
		`{"productId":1,"name":"n"}`:          `"productId" is not a known field`,
		`{"name":"n"} {}`:                     "exactly one JSON value",
		`{"startsAt":"2026-02-01T00:00:00Z"}`: "startsAt must be before endsAt", // against what is stored
		`{"endsAt":"2026-01-01T00:00:00Z"}`:   "startsAt must be before endsAt",
	} {
		t.Run("the body "+body, func(t *testing.T) {
			s.put("/admin/v1/products/1", body).refused(t, http.StatusBadRequest, seckill.CodeInvalidArgument, part)
		})
	}
	if after := s.get("/admin/v1/products/1").body; after != before {
		t.Errorf("the product changed: %s", after)
	}
}

func TestBadChangesOfStock(t *testing.T) {
	s := newShop(t)
	s.create(1, `,"stockTotal":10`)
	note := func(text string) string { return fmt.Sprintf(`{"delta":1,"note":"%s"}`, text) }
	for body, part := range map[string]string{
		``:                                   "body must not be empty",
		`{}`:                                 "delta is missing",
		`{"delta":1}`:                        "note is missing",
		`{"note":"n"}`:                       "delta is missing",
		`{"delta":0,"note":"n"}`:             "delta must not be 0",
		`{"delta":1000000000001,"note":"n"}`: "delta must be an integer from -1000000000000 to 1000000000000",
		`{"delta":-9223372036854775808,"note":"n"}`: "delta must be",
		`{"delta":-1.0,"note":"n"}`:                 "delta must be",
		`{"delta":"1","note":"n"}`:                  "delta must be a number",
		`{"delta":null,"note":"n"}`:                 "delta is missing",
		`{"delta":1,"note":"n","stockTotal":5}`:     `"stockTotal" is not a known field`,
		`{"delta":1,"note":7}`:                      "note must be a string",
		`{"delta":1,"note":null}`:                   "note is missing",
		note(""):                                    "note must not be empty",
		note("  "):                                  "note must have 1 to 255 characters and not be blank",
		note(strings.Repeat("ß", 256)):              "note must have 1 to 255 characters",
		note(`a\tb`):                                "note must not contain control characters",
	} {
		t.Run("the body "+body, func(t *testing.T) {
			s.post("/admin/v1/products/1/stock", body).refused(t, http.StatusBadRequest, seckill.CodeInvalidArgument, part)
		})
	}
	if got := s.left(1); got != 10 {
		t.Errorf("%d left of 10", got)
	}
	if a := s.post("/admin/v1/products/1/stock", note(strings.Repeat("ß", 255))); a.status != http.StatusOK {
		t.Errorf("a note of 255 characters: %d %s", a.status, a.body)
	}
}

func TestBadIDsInThePath(t *testing.T) {
	s := newShop(t)
	for _, id := range []string{"0", "-1", "+1", "01", "1.0", "abc", "9223372036854775808", "%00"} {
		for _, route := range shopRoutes {
			field := "productId"
			path := strings.Replace(route.path, "products/1", "products/"+id, 1)
			if strings.HasPrefix(path, "/api/v1/orders") {
				field = "orderId"
				path = strings.NewReplacer("orders/1", "orders/"+id, "orders/2", "orders/"+id).Replace(path)
			}
			if path == route.path {
				continue
			}
			t.Run(route.method+" "+path, func(t *testing.T) {
				s.send(route.method, path, strings.NewReader(route.body)).
					refused(t, http.StatusBadRequest, seckill.CodeInvalidArgument, field)
			})
		}
	}
}
