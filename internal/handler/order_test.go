package handler_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/internal/types"
)

// Ways of an order before a test meets it, by the shop's own means.
func untouched(*shop, string) {}

func paid(s *shop, id string) { s.post(s.orderPath(id)+"/pay", `{"paymentRef":"first"}`) }

func cancelled(s *shop, id string) { s.post(s.orderPath(id)+"/cancel", "") }

func overdue(s *shop, id string) { s.overdue(id) }

func expired(s *shop, id string) {
	s.overdue(id)
	s.sweep()
}

func TestOrderShape(t *testing.T) {
	s := newShop(t)
	s.create(1, `,"stockTotal":10,"paymentWindowSeconds":60`)
	s.exec(`INSERT INTO seckill_orders (id, product_id, user_id, stream_id, status, slot, expires_at, paid_at, payment_ref, created_at, updated_at)
		VALUES (7, 1, 5, '1-0', 'PAID', 1, '2026-01-17 18:15:00+08', '2026-01-17 10:00:01.5+00', '支付 №7', '2026-01-17 10:00:00+00', '2026-01-17 10:00:01.5+00'),
			(8, 1, 6, '2-0', 'CONFIRMED', 1, NULL, NULL, NULL, '2026-01-17 10:00:00+00', '2026-01-17 10:00:00+00')`)
	for path, want := range map[string]string{
		"/api/v1/orders/7": `{"orderId":7,"productId":1,"userId":5,"streamId":"1-0","status":"PAID","expiresAt":"2026-01-17T10:15:00.000000Z",` +
			`"paidAt":"2026-01-17T10:00:01.500000Z","paymentRef":"支付 №7","createdAt":"2026-01-17T10:00:00.000000Z","updatedAt":"2026-01-17T10:00:01.500000Z"}`,
		"/api/v1/orders/8": `{"orderId":8,"productId":1,"userId":6,"streamId":"2-0","status":"CONFIRMED",` +
			`"createdAt":"2026-01-17T10:00:00.000000Z","updatedAt":"2026-01-17T10:00:00.000000Z"}`,
	} {
		for _, role := range []string{"bff", "viewer", "operator"} {
			if a := s.get(path, s.as(role)); a.status != http.StatusOK || a.body != want {
				t.Errorf("%s as %s = %d %s\nwant %s", path, role, a.status, a.body, want)
			}
		}
	}
}

