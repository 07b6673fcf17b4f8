package request_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"seckill/internal/request"
	"seckill/internal/seckill"
	"seckill/internal/types"

	"github.com/zeromicro/go-zero/rest/pathvar"
)

// jsonBody makes a request for product 7 with a body.
func jsonBody(method, body string) *http.Request {
	r := httptest.NewRequest(method, "/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return pathvar.WithVars(r, map[string]string{"productId": "7"})
}

func TestWhatIsAbsentTakesItsDefault(t *testing.T) {
	var req types.CreateProductRequest
	if err := request.Parse(jsonBody(http.MethodPost, `{"productId":1,"name":"n"}`), &req); err != nil {
		t.Fatal(err)
	}
	if want := (types.CreateProductRequest{ProductId: 1, Name: "n", PerUserLimit: 1}); req != want {
		t.Errorf("request = %+v, want %+v", req, want)
	}
}

func TestWhatIsAbsentIsToldFromWhatIsTakenAway(t *testing.T) {
	change := func(body string) seckill.ProductChange {
		t.Helper()
		var req types.ChangeProductRequest
		if err := request.Parse(jsonBody(http.MethodPut, body), &req); err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		c, err := request.ProductChange(&req)
		if err != nil || req.ProductId != 7 {
			t.Fatalf("%s: product %d, %v", body, req.ProductId, err)
		}
		return c
	}
	c := change(`{"perUserLimit":0}`)
	if c.PerUserLimit == nil || *c.PerUserLimit != 0 {
		t.Errorf("limit = %v, want 0", c.PerUserLimit)
	}
	if c != (seckill.ProductChange{PerUserLimit: c.PerUserLimit}) {
		t.Errorf("more than the limit changes: %+v", c)
	}
	for _, body := range []string{`{"startsAt":null}`, `{"startsAt":""}`} {
		c := change(body)
		if c.StartsAt == nil || !c.StartsAt.IsZero() || c != (seckill.ProductChange{StartsAt: c.StartsAt}) {
			t.Errorf("%s: %+v, want the begin alone, taken away", body, c)
		}
	}
	c = change(`{"endsAt":"2026-01-17T18:00:00.1234567+08:00","stockTotal":0,"paymentWindowSeconds":0}`)
	if want := time.Date(2026, 1, 17, 10, 0, 0, 123_456_000, time.UTC); *c.EndsAt != want {
		t.Errorf("end = %v, want %v", *c.EndsAt, want)
	}
	if *c.StockTotal != 0 || *c.PaymentWindow != 0 || c.Name != nil || c.StartsAt != nil || c.PerUserLimit != nil {
		t.Errorf("change = %+v", c)
	}
}

// FuzzProductBody: whatever a client sends is refused with a code, or is a product
// that can be stored.
func FuzzProductBody(f *testing.F) {
	f.Add(`{"productId":1,"name":"n","stockTotal":5,"perUserLimit":0,"startsAt":"2026-01-17T10:00:00Z","paymentWindowSeconds":1}`)
	f.Add(`{"productId":1,"name":"n","endsAt":"0001-01-01T00:00:00Z"}`)
	f.Add(`{"startsAt":null,"endsAt":""}`)
	f.Fuzz(func(t *testing.T, body string) {
		var create types.CreateProductRequest
		err := request.Parse(jsonBody(http.MethodPost, body), &create)
		if err == nil {
			var p seckill.Product
			if p, err = request.Product(&create); err == nil && p.Validate() != nil {
				t.Errorf("body %q makes %+v", body, p)
			}
		}
		if err != nil && seckill.ErrorCode(err) == seckill.CodeInternal {
			t.Errorf("body %q: %v", body, err)
		}
		var change types.ChangeProductRequest
		if err = request.Parse(jsonBody(http.MethodPut, body), &change); err == nil {
			_, err = request.ProductChange(&change)
		}
		if err != nil && seckill.ErrorCode(err) == seckill.CodeInternal {
			t.Errorf("body %q: %v", body, err)
		}
	})
}
