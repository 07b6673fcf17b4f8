package handler_test

import (
	"fmt"
	"net/http"
	"testing"

	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/internal/types"
)

// resultOf returns a user's result for product 1 as "stream-ID status reason
// order", and checks that a final status is not polled.
func resultOf(t *testing.T, s *shop, user int64) string {
	t.Helper()
	var r types.ResultResponse
	s.get(fmt.Sprintf("/api/v1/products/1/users/%d/result", user), s.as("bff")).into(t, http.StatusOK, &r)
	if r.PollAfterMs != 0 {
		t.Errorf("a settled result asks to be polled in %d ms", r.PollAfterMs)
	}
	if r.Order == nil {
		return fmt.Sprintf("%s %s %s", r.StreamId, r.Status, r.Reason)
	}
	var order types.OrderResponse
	s.get(fmt.Sprintf("/api/v1/orders/%d", r.Order.OrderId)).into(t, http.StatusOK, &order)
	if order.Status != r.Order.Status || order.ExpiresAt != r.Order.ExpiresAt || order.StreamId != r.StreamId {
		t.Errorf("the result shows %+v, the order is %+v", r.Order, order)
	}
	return fmt.Sprintf("%s %s order %s", r.StreamId, r.Status, order.Status)
}

func TestResultsOfASettledProduct(t *testing.T) {
	s := newShop(t)
	s.create(1, `,"stockTotal":2,"paymentWindowSeconds":60`)
	// Each builds on the one before.
	for _, step := range []struct {
		name string
		do   func()
		want string // of user 5
	}{
		{"the order of a winner", func() { s.settle(1, "5 10-0") }, "10-0 SUCCESS order PENDING_PAYMENT"},
		{"wins over a later failed attempt", func() { s.settle(1, "5 11-0") }, "10-0 SUCCESS order PENDING_PAYMENT"},
		{"is shown as stored when its time is over but it is not swept", func() { s.overdue("10-0") }, "10-0 SUCCESS order PENDING_PAYMENT"},
		{"gives way to the later failed attempt once it has expired", s.sweep, "11-0 FAILED LIMIT_REACHED"},
		{"of a second try", func() { s.settle(1, "5 12-0", "6 12-1") }, "12-0 SUCCESS order PENDING_PAYMENT"},
		{"paid", func() { s.post(s.orderPath("12-0")+"/pay", `{"paymentRef":"r"}`) }, "12-0 SUCCESS order PAID"},
		{"paid, after a failed attempt", func() { s.settle(1, "5 13-0") }, "12-0 SUCCESS order PAID"},
	} {
		step.do()
		if got := resultOf(t, s, 5); got != step.want {
			t.Errorf("%s: %s, want %s", step.name, got, step.want)
		}
	}
	s.settle(1, "7 14-0")
	if got := resultOf(t, s, 7); got != "14-0 FAILED SOLD_OUT" {
		t.Errorf("of a user who came too late: %s", got)
	}
	s.post(s.orderPath("12-1")+"/cancel", "")
	if got := resultOf(t, s, 6); got != "12-1 SUCCESS order CANCELLED" {
		t.Errorf("of a user whose only order is cancelled: %s", got)
	}
	s.settle(1, "7 15-0")
	if got := resultOf(t, s, 7); got != "15-0 SUCCESS order PENDING_PAYMENT" {
		t.Errorf("of a user who took the unit that came back: %s", got)
	}
}

func TestResultsShowAConfirmedOrder(t *testing.T) {
	s := newShop(t)
	s.create(1, `,"stockTotal":2,"perUserLimit":0`)
	s.settle(1, "5 10-0", "5 10-1", "5 10-2")
	if got := resultOf(t, s, 5); got != "10-1 SUCCESS order CONFIRMED" {
		t.Errorf("of several live orders: %s, want the latest", got)
	}
}

func TestSummaryOfASettledProduct(t *testing.T) {
	s := newShop(t)
	s.create(1, `,"stockTotal":2,"startsAt":"1970-01-01T00:00:10Z","endsAt":"1970-01-01T00:00:20Z"`)
	s.settle(1, "1 9999-0", "2 10000-0", "2 10000-1", "3 19999-0", "4 19999-1", "2 19999-2", "5 20000-0", "6 20000-1")
	const want = `{"productId":1,"processing":0,"success":2,"failed":6,` +
		`"failedByReason":{"ENDED":2,"LIMIT_REACHED":1,"NOT_STARTED":1,"SOLD_OUT":2},"stockTotal":2,"stockLeft":0}`
	if a := s.get("/api/v1/products/1/summary", s.as("bff")); a.body != want {
		t.Errorf("summary = %s\nwant      %s", a.body, want)
	}
	s.post("/admin/v1/products/1/stock", `{"delta":3,"note":"n"}`)
	s.post(s.orderPath("10000-0")+"/cancel", "")
	var summary types.SummaryResponse
	s.get("/api/v1/products/1/summary").into(t, http.StatusOK, &summary)
	if *summary.StockTotal != 5 || *summary.StockLeft != 4 || summary.Success != 2 {
		t.Errorf("after a restock and a cancel: total %d, left %d, success %d", *summary.StockTotal, *summary.StockLeft, summary.Success)
	}
}

