package handler_test

import (
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/internal/stream"
	"seckill/internal/types"
)

func TestCreateProduct(t *testing.T) {
	s := newShop(t)
	long := strings.Repeat("茶", 200)
	tests := []struct{ name, fields, want string }{
		{"without stock is record-only", `"name":"tea"`, `"tea" ACTIVE RECORD total=- left=- limit=1 [,) window=-`},
		{
			"with everything",
			`"name":"tea 🍵","stockTotal":100,"perUserLimit":2,"startsAt":"2026-11-11T00:00:00+08:00",` +
				`"endsAt":"2026-11-11T00:00:00.5Z","paymentWindowSeconds":900`,
			`"tea 🍵" ACTIVE SETTLE total=100 left=100 limit=2 [2026-11-10T16:00:00.000000Z,2026-11-11T00:00:00.500000Z) window=900`,
		},
		{"with a stock of zero is settled", `"name":"n","stockTotal":0`, `"n" ACTIVE SETTLE total=0 left=0 limit=1 [,) window=-`},
		{"without a limit", `"name":"n","perUserLimit":0`, `"n" ACTIVE RECORD total=- left=- limit=0 [,) window=-`},
		{"with a payment window of 0 has none", `"name":"n","paymentWindowSeconds":0`, `"n" ACTIVE RECORD total=- left=- limit=1 [,) window=-`},
		{"with a begin alone", `"name":"n","startsAt":"1970-01-01T00:00:00Z"`, `"n" ACTIVE RECORD total=- left=- limit=1 [1970-01-01T00:00:00.000000Z,) window=-`},
		{"with an end alone", `"name":"n","endsAt":"9999-12-31T23:59:59.999999Z"`, `"n" ACTIVE RECORD total=- left=- limit=1 [,9999-12-31T23:59:59.999999Z) window=-`},
		{"with a window of a microsecond", `"name":"n","startsAt":"2026-01-01T00:00:00Z","endsAt":"2026-01-01T00:00:00.0000019Z"`, `"n" ACTIVE RECORD total=- left=- limit=1 [2026-01-01T00:00:00.000000Z,2026-01-01T00:00:00.000001Z) window=-`},
		{
			"with the greatest of everything",
			`"name":"` + long + `","stockTotal":1000000000000,"perUserLimit":1000000000000,"paymentWindowSeconds":31536000`,
			`"` + long + `" ACTIVE SETTLE total=1000000000000 left=1000000000000 limit=1000000000000 [,) window=31536000`,
		},
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := fmt.Sprintf("%d %s", i+1, tt.want)
			body := fmt.Sprintf(`{"productId":%d,%s}`, i+1, tt.fields)
			if got := show(productOf(t, s.post("/admin/v1/products", body), http.StatusCreated)); got != want {
				t.Errorf("created %s\nwant    %s", got, want)
			}
			path := fmt.Sprintf("/admin/v1/products/%d", i+1)
			if got := show(productOf(t, s.get(path), http.StatusOK)); got != want {
				t.Errorf("stored %s\nwant   %s", got, want)
			}
		})
	}
}

func TestCreateProductThatExists(t *testing.T) {
	s := newShop(t)
	s.create(1, `,"stockTotal":5`)
	s.post("/admin/v1/products", `{"productId":1,"name":"other","stockTotal":9}`).
		refused(t, http.StatusConflict, seckill.CodeProductExists, "product 1")
	if got := show(productOf(t, s.get("/admin/v1/products/1"), http.StatusOK)); !strings.Contains(got, `"p1" ACTIVE SETTLE total=5`) {
		t.Errorf("the product became %s", got)
	}
	if got := s.audits(); got != "alice product.create product:1" {
		t.Errorf("audit = %s", got)
	}
}

