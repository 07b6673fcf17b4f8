package ledger_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"seckill/internal/ledger"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/model"
)

// newOrder sells one unit of many to a user and returns the order.
func newOrder(t *testing.T, l *ledger.Ledger, pool *model.Pool, user int64) int64 {
	t.Helper()
	settle(t, l, attempt(user, fmt.Sprintf("%d-0", user)))
	var id int64
	if err := pool.QueryRow(t.Context(), "SELECT id FROM seckill_orders WHERE user_id = $1", user).Scan(&id); err != nil {
		t.Fatal(err)
	}
	return id
}

func expire(t *testing.T, l *ledger.Ledger) {
	t.Helper()
	if err := l.ExpireOrders(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// holdProduct locks product 1 until the transaction that comes back, or the test,
// ends.
func holdProduct(t *testing.T, pool *model.Pool) pgx.Tx {
	t.Helper()
	tx, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
	if _, err := model.LockProductRow(t.Context(), tx, 1); err != nil {
		t.Fatal(err)
	}
	return tx
}

// waiting is how many statements wait for a lock in the test's database.
func waiting(t *testing.T, pool *model.Pool) int {
	t.Helper()
	return servertest.Count(t, pool, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")
}

func overdue(t *testing.T, pool *model.Pool) {
	t.Helper()
	if _, err := pool.Exec(t.Context(), "UPDATE seckill_orders SET expires_at = now() - interval '1 ms' WHERE status = 'PENDING_PAYMENT'"); err != nil {
		t.Fatal(err)
	}
}

func paying(stockTotal int64) seckill.Product {
	return seckill.Product{ProductID: 1, StockTotal: new(stockTotal), PerUserLimit: 1, PaymentWindow: time.Hour}
}

func wantCode(t *testing.T, what string, err error, want seckill.Code) {
	t.Helper()
	if got := seckill.ErrorCode(err); got != want {
		t.Errorf("%s: %v, want code %q", what, err, want)
	}
}

func TestPay(t *testing.T) {
	l, pool, seen := newSale(t, paying(5))
	id := newOrder(t, l, pool, 10)
	for range 2 { // again with the same reference: the same answer
		paid, err := l.PayOrder(t.Context(), id, "tester", "ref-1")
		if err != nil || paid.Status != "PAID" || paid.PaymentRef.String != "ref-1" || !paid.PaidAt.Valid {
			t.Fatalf("%+v, %v", paid, err)
		}
	}
	_, err := l.PayOrder(t.Context(), id, "tester", "ref-2")
	wantCode(t, "another reference", err, seckill.CodeAlreadyPaid)
	_, err = l.CancelOrder(t.Context(), id, "tester", true)
	wantCode(t, "cancel a paid order", err, seckill.CodeAlreadyPaid)
	_, err = l.PayOrder(t.Context(), 12345, "tester", "ref-1")
	wantCode(t, "an unknown order", err, seckill.CodeOrderNotFound)
	balanced(t, pool, 4)
	if seen.logs["1 PAID order"] != 1 {
		t.Errorf("observed %v", seen.logs)
	}
}

func TestCancelReturnsTheUnitOnceAndAnotherAttemptWinsIt(t *testing.T) {
	l, pool, _ := newSale(t, paying(1))
	id := newOrder(t, l, pool, 10)
	settle(t, l, attempt(11, "11-0"))
	for range 3 {
		if o, err := l.CancelOrder(t.Context(), id, "tester", false); err != nil || o.Status != "CANCELLED" {
			t.Fatalf("%+v, %v", o, err)
		}
		balanced(t, pool, 1)
	}
	_, err := l.PayOrder(t.Context(), id, "tester", "late")
	wantCode(t, "pay a cancelled order", err, seckill.CodeOrderCancelled)
	settle(t, l, attempt(10, "12-0")) // the same user may try again
	if got, want := results(t, pool), "10 SUCCESS, 11 FAILED SOLD_OUT, 10 SUCCESS"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	balanced(t, pool, 0)
}

func TestAnOrderPastItsTimeIsExpiredSweptOrNot(t *testing.T) {
	l, pool, seen := newSale(t, paying(5))
	id := newOrder(t, l, pool, 10)
	overdue(t, pool)
	for _, swept := range []bool{false, true} {
		_, err := l.PayOrder(t.Context(), id, "tester", "late")
		wantCode(t, fmt.Sprintf("pay, swept %v", swept), err, seckill.CodeOrderExpired)
		_, err = l.CancelOrder(t.Context(), id, "tester", true)
		wantCode(t, fmt.Sprintf("cancel, swept %v", swept), err, seckill.CodeOrderExpired)
		expire(t, l)
		balanced(t, pool, 5)
	}
	if seen.logs["1 EXPIRED order"] != 1 {
		t.Errorf("observed %v", seen.logs)
	}
}

func TestConfirmedOrders(t *testing.T) {
	l, pool, _ := newSale(t, seckill.Product{ProductID: 1, StockTotal: new(int64(1)), PerUserLimit: 1})
	id := newOrder(t, l, pool, 10)
	_, err := l.PayOrder(t.Context(), id, "tester", "ref")
	wantCode(t, "pay", err, seckill.CodeNothingToPay)
	_, err = l.CancelOrder(t.Context(), id, "bff", false)
	wantCode(t, "cancel by anybody", err, seckill.CodeForbidden)
	if o, err := l.CancelOrder(t.Context(), id, "olga", true); err != nil || o.Status != "CANCELLED" {
		t.Errorf("cancel by an operator: %+v, %v", o, err)
	}
	balanced(t, pool, 1)
	if n := servertest.Count(t, pool, "SELECT count(*) FROM seckill_audit WHERE actor = 'olga' AND action = 'order.cancel'"); n != 1 {
		t.Errorf("%d audit rows", n)
	}
	expire(t, l)
	if n := servertest.Count(t, pool, "SELECT count(*) FROM seckill_orders WHERE status = 'EXPIRED'"); n != 0 {
		t.Errorf("%d orders without an end are expired", n)
	}
}

// TestWhoeverRacesAUnitComesBackOnce lets payments, cancellations and two sweepers
// loose on the same orders.
func TestWhoeverRacesAUnitComesBackOnce(t *testing.T) {
	const orders = 60
	l, pool, _ := newSale(t, paying(orders))
	ids := make([]int64, orders)
	for i := range ids {
		ids[i] = newOrder(t, l, pool, int64(i+1))
	}
	// Half are overdue; the sweepers and the cancellers meet on them.
	if _, err := pool.Exec(t.Context(), "UPDATE seckill_orders SET expires_at = now() - interval '1 s' WHERE id % 2 = 0"); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	race := func(fn func(id int64) error) {
		wg.Go(func() {
			for _, id := range ids {
				if err := fn(id); err != nil && seckill.ErrorCode(err) == seckill.CodeInternal {
					t.Errorf("order %d: %v", id, err)
				}
			}
		})
	}
	for n := range 2 {
		race(func(id int64) error {
			_, err := l.PayOrder(t.Context(), id, "tester", fmt.Sprint("ref-", n))
			return err
		})
		race(func(id int64) error { _, err := l.CancelOrder(t.Context(), id, "tester", false); return err })
		race(func(int64) error { return l.ExpireOrders(t.Context()) })
	}
	wg.Wait()
	left := servertest.Count(t, pool, "SELECT stock_left FROM seckill_products")
	balanced(t, pool, left)
	if n := servertest.Count(t, pool, "SELECT count(*) FROM seckill_orders WHERE id % 2 = 0 AND status <> 'EXPIRED'"); n != 0 {
		t.Errorf("%d overdue orders are not expired", n)
	}
	if n := servertest.Count(t, pool, "SELECT count(*) FROM seckill_orders WHERE id % 2 = 1 AND status NOT IN ('PAID', 'CANCELLED')"); n != 0 {
		t.Errorf("%d orders are neither paid nor cancelled", n)
	}
	if paid := servertest.Count(t, pool, "SELECT count(*) FROM seckill_orders WHERE status = 'PAID'"); paid != orders-left {
		t.Errorf("%d paid, %d left of %d", paid, left, orders)
	}
}

// TestPaymentAndExpiryRaceOnOneRow holds the order as a payment does, and lets the
// sweep come by meanwhile.
func TestPaymentAndExpiryRaceOnOneRow(t *testing.T) {
	l, pool, _ := newSale(t, paying(1))
	id := newOrder(t, l, pool, 10)
	overdue(t, pool)
	tx, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	if _, _, err := model.LockOrder(t.Context(), tx, id); err != nil {
		t.Fatal(err)
	}
	expire(t, l)
	balanced(t, pool, 0) // an order in somebody's hands is passed over
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	expire(t, l)
	balanced(t, pool, 1)
}

// TestAProductThatIsHeldDoesNotHoldUpTheOthers: its orders expire when it is let go.
func TestAProductThatIsHeldDoesNotHoldUpTheOthers(t *testing.T) {
	l, pool, _ := newSale(t, paying(1))
	newOrder(t, l, pool, 10)
	other := paying(1)
	other.ProductID = 2
	if _, err := l.CreateProduct(t.Context(), "tester", other); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Store(t.Context(), ledger.Batch{ProductID: 2, Attempts: attempts(1, 1)}); err != nil {
		t.Fatal(err)
	}
	overdue(t, pool)
	tx := holdProduct(t, pool)
	if err := l.ExpireOrders(t.Context()); err == nil || !strings.Contains(err.Error(), "product 1") {
		t.Errorf("the product that is held is not named: %v", err)
	}
	const expired = "SELECT count(*) FROM seckill_orders WHERE status = 'EXPIRED' AND product_id = $1"
	if held, free := servertest.Count(t, pool, expired, 1), servertest.Count(t, pool, expired, 2); held != 0 || free != 1 {
		t.Errorf("%d orders of the held product and %d of the other are expired", held, free)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	expire(t, l)
	if n := servertest.Count(t, pool, expired, 1); n != 1 {
		t.Errorf("%d orders of the product that was held are expired", n)
	}
}

// TestTheTimeToPayBeginsWhenTheProductIsHeld: not when its row was waited for.
func TestTheTimeToPayBeginsWhenTheProductIsHeld(t *testing.T) {
	l, pool, _ := newSale(t, paying(1))
	tx := holdProduct(t, pool)
	done := make(chan error, 1)
	go func() {
		_, err := l.Store(context.Background(), ledger.Batch{ProductID: 1, Attempts: attempts(1, 1)})
		done <- err
	}()
	servertest.Eventually(t, "the settlement waits for the product", func() bool { return waiting(t, pool) == 1 })
	var released time.Time
	if err := pool.QueryRow(t.Context(), "SELECT clock_timestamp()").Scan(&released); err != nil {
		t.Fatal(err)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if n := servertest.Count(t, pool, "SELECT count(*) FROM seckill_orders WHERE expires_at >= $1::timestamptz + interval '1 hour'", released.Truncate(time.Millisecond)); n != 1 {
		t.Error("the time that the row was waited for counts as time to pay")
	}
}

func TestTheExpirerSweepsByItself(t *testing.T) {
	l, pool, _ := newSale(t, paying(3))
	for user := int64(1); user <= 3; user++ {
		newOrder(t, l, pool, user)
	}
	expirer := l.Expirer()
	var wg sync.WaitGroup
	wg.Go(expirer.Start)
	defer wg.Wait()
	defer expirer.Stop()
	overdue(t, pool)
	servertest.Eventually(t, "every order is expired", func() bool {
		return servertest.Count(t, pool, "SELECT count(*) FROM seckill_orders WHERE status = 'EXPIRED'") == 3
	})
	balanced(t, pool, 3)
}

// TestNobodyHoldsAnOrderWhileWaitingForItsProduct: a settlement that holds the
// product may have to wait for such an order, and both would wait for ever.
func TestNobodyHoldsAnOrderWhileWaitingForItsProduct(t *testing.T) {
	l, pool, _ := newSale(t, paying(1))
	id := newOrder(t, l, pool, 10)
	tx := holdProduct(t, pool)
	done := make(chan error, 1)
	go func() {
		_, err := l.CancelOrder(context.Background(), id, "tester", false)
		done <- err
	}()
	servertest.Eventually(t, "the cancellation waits for the product", func() bool { return waiting(t, pool) == 1 })
	if _, err := tx.Exec(t.Context(), "SELECT FROM seckill_orders WHERE id = $1 FOR UPDATE NOWAIT", id); err != nil {
		t.Errorf("the order is held meanwhile: %v", err)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	balanced(t, pool, 1)
}
