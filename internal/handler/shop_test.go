package handler_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"seckill/internal/ledger"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/internal/svc"
	"seckill/internal/types"
	"seckill/model"
)

// shop is a world with the real ledger and the real books behind it.
type shop struct {
	*world
	book  *ledger.Ledger
	clock *fakeClock
}

// serveWith starts the server of a shop anew, with another clock.
func (s *shop) serveWith(clock svc.Clock) {
	s.t.Helper()
	s.serve(svc.Deps{Ledger: s.book, Clock: clock})
}

// newShop starts a shop, with a database of its own.
func newShop(t *testing.T) *shop {
	t.Helper()
	return newShopOn(t, servertest.Pool(t))
}

// newShopOn is newShop on the database of pool.
func newShopOn(t *testing.T, pool *model.Pool) *shop {
	t.Helper()
	s := &shop{
		world: &world{t: t, pool: pool, streams: &fakeStreams{}, health: &fakeHealth{}},
		book:  ledger.New(pool, silent{}), clock: &fakeClock{now: time.UnixMilli(1_000)},
	}
	s.serveWith(s.clock)
	return s
}

// post sends a body by POST.
func (s *shop) post(path, body string, edit ...func(*http.Request)) answer {
	s.t.Helper()
	return s.send(http.MethodPost, path, strings.NewReader(body), edit...)
}

// put sends a body by PUT.
func (s *shop) put(path, body string, edit ...func(*http.Request)) answer {
	s.t.Helper()
	return s.send(http.MethodPut, path, strings.NewReader(body), edit...)
}

// as returns an edit that makes a request that of a role.
func (s *shop) as(role string) func(*http.Request) {
	return with("Authorization", "Bearer "+s.token(role))
}

// create registers a product over HTTP from the fields that follow its ID.
func (s *shop) create(id int64, fields string) {
	s.t.Helper()
	body := fmt.Sprintf(`{"productId":%d,"name":"p%d"%s}`, id, id, fields)
	if a := s.post("/admin/v1/products", body); a.status != http.StatusCreated {
		s.t.Fatalf("create %s: %d %s", body, a.status, a.body)
	}
}

// settle settles the attempts of a product: "user stream-ID" each.
func (s *shop) settle(product int64, attempts ...string) {
	s.t.Helper()
	batch := ledger.Batch{ProductID: product}
	for _, text := range attempts {
		var a seckill.Attempt
		if _, err := fmt.Sscan(text, &a.UserID, &a.StreamID); err != nil {
			s.t.Fatal(err)
		}
		batch.Attempts = append(batch.Attempts, a)
	}
	outcome, err := s.book.Settle(s.t.Context(), batch)
	if err != nil || outcome.Stored != len(attempts) {
		s.t.Fatalf("settle: %+v, %v", outcome, err)
	}
}

// orderPath returns the path of the order that an entry has won.
func (s *shop) orderPath(streamID string) string {
	s.t.Helper()
	id := servertest.Count(s.t, s.pool, "SELECT id FROM seckill_orders WHERE stream_id = $1", streamID)
	return fmt.Sprintf("/api/v1/orders/%d", id)
}

// overdue makes the time to pay an order lie in the past.
func (s *shop) overdue(streamID string) {
	s.t.Helper()
	s.exec("UPDATE seckill_orders SET expires_at = now() - interval '1 second' WHERE stream_id = $1", streamID)
}

// sweep expires the orders that are overdue.
func (s *shop) sweep() {
	s.t.Helper()
	if err := s.book.ExpireOrders(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

// left returns how many units of a product are left.
func (s *shop) left(product int64) int {
	s.t.Helper()
	return servertest.Count(s.t, s.pool, "SELECT stock_left FROM seckill_products WHERE product_id = $1", product)
}

// audits lists the audit rows as "actor action target", in the order of writing.
func (s *shop) audits() string {
	s.t.Helper()
	var list string
	err := s.pool.QueryRow(s.t.Context(), `SELECT coalesce(string_agg(concat_ws(' ', actor, action, target), ', ' ORDER BY id), '')
		FROM seckill_audit`).Scan(&list)
	if err != nil {
		s.t.Fatal(err)
	}
	return list
}

// productOf decodes a product and makes sure of its times of writing, which it
// takes out, so that the rest can be compared.
func productOf(t *testing.T, a answer, status int) types.ProductResponse {
	t.Helper()
	var p types.ProductResponse
	a.into(t, status, &p)
	for name, text := range map[string]string{"createdAt": p.CreatedAt, "updatedAt": p.UpdatedAt} {
		if _, err := time.Parse(time.RFC3339Nano, text); err != nil || !strings.HasSuffix(text, "Z") {
			t.Errorf("%s = %q, want a time in UTC", name, text)
		}
	}
	p.CreatedAt, p.UpdatedAt = "", ""
	return p
}

// show writes a product with the numbers behind its pointers.
func show(p types.ProductResponse) string {
	number := func(n *int64) any {
		if n == nil {
			return "-"
		}
		return *n
	}
	return fmt.Sprintf("%d %q %s %s total=%v left=%v limit=%d [%s,%s) window=%v", p.ProductId, p.Name, p.Status, p.Mode,
		number(p.StockTotal), number(p.StockLeft), p.PerUserLimit, p.StartsAt, p.EndsAt, number(p.PaymentWindowSeconds))
}

// fakeClock is Redis's clock; it fails with err when that is set.
type fakeClock struct {
	now time.Time
	err error
}

func (f *fakeClock) NowFor(context.Context, int64) (time.Time, error) { return f.now, f.err }

// silent hears nothing of what the ledger tells.
type silent struct{}

func (silent) LogsWritten(int64, seckill.Status, seckill.Reason, int) {}

func (silent) OrdersWritten(int64, seckill.OrderStatus, int) {}

func (silent) DeadLettersWritten(int64, seckill.DeadReason, int) {}

func (silent) PaymentUnwanted(int64, seckill.Unwanted) {}