func TestProductShape(t *testing.T) {
	s := newShop(t)
	s.exec(`INSERT INTO seckill_products (product_id, name, status, stock_total, stock_left, per_user_limit, starts_at, ends_at,
			payment_window_seconds, ended_at, created_at, updated_at)
		VALUES (1, 'tea', 'ENDED', 10, 0, 0, '2026-01-17 18:00:00+08', '2026-01-17 12:00:00+00', 900, now(),
			'2026-01-01 00:00:00+00', '2026-01-17 10:00:00.000001+00'),
			(2, '', 'ACTIVE', NULL, NULL, 1, NULL, NULL, NULL, NULL, '2026-01-01 00:00:00+00', '2026-01-01 00:00:00+00')`)
	const settled = `{"productId":1,"name":"tea","status":"ENDED","mode":"SETTLE","stockTotal":10,"stockLeft":0,"perUserLimit":0,` +
		`"startsAt":"2026-01-17T10:00:00.000000Z","endsAt":"2026-01-17T12:00:00.000000Z","paymentWindowSeconds":900,` +
		`"createdAt":"2026-01-01T00:00:00.000000Z","updatedAt":"2026-01-17T10:00:00.000001Z"}`
	const recorded = `{"productId":2,"name":"","status":"ACTIVE","mode":"RECORD","perUserLimit":1,` +
		`"createdAt":"2026-01-01T00:00:00.000000Z","updatedAt":"2026-01-01T00:00:00.000000Z"}`
	for path, want := range map[string]string{
		"/admin/v1/products/1": settled, "/admin/v1/products/2": recorded,
		"/admin/v1/products": `{"items":[` + recorded + `,` + settled + `],"nextCursor":""}`,
	} {
		if a := s.get(path); a.status != http.StatusOK || a.body != want {
			t.Errorf("%s = %d %s\nwant %s", path, a.status, a.body, want)
		}
	}
}

func TestProductsArePagedHighestFirst(t *testing.T) {
	s := newShop(t)
	if a := s.get("/admin/v1/products"); a.body != `{"items":[],"nextCursor":""}` {
		t.Errorf("without products: %s", a.body)
	}
	for _, id := range []int64{1, 7, 1001, 12, math.MaxInt64} {
		s.create(id, "")
	}
	var got []int64
	for cursor, asked := "", 0; asked < 10; asked++ {
		var page types.ProductPage
		s.get("/admin/v1/products?limit=2"+cursor).into(t, http.StatusOK, &page)
		for _, item := range page.Items {
			got = append(got, item.ProductId)
		}
		if page.NextCursor == "" {
			break
		}
		cursor = "&cursor=" + page.NextCursor
	}
	if fmt.Sprint(got) != "[9223372036854775807 1001 12 7 1]" {
		t.Errorf("products = %v", got)
	}
	for query, part := range map[string]string{
		"limit=0": "limit", "limit=101": "limit", "cursor=x": "cursor", "cursor=": "cursor", "status=ACTIVE": `"status"`,
	} {
		s.get("/admin/v1/products?"+query).refused(t, http.StatusBadRequest, seckill.CodeInvalidArgument, part)
	}
	var streams types.StreamPage
	s.get("/admin/v1/streams?limit=1").into(t, http.StatusOK, &streams)
	s.get("/admin/v1/products?cursor="+streams.NextCursor).
		refused(t, http.StatusBadRequest, seckill.CodeInvalidArgument, "cursor")
}

