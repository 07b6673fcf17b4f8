package handler_test

import (
	"fmt"
	"net/http"
	"testing"

	"seckill/internal/seckill"
	"seckill/internal/types"
)

func TestResultIsTheLatestAttempt(t *testing.T) {
	w := newWorld(t)
	// The latest by stream ID, compared as numbers, neither by text nor by row.
	w.log(1, 5, "10-0", "PROCESSING")
	w.log(1, 5, "9-9", "SUCCESS")
	w.log(1, 5, "10-10", "FAILED")
	w.log(1, 5, "10-9", "PROCESSING")
	w.log(1, 6, "99-0", "SUCCESS") // somebody else's
	w.log(2, 5, "98-0", "SUCCESS") // for something else
	w.exec(`UPDATE seckill_logs SET reason = 'SOLD_OUT', created_at = '2026-01-17 18:00:00.5+08'
		WHERE stream_id = '10-10'`)
	w.exec(`UPDATE seckill_logs SET updated_at = '2026-01-17 10:00:01+00' WHERE stream_id = '10-10'`)

	a := w.get("/api/v1/products/1/users/5/result")
	const want = `{"productId":1,"userId":5,"streamId":"10-10","status":"FAILED","reason":"SOLD_OUT",` +
		`"createdAt":"2026-01-17T10:00:00.500000Z","updatedAt":"2026-01-17T10:00:01.000000Z","pollAfterMs":0}`
	if a.status != http.StatusOK || a.body != want {
		t.Errorf("answer = %d %s, want %s", a.status, a.body, want)
	}

	const greatest = "18446744073709551615-18446744073709551615"
	w.log(1, 5, greatest, "PROCESSING")
	w.log(1, 5, "18446744073709551615-18446744073709551614", "FAILED")
	var result types.ResultResponse
	w.get("/api/v1/products/1/users/5/result").into(t, http.StatusOK, &result)
	if result.StreamId != greatest || result.PollAfterMs != 100 || result.Order != nil {
		t.Errorf("result = %+v, want the one of %s", result, greatest)
	}
}

func TestResultIsTheLiveOrder(t *testing.T) {
	w := newWorld(t)
	w.product(1, 100)
	order := func(streamID, status string) {
		w.log(1, 5, streamID, "SUCCESS")
		w.exec(`INSERT INTO seckill_orders (product_id, user_id, stream_id, status, slot, expires_at)
			VALUES (1, 5, $1, $2, $3, '2026-01-17 10:15:00+00')`, streamID, status, len(streamID)*1000+len(status))
	}
	result := func() types.ResultResponse {
		t.Helper()
		var r types.ResultResponse
		w.get("/api/v1/products/1/users/5/result").into(t, http.StatusOK, &r)
		return r
	}
	order("10-0", "EXPIRED")
	if r := result(); r.StreamId != "10-0" || r.Order == nil || r.Order.Status != "EXPIRED" {
		t.Errorf("with an expired order alone: %+v", r)
	}
	w.log(1, 5, "30-0", "FAILED")
	if r := result(); r.StreamId != "30-0" || r.Order != nil {
		t.Errorf("with a later attempt: %+v", r)
	}
	order("9-0", "PENDING_PAYMENT")
	r := result()
	if r.StreamId != "9-0" || r.Status != "SUCCESS" || r.PollAfterMs != 0 {
		t.Errorf("with a live order: %+v", r)
	}
	if r.Order == nil || r.Order.OrderId == 0 || r.Order.Status != "PENDING_PAYMENT" ||
		r.Order.ExpiresAt != "2026-01-17T10:15:00.000000Z" {
		t.Errorf("order = %+v", r.Order)
	}
	order("11-0", "CONFIRMED")
	order("10-5", "PAID")
	if r := result(); r.StreamId != "11-0" {
		t.Errorf("of several live orders: %+v", r)
	}
	w.exec(`UPDATE seckill_orders SET status = 'CANCELLED' WHERE status IN ('CONFIRMED', 'PENDING_PAYMENT')`)
	if r := result(); r.StreamId != "10-5" {
		t.Errorf("of a paid order: %+v", r)
	}
}

func TestResultNotFound(t *testing.T) {
	w := newWorld(t)
	w.log(1, 5, "1-0", "PROCESSING")
	w.get("/api/v1/products/1/users/6/result").
		refused(t, http.StatusNotFound, seckill.CodeResultNotFound, "user 6")
	w.get("/api/v1/products/2/users/5/result").
		refused(t, http.StatusNotFound, seckill.CodeResultNotFound, "product 2")
}

// pages follows a list to its end and returns the stream IDs.
func pages(t *testing.T, w *world, path, query string) (ids []string, count int) {
	t.Helper()
	for cursor := ""; ; {
		var page types.LogPage
		w.get(path+"?"+query+cursor).into(t, http.StatusOK, &page)
		for _, item := range page.Items {
			ids = append(ids, item.StreamId)
		}
		count++
		if page.NextCursor == "" {
			return ids, count
		}
		if count == 1000 {
			t.Fatalf("%s?%s does not end", path, query)
		}
		cursor = "&cursor=" + page.NextCursor
	}
}

