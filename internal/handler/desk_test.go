package handler_test

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"seckill/internal/auth"
	"seckill/internal/seckill"
	"seckill/internal/types"
)

// TestOrdersAreListed compares every combination of filters with what the rows say.
func TestOrdersAreListed(t *testing.T) {
	s := newShop(t)
	s.create(1, `,"stockTotal":100,"perUserLimit":0,"paymentWindowSeconds":600`)
	s.create(2, `,"stockTotal":100,"perUserLimit":0,"paymentWindowSeconds":600`)
	for i := range 30 {
		s.settle(int64(1+i%2), fmt.Sprintf("%d %d-0", 1+i%3, i+1))
	}
	for i, ref := range []string{"a", "b", "a"} {
		s.post(s.orderPath(fmt.Sprintf("%d-0", i+1))+"/pay", `{"paymentRef":"`+ref+`"}`).into(t, http.StatusOK, &types.OrderResponse{})
	}
	all := s.ordersOf("limit=100")
	if len(all) != 30 || !slices.IsSortedFunc(all, func(a, b types.OrderResponse) int { return int(b.OrderId - a.OrderId) }) {
		t.Fatalf("%d orders, or not newest first", len(all))
	}
	middle := all[15].CreatedAt
	filters := map[string]func(types.OrderResponse) bool{
		"productId=2":    func(o types.OrderResponse) bool { return o.ProductId == 2 },
		"userId=3":       func(o types.OrderResponse) bool { return o.UserId == 3 },
		"status=PAID":    func(o types.OrderResponse) bool { return o.Status == "PAID" },
		"paymentRef=a":   func(o types.OrderResponse) bool { return o.PaymentRef == "a" },
		"from=" + middle: func(o types.OrderResponse) bool { return o.CreatedAt >= middle },
		"to=" + middle:   func(o types.OrderResponse) bool { return o.CreatedAt < middle },
		fmt.Sprintf("orderId=%d", all[7].OrderId): func(o types.OrderResponse) bool { return o.OrderId == all[7].OrderId },
		"streamId=" + all[4].StreamId:             func(o types.OrderResponse) bool { return o.StreamId == all[4].StreamId },
		"userId=1&limit=4":                        func(o types.OrderResponse) bool { return o.UserId == 1 },
	}
	for a, first := range filters {
		for b, second := range filters {
			query := a
			name := func(filter string) string { return strings.SplitN(filter, "=", 2)[0] }
			if a > b || a != b && name(a) == name(b) || name(a) == "from" && name(b) == "to" {
				continue
			}
			if a != b {
				query += "&" + b
			}
			want := slices.DeleteFunc(slices.Clone(all), func(o types.OrderResponse) bool { return !first(o) || !second(o) })
			if got := s.ordersOf(query); !slices.Equal(got, want) && len(got)+len(want) > 0 {
				t.Errorf("%s: %d orders, want %d", query, len(got), len(want))
			}
		}
	}
	s.get("/admin/v1/orders?status=SOLD").refused(t, http.StatusBadRequest, seckill.CodeInvalidArgument, "status")
	s.get("/admin/v1/orders?streamId=1").refused(t, http.StatusBadRequest, seckill.CodeInvalidArgument, "streamId must be")
	s.get("/admin/v1/orders/export?streamId=1").refused(t, http.StatusBadRequest, seckill.CodeInvalidArgument, "streamId must be")
	s.get("/admin/v1/orders", s.as("bff")).refused(t, http.StatusForbidden, seckill.CodeForbidden, "")
}

// ordersOf reads all pages of a list of orders.
func (s *shop) ordersOf(query string) []types.OrderResponse {
	s.t.Helper()
	return allOf[types.OrderResponse](s, "/admin/v1/orders?"+query)
}