// TestOrderCalls pays and cancels orders in every state, and looks at the answer,
// at what is stored, and at the stock of 10.
func TestOrderCalls(t *testing.T) {
	const ok = http.StatusOK
	tests := []struct {
		name      string
		window    int // of payment, in seconds; 0 = the order is confirmed
		before    func(*shop, string)
		role      string
		call      string // pay is with the reference "first"
		code      seckill.Code
		status    string // stored afterwards
		left      int
		timesCall int
	}{
		{"to pay a pending order", 60, untouched, "bff", "pay", "", "PAID", 9, 1},
		{"to pay a paid order again with its reference", 60, paid, "bff", "pay", "", "PAID", 9, 3},
		{"to pay a paid order with another reference", 60, paid, "bff", "pay-other", seckill.CodeAlreadyPaid, "PAID", 9, 1},
		{"to pay an order past its time, not swept yet", 60, overdue, "bff", "pay", seckill.CodeOrderExpired, "PENDING_PAYMENT", 9, 1},
		{"to pay an expired order", 60, expired, "bff", "pay", seckill.CodeOrderExpired, "EXPIRED", 10, 1},
		{"to pay a cancelled order", 60, cancelled, "bff", "pay", seckill.CodeOrderCancelled, "CANCELLED", 10, 1},
		{"to pay a confirmed order", 0, untouched, "operator", "pay", seckill.CodeNothingToPay, "CONFIRMED", 9, 1},
		{"to pay a confirmed order that was cancelled", 0, cancelled, "bff", "pay", seckill.CodeOrderCancelled, "CANCELLED", 10, 1},
		{"to cancel a pending order", 60, untouched, "bff", "cancel", "", "CANCELLED", 10, 1},
		{"to cancel an order again and again", 60, cancelled, "bff", "cancel", "", "CANCELLED", 10, 3},
		{"to cancel a paid order", 60, paid, "operator", "cancel", seckill.CodeAlreadyPaid, "PAID", 9, 1},
		{"to cancel an order past its time, not swept yet", 60, overdue, "bff", "cancel", seckill.CodeOrderExpired, "PENDING_PAYMENT", 9, 1},
		{"to cancel an expired order", 60, expired, "operator", "cancel", seckill.CodeOrderExpired, "EXPIRED", 10, 1},
		{"to cancel a confirmed order as bff", 0, untouched, "bff", "cancel", seckill.CodeForbidden, "CONFIRMED", 9, 1},
		{"to cancel a confirmed order as operator", 0, untouched, "operator", "cancel", "", "CANCELLED", 10, 1},
		{"to cancel a confirmed order again, as bff", 0, cancelled, "bff", "cancel", "", "CANCELLED", 10, 1},
	}
	s := newShop(t)
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			product, streamID := int64(i+1), fmt.Sprintf("%d-0", i)
			s.create(product, fmt.Sprintf(`,"stockTotal":10,"paymentWindowSeconds":%d`, tt.window))
			s.settle(product, "5 "+streamID)
			tt.before(s, streamID)
			path, body := s.orderPath(streamID), ""
			call, other := strings.CutSuffix(tt.call, "-other")
			if call == "pay" {
				body = map[bool]string{false: `{"paymentRef":"first"}`, true: `{"paymentRef":"second"}`}[other]
			}
			for range tt.timesCall {
				a := s.post(path+"/"+call, body, s.as(tt.role))
				stored := s.get(path)
				if tt.code == "" && (a.status != ok || a.body != stored.body) {
					t.Errorf("answer = %d %s, stored %s", a.status, a.body, stored.body)
				}
				if tt.code != "" {
					a.refused(t, map[bool]int{false: http.StatusConflict, true: http.StatusForbidden}[tt.code == seckill.CodeForbidden], tt.code, "order")
				}
				var order types.OrderResponse
				stored.into(t, ok, &order)
				if order.Status != tt.status || (order.PaymentRef == "first") != (tt.status == "PAID") || (order.PaidAt != "") != (tt.status == "PAID") {
					t.Errorf("stored %+v, want %s", order, tt.status)
				}
				if (order.ExpiresAt != "") != (tt.window > 0) {
					t.Errorf("expires at %q with a window of %d s", order.ExpiresAt, tt.window)
				}
			}
			if left := s.left(product); left != tt.left {
				t.Errorf("%d left, want %d", left, tt.left)
			}
		})
	}
}

func TestUnknownOrder(t *testing.T) {
	s := newShop(t)
	s.get("/api/v1/orders/9").refused(t, http.StatusNotFound, seckill.CodeOrderNotFound, "order 9")
	s.post("/api/v1/orders/9/pay", `{"paymentRef":"r"}`).refused(t, http.StatusNotFound, seckill.CodeOrderNotFound, "order 9")
	s.post("/api/v1/orders/9/cancel", "").refused(t, http.StatusNotFound, seckill.CodeOrderNotFound, "order 9")
}

// TestAuditOfOrders: what an operator cancels stands in the audit, once; what is
// done through /api/v1 by the bff does not.
func TestAuditOfOrders(t *testing.T) {
	s := newShop(t)
	s.create(1, `,"stockTotal":10`)
	s.create(2, `,"stockTotal":10,"paymentWindowSeconds":60`)
	s.settle(1, "5 1-0")
	s.settle(2, "5 2-0", "6 3-0")
	s.post(s.orderPath("1-0")+"/cancel", "")
	s.post(s.orderPath("1-0")+"/cancel", "")
	s.post(s.orderPath("2-0")+"/cancel", "", s.as("bff"))
	s.post(s.orderPath("3-0")+"/pay", `{"paymentRef":"r"}`, s.as("bff"))
	target := strings.TrimPrefix(s.orderPath("1-0"), "/api/v1/orders/")
	want := "alice product.create product:1, alice product.create product:2, alice order.cancel order:" + target
	if got := s.audits(); got != want {
		t.Errorf("audit = %s\nwant    %s", got, want)
	}
}

