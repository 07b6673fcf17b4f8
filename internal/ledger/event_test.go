package ledger_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/model"
)

// follower carries the orders of product 1 on, as whoever follows the feed does.
type follower struct {
	t      *testing.T
	pool   *model.Pool
	page   int // events at a time
	after  int64
	anew   int // how often it had to begin anew
	orders map[int64]string
}

func newFollower(t *testing.T, pool *model.Pool, page int) *follower {
	t.Helper()
	return &follower{t: t, pool: pool, page: page, orders: map[int64]string{}}
}

// text is all that is told of an order.
func text(o model.SeckillOrders) string {
	at := func(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
	return fmt.Sprint(o.Id, o.ProductId, o.UserId, o.StreamId, o.Status, o.Slot, o.ExpiresAt.Valid, at(o.ExpiresAt.Time),
		o.PaidAt.Valid, at(o.PaidAt.Time), o.PaymentRef.String, at(o.CreatedAt), at(o.UpdatedAt))
}

// table lists the orders as they stand.
func table(t *testing.T, pool *model.Pool) map[int64]string {
	t.Helper()
	rows, err := model.NewSeckillOrdersModel(pool.Conn()).FindPage(t.Context(), model.OrderFilter{ProductID: 1, LastID: 1 << 62, Limit: 100_000})
	if err != nil {
		t.Fatal(err)
	}
	orders := map[int64]string{}
	for _, row := range rows {
		orders[row.Id] = text(*row)
	}
	return orders
}

// step takes one page, and reports whether there was anything new. Where it cannot go on it
// begins anew, as it is told.
func (f *follower) step() (more bool, err error) {
	events, err := f.pool.OrderEvents(f.t.Context(), 1, f.after, f.page)
	if refused, ok := errors.AsType[*seckill.Error](err); ok {
		f.anew++
		f.after, f.orders = refused.Position.Next, table(f.t, f.pool)
		return true, nil
	}
	if err != nil {
		return false, err
	}
	for _, e := range events {
		const jump = 1000 // microseconds; fewer pass between two changes of a server in no test
		if e.Number != f.after+1 && e.Number < f.after+jump {
			f.t.Errorf("event %d follows event %d", e.Number, f.after)
		}
		f.after, f.orders[e.Order.Id] = e.Number, text(e.Order)
	}
	return len(events) > 0, nil
}

// wantTable follows to the end and wants the orders as they stand.
func (f *follower) wantTable() {
	f.t.Helper()
	for more := true; more; {
		var err error
		if more, err = f.step(); err != nil {
			f.t.Fatal(err)
		}
	}
	want := table(f.t, f.pool)
	for id, order := range want {
		if f.orders[id] != order {
			f.t.Errorf("a follower has order\n%s, it is\n%s", f.orders[id], order)
		}
	}
	if len(f.orders) != len(want) {
		f.t.Errorf("a follower has %d orders, there are %d", len(f.orders), len(want))
	}
}

// story lists all events of product 1 as "user type", with " paid" if the order was then.
func story(t *testing.T, pool *model.Pool) string {
	t.Helper()
	events, err := pool.OrderEvents(t.Context(), 1, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	told := make([]string, len(events))
	for i, e := range events {
		told[i] = fmt.Sprint(e.Order.UserId, " ", e.Type)
		if e.Order.PaidAt.Valid || e.Order.PaymentRef.Valid {
			told[i] += " paid"
		}
		if e.Number != events[0].Number+int64(i) {
			t.Errorf("event %d has the number %d, the first has %d", i, e.Number, events[0].Number)
		}
	}
	return strings.Join(told, ", ")
}

func TestEachChangeOfAnOrderIsToldOnce(t *testing.T) {
	l, pool, _ := newSale(t, paying(10))
	first := newOrder(t, l, pool, 10)
	settle(t, l, attempt(11, "11-0"), attempt(12, "12-0"), attempt(13, "13-0"), attempt(12, "14-0"))
	settle(t, l, attempt(11, "11-0"), attempt(12, "12-0"))
	for range 2 {
		if _, err := l.PayOrder(t.Context(), first, "tester", "ref"); err != nil {
			t.Fatal(err)
		}
		if _, err := l.CancelOrder(t.Context(), orderOf(t, pool, 11), "tester", false); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := l.PayOrder(t.Context(), orderOf(t, pool, 11), "tester", "late"); err == nil {
		t.Error("a cancelled order is paid")
	}
	const before = "10 CREATED, 11 CREATED, 12 CREATED, 13 CREATED, 10 PAID paid, 11 CANCELLED"
	if got := story(t, pool); got != before {
		t.Errorf("told is %s, want %s", got, before)
	}
	exec(t, pool, "UPDATE seckill_orders SET status = 'EXPIRED', updated_at = clock_timestamp() WHERE status = 'PENDING_PAYMENT'")
	if got, want := story(t, pool), before+", 12 EXPIRED, 13 EXPIRED"; got != want {
		t.Errorf("told is %s, want %s", got, want)
	}
	for page := 1; page < 10; page++ {
		newFollower(t, pool, page).wantTable()
	}
}

func TestAnOrderThatNeedsNoPaymentIsConfirmed(t *testing.T) {
	l, pool, _ := newSale(t, seckill.Product{ProductID: 1, StockTotal: new(int64(5)), PerUserLimit: 1})
	id := newOrder(t, l, pool, 10)
	if _, err := l.CancelOrder(t.Context(), id, "operator", true); err != nil {
		t.Fatal(err)
	}
	if got := story(t, pool); got != "10 CONFIRMED, 10 CANCELLED" {
		t.Errorf("told is %s", got)
	}
}

func TestThatTheTimeToPayIsOverIsTold(t *testing.T) {
	l, pool, _ := newSale(t, seckill.Product{ProductID: 1, StockTotal: new(int64(5)), PerUserLimit: 1, PaymentWindow: time.Second})
	newOrder(t, l, pool, 10)
	servertest.Eventually(t, "the order is expired", func() bool {
		expire(t, l)
		return story(t, pool) == "10 CREATED, 10 EXPIRED"
	})
	newFollower(t, pool, 1).wantTable()
}

// What no event can tell makes whoever follows begin anew, once.
func TestWhatNoEventTellsMakesAFollowerBeginAnew(t *testing.T) {
	for name, change := range map[string]string{
		"another time to pay":  "UPDATE seckill_orders SET expires_at = expires_at + interval '1 hour' WHERE user_id = 11",
		"a deletion":           "DELETE FROM seckill_orders WHERE user_id = 11",
		"a change, and an end": "UPDATE seckill_orders SET status = CASE user_id WHEN 11 THEN 'CANCELLED' ELSE status END, updated_at = now()",
		"an end of the table":  "TRUNCATE seckill_orders",
	} {
		t.Run(name, func(t *testing.T) {
			l, pool, _ := newSale(t, paying(10))
			settle(t, l, attempt(10, "10-0"), attempt(11, "11-0"), attempt(12, "12-0"))
			far, near := newFollower(t, pool, 100), newFollower(t, pool, 1)
			far.wantTable()
			if _, err := near.step(); err != nil {
				t.Fatal(err)
			}
			exec(t, pool, change)
			settle(t, l, attempt(13, "13-0"))
			far.wantTable()
			near.wantTable()
			if far.anew != 1 || near.anew != 1 {
				t.Errorf("they began anew %d and %d times, want once", far.anew, near.anew)
			}
			fresh := newFollower(t, pool, 2)
			fresh.wantTable()
		})
	}
}

func TestAnUpdateThatChangesNothingIsNotTold(t *testing.T) {
	l, pool, _ := newSale(t, paying(10))
	newOrder(t, l, pool, 10)
	f := newFollower(t, pool, 10)
	f.wantTable()
	exec(t, pool, "UPDATE seckill_orders SET status = status")
	if f.wantTable(); f.anew != 0 || story(t, pool) != "10 CREATED" {
		t.Errorf("told is %s, the follower began anew %d times", story(t, pool), f.anew)
	}
}

func TestEventsAreTrimmedFromTheBeginning(t *testing.T) {
	l, pool, _ := newSale(t, paying(10))
	for user := range int64(6) {
		newOrder(t, l, pool, 10+user)
	}
	behind, there := newFollower(t, pool, 1), newFollower(t, pool, 3)
	for f, steps := range map[*follower]int{behind: 1, there: 1} {
		for range steps {
			if _, err := f.step(); err != nil {
				t.Fatal(err)
			}
		}
	}
	// The first three are old, and one behind a young one, which stays.
	exec(t, pool, `UPDATE seckill_order_events SET at = at - interval '2 hours'
		WHERE number <= (SELECT min(number) + 2 FROM seckill_order_events) OR number = (SELECT max(number) FROM seckill_order_events)`)
	if err := l.TrimOrderEvents(t.Context(), time.Hour); err != nil {
		t.Fatal(err)
	}
	if n := servertest.Count(t, pool, "SELECT count(*) FROM seckill_order_events"); n != 3 {
		t.Errorf("%d events are left, want 3", n)
	}
	exec(t, pool, "UPDATE seckill_order_events SET at = at + interval '2 hours' WHERE number = (SELECT max(number) FROM seckill_order_events)")
	_, err := pool.OrderEvents(t.Context(), 1, behind.after, 10)
	wantCode(t, "a follower who is behind", err, seckill.CodeEventsTrimmed)
	var refused *seckill.Error
	if !errors.As(err, &refused) || refused.Position.Oldest != behind.after+3 || refused.Position.Next != behind.after+5 {
		t.Errorf("%+v", refused)
	}
	if there.wantTable(); there.anew != 0 {
		t.Error("a follower who has seen what was trimmed had to begin anew")
	}
	if behind.wantTable(); behind.anew != 1 {
		t.Errorf("a follower who was behind began anew %d times", behind.anew)
	}
	exec(t, pool, "UPDATE seckill_order_events SET at = at - interval '2 hours'")
	if err := l.TrimOrderEvents(t.Context(), time.Hour); err != nil {
		t.Fatal(err)
	}
	there.wantTable()
	newOrder(t, l, pool, 30)
	if there.wantTable(); there.anew != 0 {
		t.Error("a follower who has seen all had to begin anew when all was trimmed")
	}
}

func TestNobodyFollowsAProductThatThereIsNot(t *testing.T) {
	_, pool, _ := newLedger(t)
	if _, err := pool.OrderEvents(t.Context(), 404, 0, 10); !errors.Is(err, model.ErrNotFound) {
		t.Errorf("%v", err)
	}
}

func orderOf(t *testing.T, pool *model.Pool, user int64) int64 {
	t.Helper()
	return int64(servertest.Count(t, pool, fmt.Sprint("SELECT id FROM seckill_orders WHERE user_id = ", user)))
}

func exec(t *testing.T, pool *model.Pool, statement string) {
	t.Helper()
	if _, err := pool.Exec(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}
