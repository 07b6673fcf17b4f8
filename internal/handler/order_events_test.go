package handler_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"seckill/internal/seckill"
	"seckill/internal/types"
)

const eventsPath = "/api/v1/products/1/orders/events"

// events asks for a page of the events of product 1.
func (s *shop) events(query string) types.OrderEventPage {
	s.t.Helper()
	var page types.OrderEventPage
	s.get(eventsPath+query).into(s.t, http.StatusOK, &page)
	return page
}

// told is what a page tells, as "user type status" each.
func told(page types.OrderEventPage) string {
	var list []string
	for _, e := range page.Items {
		list = append(list, fmt.Sprint(e.Order.UserId, " ", e.Type, " ", e.Order.Status))
	}
	return strings.Join(list, ", ")
}

func TestEventsOfOrdersAreReadPageByPage(t *testing.T) {
	s := newShop(t)
	s.create(1, `,"stockTotal":5,"perUserLimit":1,"paymentWindowSeconds":600`)
	if page := s.events(""); len(page.Items) != 0 || page.Next != 0 {
		t.Errorf("before anything has happened: %+v", page)
	}
	s.settle(1, "10 1-0", "11 2-0")
	var paid, order types.OrderResponse
	s.post(s.orderPath("1-0")+"/pay", `{"paymentRef":"bank-1"}`).into(t, http.StatusOK, &paid)
	s.post(s.orderPath("2-0")+"/cancel", "").into(t, http.StatusOK, &order)

	all := s.events("?limit=1000")
	if got, want := told(all), "10 CREATED PENDING_PAYMENT, 11 CREATED PENDING_PAYMENT, 10 PAID PAID, 11 CANCELLED CANCELLED"; got != want {
		t.Fatalf("told is %s, want %s", got, want)
	}
	if e := all.Items[2]; e.Order != paid || e.At != paid.UpdatedAt {
		t.Errorf("told is %+v, the order is %+v", e, paid)
	}
	if e := all.Items[0]; e.Order.PaidAt != "" || e.Order.PaymentRef != "" || e.Order.ExpiresAt == "" || e.At != e.Order.CreatedAt {
		t.Errorf("of the beginning is told %+v", e)
	}
	after := int64(0)
	for i := range all.Items {
		page := s.events(fmt.Sprintf("?limit=1&after=%d", after))
		if len(page.Items) != 1 || page.Items[0] != all.Items[i] || page.Next != all.Items[i].Number {
			t.Errorf("page %d is %+v", i, page)
		}
		after = page.Next
	}
	if page := s.events(fmt.Sprintf("?wait=1ms&after=%d", after)); len(page.Items) != 0 || page.Next != after {
		t.Errorf("at the end: %+v", page)
	}
}

func TestAFollowerIsToldWhereToBeginAnew(t *testing.T) {
	s := newShop(t)
	s.create(1, `,"stockTotal":5,"perUserLimit":1,"paymentWindowSeconds":600`)
	s.settle(1, "10 1-0")
	s.settle(1, "11 2-0")
	last := s.events("").Next
	gone := func(query string, code seckill.Code, fields string) {
		t.Helper()
		a := s.get(eventsPath + query)
		var body struct {
			Code    seckill.Code `json:"code"`
			Message string       `json:"message"`
			Oldest  int64        `json:"oldest"`
			Next    int64        `json:"next"`
		}
		if err := json.Unmarshal([]byte(a.body), &body); err != nil || a.status != http.StatusGone || body.Code != code ||
			fmt.Sprint(body.Oldest, " ", body.Next) != fields {
			t.Errorf("%s: %d %s, want 410 %s with %s", query, a.status, a.body, code, fields)
		}
	}
	gone(fmt.Sprintf("?wait=30s&after=%d", last+1), seckill.CodeEventsReset, fmt.Sprint(0, " ", last))
	s.exec("UPDATE seckill_order_events SET at = at - interval '1 day' WHERE number < $1", last)
	if err := s.book.TrimOrderEvents(t.Context(), time.Hour); err != nil {
		t.Fatal(err)
	}
	gone("", seckill.CodeEventsTrimmed, fmt.Sprint(last, " ", last))
	s.exec("UPDATE seckill_orders SET expires_at = expires_at + interval '1 minute'")
	next := int64(0)
	if err := s.pool.QueryRow(t.Context(), "SELECT events FROM seckill_products").Scan(&next); err != nil {
		t.Fatal(err)
	}
	gone(fmt.Sprintf("?after=%d", last), seckill.CodeEventsReset, fmt.Sprint(0, " ", next))
	if page := s.events(fmt.Sprintf("?after=%d", next)); len(page.Items) != 0 || page.Next != next {
		t.Errorf("from where one goes on: %+v", page)
	}
}

func TestWhoWaitsForAnEventHearsOfItAtOnce(t *testing.T) {
	s := newShop(t)
	s.create(1, `,"stockTotal":500,"perUserLimit":1`)
	var waiting sync.WaitGroup
	first := make(chan string, 8)
	for range cap(first) {
		waiting.Go(func() { first <- told(s.events("?wait=30s")) })
	}
	user := 10
	for answered := false; !answered; user++ { // some may not have begun to wait at the first
		s.settle(1, fmt.Sprintf("%d %d-0", user, user))
		done := make(chan struct{})
		go func() { waiting.Wait(); close(done) }()
		select {
		case <-done:
			answered = true
		case <-time.After(100 * time.Millisecond):
		}
	}
	for range cap(first) {
		if got := <-first; !strings.HasPrefix(got, "10 CONFIRMED CONFIRMED") {
			t.Errorf("told is %q", got)
		}
	}
}

func TestWhatIsAskedOfTheEventsIsChecked(t *testing.T) {
	s := newShop(t)
	s.create(1, `,"stockTotal":5`)
	for _, query := range []string{"?after=-1", "?after=x", "?limit=0", "?limit=1001", "?wait=31s", "?wait=-1s", "?wait=5", "?cursor=x"} {
		s.get(eventsPath+query).refused(t, http.StatusBadRequest, seckill.CodeInvalidArgument, "")
	}
	s.get("/api/v1/products/404/orders/events?wait=30s").refused(t, http.StatusNotFound, seckill.CodeProductNotFound, "404")
	for role, status := range map[string]int{"viewer": http.StatusOK, "bff": http.StatusOK, "nobody": http.StatusForbidden} {
		if a := s.get(eventsPath, s.as(role)); a.status != status {
			t.Errorf("%s: %d %s", role, a.status, a.body)
		}
	}
}