func TestChangeProduct(t *testing.T) {
	s := newShop(t)
	s.create(1, `,"startsAt":"2026-01-01T00:00:00Z","endsAt":"2026-02-01T00:00:00Z","paymentWindowSeconds":60`)
	const winter = "[2026-01-01T00:00:00.000000Z,2026-02-01T00:00:00.000000Z)"
	// Each builds on the one before.
	for _, step := range []struct{ name, body, want string }{
		{"its name", `{"name":"tea"}`, `"tea" ACTIVE RECORD total=- left=- limit=1 ` + winter + ` window=60`},
		{"its limit to none", `{"perUserLimit":0}`, `"tea" ACTIVE RECORD total=- left=- limit=0 ` + winter + ` window=60`},
		{"its payment window to none", `{"paymentWindowSeconds":0}`, `"tea" ACTIVE RECORD total=- left=- limit=0 ` + winter + ` window=-`},
		{"its begin away by an empty text", `{"startsAt":""}`, `"tea" ACTIVE RECORD total=- left=- limit=0 [,2026-02-01T00:00:00.000000Z) window=-`},
		{"its end away by null", `{"endsAt":null}`, `"tea" ACTIVE RECORD total=- left=- limit=0 [,) window=-`},
		{"what is away to away", `{"startsAt":null,"endsAt":""}`, `"tea" ACTIVE RECORD total=- left=- limit=0 [,) window=-`},
		{
			"everything at once, to a settled product without units",
			`{"name":"n","stockTotal":0,"perUserLimit":3,"startsAt":"2026-01-01T08:00:00+08:00","endsAt":"2026-02-01T00:00:00Z","paymentWindowSeconds":900}`,
			`"n" ACTIVE SETTLE total=0 left=0 limit=3 ` + winter + ` window=900`,
		},
		{"nothing, giving what is there", `{"perUserLimit":3}`, `"n" ACTIVE SETTLE total=0 left=0 limit=3 ` + winter + ` window=900`},
	} {
		t.Run(step.name, func(t *testing.T) {
			if got := show(productOf(t, s.put("/admin/v1/products/1", step.body), http.StatusOK)); got != "1 "+step.want {
				t.Errorf("changed to %s\nwant         1 %s", got, step.want)
			}
			if got := show(productOf(t, s.get("/admin/v1/products/1"), http.StatusOK)); got != "1 "+step.want {
				t.Errorf("stored %s\nwant   1 %s", got, step.want)
			}
		})
	}
	s.put("/admin/v1/products/1", `{"stockTotal":10}`).
		refused(t, http.StatusConflict, seckill.CodeInvalidTransition, "has stock already")
	s.put("/admin/v1/products/9", `{"name":"n"}`).
		refused(t, http.StatusNotFound, seckill.CodeProductNotFound, "product 9")
	// One row for each change that changed something, with what was and what is.
	changes := servertest.Count(t, s.pool, `SELECT count(*) FROM seckill_audit WHERE action = 'product.change' AND actor = 'alice'`)
	if changes != 6 {
		t.Errorf("%d audit rows of 6", changes)
	}
	if n := servertest.Count(t, s.pool, `SELECT count(*) FROM seckill_audit
		WHERE detail->'before'->>'name' = 'p1' AND detail->'after'->>'name' = 'tea'`); n != 1 {
		t.Error("the audit does not show the change of the name")
	}
}

func TestMoveProduct(t *testing.T) {
	s := newShop(t)
	s.create(1, "")
	for _, step := range []struct{ call, status string }{
		{"resume", "ACTIVE"}, {"pause", "PAUSED"}, {"pause", "PAUSED"}, {"resume", "ACTIVE"},
		{"pause", "PAUSED"}, {"end", "ENDED"}, {"end", "ENDED"}, {"pause", ""}, {"resume", ""},
	} {
		a := s.post("/admin/v1/products/1/"+step.call, "")
		if step.status == "" {
			a.refused(t, http.StatusConflict, seckill.CodeInvalidTransition, "ended")
			continue
		}
		if p := productOf(t, a, http.StatusOK); p.Status != step.status {
			t.Errorf("%s: %s, want %s", step.call, p.Status, step.status)
		}
	}
	const want = "alice product.create product:1, alice product.pause product:1, alice product.resume product:1, " +
		"alice product.pause product:1, alice product.end product:1"
	if got := s.audits(); got != want {
		t.Errorf("audit = %s\nwant    %s", got, want)
	}
}

func TestEndOfAProductIsByTheClockOfRedis(t *testing.T) {
	s := newShop(t)
	s.create(1, `,"stockTotal":10`)
	s.clock.err = fmt.Errorf("read the clock: %w", silence{})
	s.post("/admin/v1/products/1/end", "").refused(t, http.StatusServiceUnavailable, seckill.CodeUnavailable, "try again")
	if p := productOf(t, s.get("/admin/v1/products/1"), http.StatusOK); p.Status != "ACTIVE" {
		t.Errorf("ended without a clock: %s", p.Status)
	}
	// Without Redis a product can still be paused.
	if a := s.post("/admin/v1/products/1/pause", ""); a.status != http.StatusOK {
		t.Errorf("pause = %d %s", a.status, a.body)
	}
	s.clock.err = nil
	productOf(t, s.post("/admin/v1/products/1/end", ""), http.StatusOK) // at 1,000 ms
	s.settle(1, "5 999-7", "6 1000-0")
	var early, late types.ResultResponse
	s.get("/api/v1/products/1/users/5/result").into(t, http.StatusOK, &early)
	s.get("/api/v1/products/1/users/6/result").into(t, http.StatusOK, &late)
	if early.Status != "SUCCESS" || late.Status != "FAILED" || late.Reason != "ENDED" {
		t.Errorf("before the end %s, at the end %s %s", early.Status, late.Status, late.Reason)
	}
}