// TestOrdersAreExported exports more orders than are read at once, in both forms.
func TestOrdersAreExported(t *testing.T) {
	const orders = 2500
	s := newShop(t)
	s.create(7, `,"stockTotal":10000,"perUserLimit":0,"paymentWindowSeconds":600`)
	batch := make([]string, orders)
	for i := range batch {
		batch[i] = fmt.Sprintf("%d %d-0", i+1, i+1)
	}
	s.settle(7, batch...)
	s.post(s.orderPath("1-0")+"/pay", `{"paymentRef":"a \"ref\", with all"}`).into(t, http.StatusOK, &types.OrderResponse{})

	lines := s.get("/admin/v1/orders/export?productId=7")
	if got := lines.header.Get("Content-Type"); got != "application/x-ndjson" {
		t.Errorf("content type = %q", got)
	}
	var exported []types.OrderResponse
	for scanner := bufio.NewScanner(strings.NewReader(lines.body)); scanner.Scan(); {
		var o types.OrderResponse
		if err := json.Unmarshal(scanner.Bytes(), &o); err != nil {
			t.Fatalf("%s: %v", scanner.Text(), err)
		}
		exported = append(exported, o)
	}
	if want := s.ordersOf("productId=7&limit=100"); !slices.Equal(exported, want) || len(want) != orders {
		t.Errorf("%d orders exported, %d listed", len(exported), len(want))
	}

	table := s.get("/admin/v1/orders/export?productId=7", with("Accept", "text/csv"))
	rows, err := csv.NewReader(strings.NewReader(table.body)).ReadAll()
	if err != nil || len(rows) != orders+1 || rows[0][0] != "orderId" || rows[orders][7] != `a "ref", with all` {
		t.Fatalf("%d rows, %v; last %v", len(rows), err, rows[len(rows)-1])
	}
	for _, accept := range []string{"text/csv;q=0", "application/json", "*/*"} {
		if got := s.get("/admin/v1/orders/export?userId=1", with("Accept", accept)).header.Get("Content-Type"); got != "application/x-ndjson" {
			t.Errorf("Accept: %s is answered with %q", accept, got)
		}
	}
	empty := s.get("/admin/v1/orders/export?productId=8")
	if empty.status != http.StatusOK || empty.body != "" {
		t.Errorf("nothing to export: %d %q", empty.status, empty.body)
	}
	s.get("/admin/v1/orders/export?limit=5").refused(t, http.StatusBadRequest, seckill.CodeInvalidArgument, "limit")
}

// TestAuditShowsWhoDidWhat lists what operators did, page by page and all at once.
func TestAuditShowsWhoDidWhat(t *testing.T) {
	s := newShop(t)
	s.create(1, `,"stockTotal":10`)
	s.create(2, `,"stockTotal":10`)
	for range 3 {
		s.post("/admin/v1/products/1/pause", "").into(t, http.StatusOK, &types.ProductResponse{})
		s.post("/admin/v1/products/1/resume", "").into(t, http.StatusOK, &types.ProductResponse{})
	}
	s.exec(`INSERT INTO seckill_audit (actor, action, target, detail) VALUES ('bob', 'made.up', 'order:1', '{"id": 9223372036854775807}')`)

	all := s.auditOf("limit=3")
	if len(all) != 9 || all[0].Actor != "bob" || all[8].Action != "product.create" {
		t.Fatalf("audit = %+v", all)
	}
	for query, want := range map[string]int{
		"actor=alice": 8, "action=product.pause": 3, "target=product:1": 7, "target=product:2": 1,
		"actor=alice&action=product.resume&target=product:1": 3, "actor=nobody": 0,
		"from=" + all[0].CreatedAt: 1, "to=" + all[0].CreatedAt: 8,
	} {
		if got := s.auditOf(query); len(got) != want {
			t.Errorf("%s: %d rows, want %d", query, len(got), want)
		}
	}
	lines := s.get("/admin/v1/audit", with("Accept", "application/x-ndjson"))
	if n := strings.Count(lines.body, "\n"); n != 9 || !strings.Contains(lines.body, `"detail":{"id":9223372036854775807}`) {
		t.Errorf("%d lines: %s", n, lines.body)
	}
	s.get("/admin/v1/audit?from=now").refused(t, http.StatusBadRequest, seckill.CodeInvalidArgument, "from")
}

// auditOf reads all pages of the audit.
func (s *shop) auditOf(query string) []types.AuditEntry {
	s.t.Helper()
	return allOf[types.AuditEntry](s, "/admin/v1/audit?"+query)
}