func TestListsArePagedNewestFirst(t *testing.T) {
	w := newWorld(t)
	w.product(1, -1)
	for i := range 7 {
		w.log(1, 5, fmt.Sprintf("%d-0", i), []string{"PROCESSING", "SUCCESS", "FAILED"}[i%3])
	}
	w.log(2, 5, "8-0", "FAILED")
	w.log(1, 6, "9-0", "SUCCESS")
	tests := []struct {
		name, path, query, want string
		pages                   int
	}{
		{"of a product", "/api/v1/products/1/results", "limit=3", "[9-0 6-0 5-0 4-0 3-0 2-0 1-0 0-0]", 3},
		{"of a product, in full pages", "/api/v1/products/1/results", "limit=4", "[9-0 6-0 5-0 4-0 3-0 2-0 1-0 0-0]", 2},
		{"of a product, at once", "/api/v1/products/1/results", "limit=100", "[9-0 6-0 5-0 4-0 3-0 2-0 1-0 0-0]", 1},
		{"of a product by status", "/api/v1/products/1/results", "status=SUCCESS&limit=1", "[9-0 4-0 1-0]", 3},
		{"of a user", "/api/v1/users/5/results", "limit=5", "[8-0 6-0 5-0 4-0 3-0 2-0 1-0 0-0]", 2},
		{"of a user by status", "/api/v1/users/5/results", "status=FAILED", "[8-0 5-0 2-0]", 1},
		{"of an unknown user", "/api/v1/users/77/results", "", "[]", 1},
		{"of everything", "/admin/v1/logs", "limit=2", "[9-0 8-0 6-0 5-0 4-0 3-0 2-0 1-0 0-0]", 5},
		{"of everything by status", "/admin/v1/logs", "status=FAILED&limit=2", "[8-0 5-0 2-0]", 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ids, count := pages(t, w, tt.path, tt.query)
			if got := fmt.Sprint(ids); got != tt.want || count != tt.pages {
				t.Errorf("%d pages of %s, want %d of %s", count, got, tt.pages, tt.want)
			}
		})
	}
}

func TestEmptyListHasItems(t *testing.T) {
	w := newWorld(t)
	if a := w.get("/api/v1/users/5/results"); a.body != `{"items":[],"nextCursor":""}` {
		t.Errorf("body = %s", a.body)
	}
}

func TestListShape(t *testing.T) {
	w := newWorld(t)
	w.exec(`INSERT INTO seckill_logs (product_id, user_id, stream_id, status, reason, request_id, event_at, created_at, updated_at)
		VALUES (1, 5, '1-0', 'FAILED', 'ENDED', 'r1', '2009-02-13 23:31:30+00', '2026-01-17 10:00:00+00', '2026-01-17 10:00:00.000001+00'),
			(1, 5, '2-0', 'PROCESSING', NULL, NULL, NULL, '2026-01-17 10:00:00+00', '2026-01-17 10:00:00+00')`)
	const want = `{"items":[{"productId":1,"userId":5,"streamId":"2-0","status":"PROCESSING",` +
		`"createdAt":"2026-01-17T10:00:00.000000Z","updatedAt":"2026-01-17T10:00:00.000000Z"},` +
		`{"productId":1,"userId":5,"streamId":"1-0","status":"FAILED","reason":"ENDED","requestId":"r1",` +
		`"eventAt":"2009-02-13T23:31:30.000000Z","createdAt":"2026-01-17T10:00:00.000000Z","updatedAt":"2026-01-17T10:00:00.000001Z"}],` +
		`"nextCursor":""}`
	if a := w.get("/api/v1/users/5/results"); a.body != want {
		t.Errorf("body = %s\nwant   %s", a.body, want)
	}
}

func TestSummary(t *testing.T) {
	w := newWorld(t)
	w.product(1, 10)
	w.product(2, -1)
	w.log(1, 5, "1-0", "PROCESSING")
	for i := range 3 {
		w.log(1, 5, fmt.Sprintf("2-%d", i), "SUCCESS")
	}
	for i := range 6 {
		w.log(1, 5, fmt.Sprintf("3-%d", i), "FAILED")
	}
	w.exec(`UPDATE seckill_logs SET reason = 'SOLD_OUT' WHERE stream_id IN ('3-0', '3-1', '3-2')`)
	w.exec(`UPDATE seckill_logs SET reason = 'ENDED' WHERE stream_id IN ('3-3', '3-4')`)
	w.exec(`UPDATE seckill_products SET stock_left = 0 WHERE product_id = 1`)
	const settled = `{"productId":1,"processing":1,"success":3,"failed":6,` +
		`"failedByReason":{"ENDED":2,"SOLD_OUT":3},"stockTotal":10,"stockLeft":0}`
	if a := w.get("/api/v1/products/1/summary"); a.body != settled {
		t.Errorf("body = %s\nwant   %s", a.body, settled)
	}
	const recorded = `{"productId":2,"processing":0,"success":0,"failed":0,"failedByReason":{}}`
	if a := w.get("/api/v1/products/2/summary"); a.body != recorded {
		t.Errorf("body = %s\nwant   %s", a.body, recorded)
	}
}

func TestProductNotFound(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{
		"/api/v1/products/9/summary", "/api/v1/products/9/results",
		"/admin/v1/streams/9", "/admin/v1/streams/9/pending",
	} {
		w.get(path).refused(t, http.StatusNotFound, seckill.CodeProductNotFound, "product 9")
	}
}
