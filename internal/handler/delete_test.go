package handler_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"seckill/internal/seckill"
	"seckill/internal/servertest"

	"github.com/redis/go-redis/v9"
)

// ended registers a product with one order, ends it, and has its gate know.
func (s *shop) ended(id int64, fields string) {
	s.t.Helper()
	s.create(id, fields)
	s.settle(id, fmt.Sprintf("%d %d-0", id+100, id))
	if a := s.post(fmt.Sprintf("/admin/v1/products/%d/end", id), ""); a.status != http.StatusOK {
		s.t.Fatalf("end: %d %s", a.status, a.body)
	}
}

// remove deletes a product.
func (s *shop) remove(id int64) answer {
	s.t.Helper()
	return s.send(http.MethodDelete, fmt.Sprintf("/admin/v1/products/%d", id), nil)
}

// TestADeletedProductIsGoneAndItsRowsStay.
func TestADeletedProductIsGoneAndItsRowsStay(t *testing.T) {
	s := newShop(t)
	s.create(901, "")
	s.ended(900, `,"stockTotal":10`)
	if a := s.remove(900); a.status != http.StatusNoContent || a.body != "" {
		t.Fatalf("DELETE = %d %q", a.status, a.body)
	}
	for _, path := range []string{
		"/admin/v1/products/900", "/admin/v1/products/900/books", "/admin/v1/streams/900", "/admin/v1/streams/900/pending",
	} {
		s.get(path).refused(t, http.StatusNotFound, seckill.CodeProductNotFound, "900")
	}
	for _, path := range []string{"pause", "resume", "end", "books/repair"} {
		s.post("/admin/v1/products/900/"+path, "").refused(t, http.StatusNotFound, seckill.CodeProductNotFound, "900")
	}
	s.put("/admin/v1/products/900", `{"name":"n"}`).refused(t, http.StatusNotFound, seckill.CodeProductNotFound, "900")
	s.post("/admin/v1/products/900/stock", `{"delta":1,"note":"n"}`).refused(t, http.StatusNotFound, seckill.CodeProductNotFound, "900")
	s.post("/api/v1/products/900/attempts", `{"userId":5}`).refused(t, http.StatusNotFound, seckill.CodeProductNotFound, "900")
	s.remove(900).refused(t, http.StatusNotFound, seckill.CodeProductNotFound, "900")
	s.post("/admin/v1/products", `{"productId":900,"name":"again"}`).refused(t, http.StatusConflict, seckill.CodeProductExists, "900")
	for _, path := range []string{"/admin/v1/products", "/admin/v1/streams"} {
		if a := s.get(path); strings.Contains(a.body, "900") || !strings.Contains(a.body, "901") {
			t.Errorf("%s = %s", path, a.body)
		}
	}
	for _, path := range []string{
		s.orderPath("900-0"), "/api/v1/products/900/users/1000/result", "/api/v1/users/1000/results",
		"/api/v1/products/900/results", "/api/v1/products/900/summary", "/admin/v1/logs?productId=900",
	} {
		if a := s.get(path); a.status != http.StatusOK || !strings.Contains(a.body, "900") {
			t.Errorf("%s = %d %s", path, a.status, a.body)
		}
	}
	if got := s.audits(); !strings.HasSuffix(got, "alice product.delete product:900") {
		t.Errorf("audit = %s", got)
	}

	// The configuration names it still. In the background it is what it was before, a product
	// that has ended, until its keys are removed from Redis.
	if err := s.pool.AddRecordOnlyProducts(t.Context(), []int64{900, 902}); err != nil {
		t.Fatal(err)
	}
	states, err := s.pool.ProductStates(t.Context())
	if err != nil || len(states) != 3 || states[0].Status != "ENDED" || states[1].ProductID != 901 || states[2].ProductID != 902 {
		t.Errorf("products = %v, %v", states, err)
	}
	// What an operator still changes of it has nobody run after its gate.
	s.post(s.orderPath("900-0")+"/cancel", "").into(t, http.StatusOK, &struct {
		OrderId, ProductId, UserId             any
		StreamId, Status, CreatedAt, UpdatedAt string
	}{})
	if moving, err := s.pool.MovingProducts(t.Context()); err != nil || len(moving) != 0 {
		t.Errorf("moving products = %v, %v", moving, err)
	}
}

// TestWhatCannotBeDeleted: each of what may be on its way keeps the product.
func TestWhatCannotBeDeleted(t *testing.T) {
	s := newShop(t)
	refused := func(id int64, part string) {
		t.Helper()
		s.remove(id).refused(t, http.StatusConflict, seckill.CodeInvalidTransition, part)
	}
	gone := func(id int64) {
		t.Helper()
		if a := s.remove(id); a.status != http.StatusNoContent {
			t.Errorf("DELETE of %d = %d %s", id, a.status, a.body)
		}
	}
	s.remove(910).refused(t, http.StatusNotFound, seckill.CodeProductNotFound, "910")
	s.create(910, `,"stockTotal":10`)
	refused(910, "ACTIVE")

	s.ended(911, `,"stockTotal":10,"paymentWindowSeconds":60`)
	refused(911, "can still be paid")
	s.overdue("911-0")
	s.sweep()
	s.bring(911)
	gone(911)

	s.create(912, "")
	key := seckill.StreamKey(912)
	id, err := s.client.XAdd(t.Context(), &redis.XAddArgs{Stream: key, Values: []string{"uid", "5"}}).Result()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.client.Del(t.Context(), key) })
	s.post("/admin/v1/products/912/end", "")
	refused(912, "1 in the stream")
	if err := s.client.XGroupCreate(t.Context(), key, "g1", "0").Err(); err != nil {
		t.Fatal(err)
	}
	refused(912, "1 in the stream")
	if err := s.client.XReadGroup(t.Context(), &redis.XReadGroupArgs{Group: "g1", Consumer: "c", Streams: []string{key, ">"}}).Err(); err != nil {
		t.Fatal(err)
	}
	refused(912, "1 pending")
	s.client.XAck(t.Context(), key, "g1", id)
	gone(912)

	s.create(913, `,"stockTotal":10`)
	if a := s.post("/api/v1/products/913/attempts", `{"userId":5}`); a.status != http.StatusAccepted {
		t.Fatalf("attempt: %d %s", a.status, a.body)
	}
	s.post("/admin/v1/products/913/end", "")
	refused(913, "in the stream")
	// Somebody has deleted the entry; the unit is in flight all the same.
	s.client.Del(t.Context(), seckill.StreamKey(913))
	refused(913, "1 units in flight")

	s.create(914, "")
	s.remove(914).refused(t, http.StatusConflict, seckill.CodeInvalidTransition, "ACTIVE")
	s.send(http.MethodDelete, "/admin/v1/products/914", nil, s.as("viewer")).refused(t, http.StatusForbidden, seckill.CodeForbidden, "viewer")
	if n := servertest.Count(t, s.pool, "SELECT count(*) FROM seckill_audit WHERE action = 'product.delete'"); n != 2 {
		t.Errorf("%d deletions in the audit, want 2", n)
	}
}