func TestBadPayments(t *testing.T) {
	s := newShop(t)
	s.create(1, `,"stockTotal":10,"paymentWindowSeconds":60`)
	s.settle(1, "5 1-0")
	path := s.orderPath("1-0") + "/pay"
	ref := func(text string) string { return `{"paymentRef":"` + text + `"}` }
	for body, part := range map[string]string{
		``:                                    "body must not be empty",
		`{}`:                                  "paymentRef is missing",
		`{"paymentref":"r"}`:                  `"paymentref" is not a known field`,
		`{"paymentRef":null}`:                 "paymentRef is missing",
		`{"paymentRef":7}`:                    "paymentRef must be a string",
		`{"paymentRef":"r","amount":1}`:       `"amount" is not a known field`,
		`{"paymentRef":"r","paymentRef":"r"}`: "paymentRef is given more than once",
		`{"orderId":1,"paymentRef":"r"}`:      `"orderId" is not a known field`,
		`"r"`:                                 "body must be an object",
		ref(""):                               "paymentRef must not be empty",
		ref(" "):                              "paymentRef must have 1 to 255 characters and not be blank",
		ref(strings.Repeat("支", 256)):         "paymentRef must have 1 to 255 characters",
		ref(`a\u0000`):                        "paymentRef must not contain NUL",
		ref(`a\u007f`):                        "paymentRef must not contain control characters",
		ref("a\xff"):                          "not valid UTF-8",
	} {
		t.Run("the body "+body, func(t *testing.T) {
			s.post(path, body).refused(t, http.StatusBadRequest, seckill.CodeInvalidArgument, part)
		})
	}
	s.post(path, ref("r"), with("Content-Type", "text/plain")).
		refused(t, http.StatusUnsupportedMediaType, seckill.CodeUnsupportedMediaType, "application/json")
	s.get(s.orderPath("1-0")+"?full=1").refused(t, http.StatusBadRequest, seckill.CodeInvalidArgument, `"full"`)

	longest := strings.Repeat("支", 255)
	var order types.OrderResponse
	s.post(path, ref(longest)).into(t, http.StatusOK, &order)
	if order.Status != "PAID" || order.PaymentRef != longest {
		t.Errorf("paid with the longest reference: %+v", order)
	}
}

// TestOneUnitComesBackOnceWhoeverRaces lets many calls meet on each order.
func TestOneUnitComesBackOnceWhoeverRaces(t *testing.T) {
	s := newShop(t)
	s.create(1, `,"stockTotal":10,"paymentWindowSeconds":60`)
	for i := range 10 {
		s.settle(1, fmt.Sprintf("%d %d-0", i+1, i))
	}
	var race sync.WaitGroup
	for i := range 10 {
		path := s.orderPath(fmt.Sprintf("%d-0", i))
		for call, body := range map[string]string{"/cancel": "", "/cancel?": "{}", "/pay": `{"paymentRef":"a"}`, "/pay?": `{"paymentRef":"b"}`} {
			race.Go(func() {
				if a := s.post(path+call, body); a.status != http.StatusOK && a.status != http.StatusConflict {
					t.Errorf("%s: %d %s", call, a.status, a.body)
				}
			})
		}
	}
	race.Wait()
	gone := servertest.Count(t, s.pool, "SELECT count(*) FROM seckill_orders WHERE status = 'CANCELLED'")
	kept := servertest.Count(t, s.pool, "SELECT count(*) FROM seckill_orders WHERE status = 'PAID'")
	if gone+kept != 10 || s.left(1) != gone {
		t.Errorf("%d cancelled, %d paid, %d left", gone, kept, s.left(1))
	}
}