func TestBooks(t *testing.T) {
	s := newShop(t)
	s.create(1, `,"stockTotal":5,"paymentWindowSeconds":60`)
	s.create(2, "")
	s.create(3, `,"stockTotal":5,"paymentWindowSeconds":60`) // somebody else's
	s.settle(3, "1 9-0")
	s.log(2, 5, "1-0", "PROCESSING")
	books := func(product int, want string) {
		t.Helper()
		path := fmt.Sprintf("/admin/v1/products/%d/books", product)
		if a := s.get(path, s.as("viewer")); a.status != http.StatusOK || a.body != want {
			t.Errorf("%s = %d %s\nwant %s", path, a.status, a.body, want)
		}
	}
	books(1, `{"productId":1,"stockTotal":5,"stockLeft":5,"liveOrders":0,"ordersByStatus":{},"logsByStatus":{},"redisLeft":5,"inFlight":0,"pendingMoves":0,"drift":0,"balanced":true}`)
	books(2, `{"productId":2,"liveOrders":0,"ordersByStatus":{},"logsByStatus":{"PROCESSING":1},"drift":0,"balanced":true}`)
	s.settle(1, "1 1-0", "2 2-0", "3 3-0", "4 4-0", "4 5-0")
	s.overdue("1-0")
	s.sweep()
	// Not over HTTP, which would tell the gate before it answers.
	second := servertest.Count(t, s.pool, "SELECT id FROM seckill_orders WHERE stream_id = '2-0'")
	if _, err := s.book.CancelOrder(t.Context(), int64(second), "alice", false); err != nil {
		t.Fatal(err)
	}
	s.post(s.orderPath("3-0")+"/pay", `{"paymentRef":"r"}`)
	const numbers = `"liveOrders":2,"ordersByStatus":{"CANCELLED":1,"EXPIRED":1,"PAID":1,"PENDING_PAYMENT":1},"logsByStatus":{"FAILED":1,"SUCCESS":4}`
	books(1, `{"productId":1,"stockTotal":5,"stockLeft":3,`+numbers+`,"redisLeft":5,"inFlight":0,"pendingMoves":-2,"drift":0,"balanced":true}`)
	s.bring(1)
	books(1, `{"productId":1,"stockTotal":5,"stockLeft":3,`+numbers+`,"redisLeft":3,"inFlight":0,"pendingMoves":0,"drift":0,"balanced":true}`)
	s.exec("UPDATE seckill_products SET stock_left = 1 WHERE product_id = 1")
	books(1, `{"productId":1,"stockTotal":5,"stockLeft":1,`+numbers+`,"redisLeft":3,"inFlight":0,"pendingMoves":0,"drift":-2,"balanced":false}`)
	s.exec("UPDATE seckill_products SET stock_left = 5 WHERE product_id = 1")
	books(1, `{"productId":1,"stockTotal":5,"stockLeft":5,`+numbers+`,"redisLeft":3,"inFlight":0,"pendingMoves":0,"drift":2,"balanced":false}`)
	var repaired, dry types.BooksResponse
	s.post("/admin/v1/products/1/books/repair?dryRun=true", "").into(t, http.StatusOK, &dry)
	if *dry.Difference != 2 || *dry.RedisLeft != 3 || dry.Drift != 2 {
		t.Errorf("dry run: %+v", dry)
	}
	s.post("/admin/v1/products/1/books/repair", "").into(t, http.StatusOK, &repaired)
	// The gate holds what PostgreSQL has left; that those two units too many are PostgreSQL's own remains.
	if *repaired.Difference != 2 || *repaired.RedisLeft != 5 || repaired.Drift != -2 || repaired.Balanced {
		t.Errorf("repaired: %+v", repaired)
	}
	s.exec("UPDATE seckill_products SET stock_left = 3 WHERE product_id = 1")
	s.post("/admin/v1/products/1/books/repair", "").into(t, http.StatusOK, &repaired)
	if *repaired.RedisLeft != 3 || repaired.Drift != 0 || !repaired.Balanced {
		t.Errorf("repaired again: %+v", repaired)
	}
	for _, way := range []string{"", "?dryRun=true", "?dryRun=false"} {
		s.post("/admin/v1/products/2/books/repair"+way, "").refused(t, http.StatusConflict, seckill.CodeRecordOnly, "")
		s.post("/admin/v1/products/9/books/repair"+way, "").refused(t, http.StatusNotFound, seckill.CodeProductNotFound, "")
	}
	s.post("/admin/v1/products/1/books/repair?dryRun=perhaps", "").refused(t, http.StatusBadRequest, seckill.CodeInvalidArgument, "dryRun")
}

// TestStatusRouteLeavesSettledLogsAlone goes through the real ledger.
func TestStatusRouteLeavesSettledLogsAlone(t *testing.T) {
	s := newShop(t)
	s.create(1, "")
	s.log(1, 5, "1-0", "PROCESSING")
	s.put("/admin/v1/products/1", `{"stockTotal":1}`)
	s.settle(1, "6 2-0")
	const body = `{"items":[{"productId":1,"streamId":"1-0","status":"FAILED"},{"productId":1,"streamId":"2-0","status":"FAILED"}]}`
	const want = `{"items":[{"productId":1,"streamId":"1-0","outcome":"UPDATED"},` +
		`{"productId":1,"streamId":"2-0","outcome":"SETTLED_BY_SERVICE"}]}`
	if a := s.put("/admin/v1/logs/status", body); a.status != http.StatusOK || a.body != want {
		t.Errorf("answer = %d %s\nwant %s", a.status, a.body, want)
	}
	if got := resultOf(t, s, 6); got != "2-0 SUCCESS order CONFIRMED" {
		t.Errorf("the settled log became %s", got)
	}
	s.get("/api/v1/products/1/users/7/result").refused(t, http.StatusNotFound, seckill.CodeResultNotFound, "user 7")
}