// TestWhoMayNotIsWrittenDown has callers try what their role does not allow.
func TestWhoMayNotIsWrittenDown(t *testing.T) {
	s := newShop(t)
	s.create(1, `,"stockTotal":10`)
	s.settle(1, "5 1-0") // CONFIRMED: an operator alone may cancel it
	s.exec("DELETE FROM seckill_audit")
	order := s.orderPath("1-0")

	s.post("/admin/v1/products/1/pause", "", s.as("viewer")).refused(t, http.StatusForbidden, seckill.CodeForbidden, "viewer")
	s.put("/admin/v1/products/1", `{"name":"x"}`, s.as("bff")).refused(t, http.StatusForbidden, seckill.CodeForbidden, "bff")
	s.get("/admin/v1/products/1", s.as("bff")).refused(t, http.StatusForbidden, seckill.CodeForbidden, "bff") // changes nothing
	s.post(order+"/cancel", "", s.as("bff")).refused(t, http.StatusForbidden, seckill.CodeForbidden, "")
	s.post("/admin/v1/products/1/pause", "", with("Authorization", "Bearer nonsense")).refused(t, http.StatusUnauthorized, seckill.CodeUnauthorized, "")

	want := "alice request.refused POST /admin/v1/products/1/pause, alice request.refused PUT /admin/v1/products/1, " +
		"alice request.refused " + "order:" + strings.TrimPrefix(order, "/api/v1/orders/")
	if got := s.audits(); got != want {
		t.Errorf("audit = %q, want %q", got, want)
	}
}

// TestSessionSaysWhatATokenIsGoodFor asks as both roles that may.
func TestSessionSaysWhatATokenIsGoodFor(t *testing.T) {
	s := newShop(t)
	for role, allowed := range map[string]string{
		"operator": strings.Join(auth.RoleOperator.Allowed(), ","), "viewer": "api.read,admin.read",
	} {
		var session types.SessionResponse
		s.get("/admin/v1/session", s.as(role)).into(t, http.StatusOK, &session)
		expires, err := time.Parse(time.RFC3339, session.ExpiresAt)
		if session.Subject != "alice" || session.Role != role || strings.Join(session.Allowed, ",") != allowed ||
			err != nil || time.Until(expires) < 50*time.Minute {
			t.Errorf("session = %+v, %v", session, err)
		}
	}
	s.get("/admin/v1/session", s.as("bff")).refused(t, http.StatusForbidden, seckill.CodeForbidden, "")
}

// TestLogsTheOldestFirst reads all pages in both directions, with every kind of filter.
func TestLogsTheOldestFirst(t *testing.T) {
	s := newShop(t)
	s.create(1, "")
	s.create(2, "")
	for i := range 40 {
		s.log(int64(1+i%2), int64(1+i%3), fmt.Sprintf("%d-0", i+1), []string{"PROCESSING", "FAILED"}[i/2%2])
	}
	for _, filter := range []string{"", "&productId=1", "&productId=1&status=PROCESSING", "&status=PROCESSING", "&userId=2", "&userId=2&productId=1"} {
		newest, oldest := s.logsOf("order=desc"+filter), s.logsOf("order=asc"+filter)
		slices.Reverse(oldest)
		if !slices.Equal(newest, oldest) || len(newest) == 0 {
			t.Errorf("%q: %d newest first, %d oldest first", filter, len(newest), len(oldest))
		}
	}
	var page types.LogPage
	s.get("/admin/v1/logs?limit=1&order=asc").into(t, http.StatusOK, &page)
	s.get("/admin/v1/logs?cursor="+page.NextCursor).refused(t, http.StatusBadRequest, seckill.CodeInvalidArgument, "cursor")
	s.get("/admin/v1/logs?order=up").refused(t, http.StatusBadRequest, seckill.CodeInvalidArgument, "order")
}

// logsOf reads all pages of a list of logs.
func (s *shop) logsOf(query string) []types.Log {
	s.t.Helper()
	return allOf[types.Log](s, "/admin/v1/logs?limit=7&"+query)
}

// allOf reads all pages of a list.
func allOf[T any](s *shop, path string, edit ...func(*http.Request)) []T {
	s.t.Helper()
	var all []T
	for cursor := ""; ; {
		var page struct {
			Items      []T    `json:"items"`
			NextCursor string `json:"nextCursor"`
		}
		at := path
		if cursor != "" {
			at += "&cursor=" + cursor
		}
		s.get(at, edit...).into(s.t, http.StatusOK, &page)
		all = append(all, page.Items...)
		if cursor = page.NextCursor; cursor == "" {
			return all
		}
	}
}