// silence is what a client sees of a Redis that does not answer.
type silence struct{}

func (silence) Error() string   { return "i/o timeout" }
func (silence) Timeout() bool   { return true }
func (silence) Temporary() bool { return true }

func TestEndOfAProductWithARealRedis(t *testing.T) {
	server := servertest.Redis(t)
	clients := stream.NewClients(stream.ClientConfig{
		Addrs: []string{server.Addr()}, ReadTimeout: time.Second, WriteTimeout: time.Second,
	})
	t.Cleanup(func() { _ = clients.Close() })
	s := newShop(t)
	inspector := stream.NewInspector(clients.Commands, "g1", seckill.StreamKey)
	s.serveWith(inspector)
	s.create(1, "")
	s.create(2, "")
	before, err := inspector.Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	productOf(t, s.post("/admin/v1/products/1/end", ""), http.StatusOK)
	after, err := inspector.Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if n := servertest.Count(t, s.pool, `SELECT count(*) FROM seckill_products
		WHERE product_id = 1 AND ended_at BETWEEN $1 AND $2`, before, after); n != 1 {
		t.Error("the product did not end at the time that Redis tells")
	}
	if err := server.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.post("/admin/v1/products/2/end", "").refused(t, http.StatusServiceUnavailable, seckill.CodeUnavailable, "try again")
	if p := productOf(t, s.get("/admin/v1/products/2"), http.StatusOK); p.Status != "ACTIVE" {
		t.Errorf("ended without Redis: %s", p.Status)
	}
}

func TestRestockProduct(t *testing.T) {
	s := newShop(t)
	s.create(1, `,"stockTotal":3`)
	s.create(2, "")
	s.settle(1, "5 1-0", "6 2-0")
	restock := func(product int, delta int64) answer {
		return s.post(fmt.Sprintf("/admin/v1/products/%d/stock", product), fmt.Sprintf(`{"delta":%d,"note":"补货 №1"}`, delta))
	}
	for _, step := range []struct {
		delta, total, left int64
	}{{-1, 2, 0}, {5, 7, 5}, {-5, 2, 0}, {1, 3, 1}} {
		p := productOf(t, restock(1, step.delta), http.StatusOK)
		if *p.StockTotal != step.total || *p.StockLeft != step.left {
			t.Errorf("%+d: %s, want total %d and left %d", step.delta, show(p), step.total, step.left)
		}
	}
	restock(1, -2).refused(t, http.StatusConflict, seckill.CodeStockTooLow, "1 units left")
	restock(1, 1_000_000_000_000).refused(t, http.StatusBadRequest, seckill.CodeInvalidArgument, "delta")
	restock(2, 1).refused(t, http.StatusConflict, seckill.CodeRecordOnly, "product 2")
	restock(9, 1).refused(t, http.StatusNotFound, seckill.CodeProductNotFound, "product 9")
	n := servertest.Count(t, s.pool, `SELECT count(*) FROM seckill_audit WHERE actor = 'alice' AND action = 'product.stock'
		AND target = 'product:1' AND detail->>'note' = '补货 №1' AND (detail->>'delta')::int IN (-1, 5, -5, 1)`)
	if n != 4 {
		t.Errorf("%d audit rows of 4", n)
	}
}

func TestUnknownProduct(t *testing.T) {
	s := newShop(t)
	for _, route := range shopRoutes {
		if !strings.HasPrefix(route.path, "/admin/v1/products/1") {
			continue
		}
		s.send(route.method, route.path, strings.NewReader(route.body)).
			refused(t, http.StatusNotFound, seckill.CodeProductNotFound, "product 1")
	}
}
