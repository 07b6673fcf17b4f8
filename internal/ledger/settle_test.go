package ledger_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"seckill/internal/ledger"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/model"
)

// sale creates a settled product in a database of its own.
func newSale(t *testing.T, p seckill.Product) (*ledger.Ledger, *model.Pool, *observed) {
	t.Helper()
	l, pool, seen := newLedger(t)
	if _, err := l.CreateProduct(t.Context(), "tester", p); err != nil {
		t.Fatal(err)
	}
	return l, pool, seen
}

// attempt makes an attempt of a user with a stream ID.
func attempt(user int64, id string) seckill.Attempt {
	return seckill.Attempt{UserID: user, StreamID: id, Fields: map[string]any{"uid": fmt.Sprint(user)}}
}

func settle(t *testing.T, l *ledger.Ledger, attempts ...seckill.Attempt) ledger.Outcome {
	t.Helper()
	outcome, err := l.Store(t.Context(), ledger.Batch{ProductID: 1, Attempts: attempts})
	if err != nil {
		t.Fatal(err)
	}
	return outcome
}

// results lists the logs as "user status reason", in the order of writing.
func results(t *testing.T, pool *model.Pool) string {
	t.Helper()
	var list string
	err := pool.QueryRow(t.Context(), `SELECT coalesce(string_agg(concat_ws(' ', user_id, status, reason), ', ' ORDER BY id), '')
		FROM seckill_logs`).Scan(&list)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// balanced fails the test unless total = left + live orders.
func balanced(t *testing.T, pool *model.Pool, left int) {
	t.Helper()
	n := servertest.Count(t, pool, `SELECT count(*) FROM seckill_products p WHERE stock_left = $1 AND stock_total = stock_left +
		(SELECT count(*) FROM seckill_orders o WHERE o.product_id = p.product_id AND o.status IN ('PENDING_PAYMENT', 'PAID', 'CONFIRMED'))`, left)
	if n != 1 {
		t.Errorf("the books do not balance with %d left", left)
	}
}

func TestSettleWritesLogsOrdersAndStockTogether(t *testing.T) {
	l, pool, seen := newSale(t, seckill.Product{ProductID: 1, StockTotal: new(int64(2)), PerUserLimit: 1, PaymentWindow: time.Minute})
	outcome := settle(t, l, attempt(10, "1-0"), attempt(10, "1-1"), attempt(11, "2-0"), attempt(12, "3-0"))
	if outcome != (ledger.Outcome{Stored: 4, Mark: "3-0"}) {
		t.Errorf("%+v", outcome)
	}
	if got, want := results(t, pool), "10 SUCCESS, 10 FAILED LIMIT_REACHED, 11 SUCCESS, 12 FAILED SOLD_OUT"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	n := servertest.Count(t, pool, `SELECT count(*) FROM seckill_orders WHERE status = 'PENDING_PAYMENT' AND slot = 1
		AND (user_id, stream_id) IN ((10, '1-0'), (11, '2-0')) AND expires_at BETWEEN now() AND now() + interval '1 minute'`)
	if n != 2 {
		t.Errorf("%d orders of 2", n)
	}
	balanced(t, pool, 0)
	for what, want := range map[string]int{
		"1 SUCCESS ": 2, "1 FAILED LIMIT_REACHED": 1, "1 FAILED SOLD_OUT": 1, "1 PENDING_PAYMENT order": 2,
	} {
		if seen.logs[what] != want {
			t.Errorf("observed %q %d times, want %d", what, seen.logs[what], want)
		}
	}
}

func TestSettlingAgainHasNoSecondEffect(t *testing.T) {
	l, pool, _ := newSale(t, seckill.Product{ProductID: 1, StockTotal: new(int64(5)), PerUserLimit: 1})
	settle(t, l, attempt(10, "1-0"), attempt(11, "2-0"))
	again := settle(t, l, attempt(10, "1-0"), attempt(12, "3-0"), attempt(11, "2-0"))
	if again != (ledger.Outcome{Stored: 1, Duplicates: 2, Mark: "3-0"}) {
		t.Errorf("%+v", again)
	}
	balanced(t, pool, 2)
	minted := settle(t, l, attempt(99, "2-0"), attempt(13, "4-0"))
	if minted != (ledger.Outcome{Stored: 1, Dead: 1, Mark: "4-0"}) {
		t.Errorf("%+v", minted)
	}
	if n := servertest.Count(t, pool, "SELECT count(*) FROM seckill_dead_letters WHERE reason = 'STREAM_ID_REUSED' AND stream_id = '2-0'"); n != 1 {
		t.Errorf("%d dead letters", n)
	}
	if got, want := results(t, pool), "10 SUCCESS, 11 SUCCESS, 12 SUCCESS, 13 SUCCESS"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	balanced(t, pool, 1)
}

func TestDeadLettersAreSettledAlong(t *testing.T) {
	l, pool, _ := newSale(t, seckill.Product{ProductID: 1, StockTotal: new(int64(5)), PerUserLimit: 1})
	batch := ledger.Batch{
		ProductID: 1, Attempts: []seckill.Attempt{attempt(10, "1-0")},
		Dead: []seckill.DeadLetter{deadLetter("1-1", seckill.DeadInvalidTS, "1")},
	}
	for _, want := range []ledger.Outcome{{Stored: 1, Dead: 1, Mark: "1-0"}, {Duplicates: 2}} {
		if got, err := l.Store(t.Context(), batch); err != nil || got != want {
			t.Errorf("got %+v, %v; want %+v", got, err, want)
		}
	}
	balanced(t, pool, 4)
}

func TestTheWindowIsThatOfTheStreamID(t *testing.T) {
	l, pool, _ := newSale(t, seckill.Product{
		ProductID: 1, StockTotal: new(int64(9)), PerUserLimit: 0, StartsAt: time.UnixMilli(100), EndsAt: time.UnixMilli(200),
	})
	settle(t, l, attempt(10, "99-0"), attempt(10, "100-0"), attempt(10, "199-7"), attempt(10, "200-0"))
	if got, want := results(t, pool), "10 FAILED NOT_STARTED, 10 SUCCESS, 10 SUCCESS, 10 FAILED ENDED"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if _, err := l.MoveProduct(t.Context(), "tester", 1, seckill.ProductEnded, time.UnixMilli(150)); err != nil {
		t.Fatal(err)
	}
	settle(t, l, attempt(11, "149-0"), attempt(11, "150-0"))
	if got, want := results(t, pool), "10 FAILED NOT_STARTED, 10 SUCCESS, 10 SUCCESS, 10 FAILED ENDED, 11 SUCCESS, 11 FAILED ENDED"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestAProductBecomesSettledInTheMiddleOfItsStream(t *testing.T) {
	l, pool, _ := newSale(t, seckill.Product{ProductID: 1, PerUserLimit: 1})
	settle(t, l, attempt(10, "1-0"))
	if _, err := l.ChangeProduct(t.Context(), "tester", 1, seckill.ProductChange{StockTotal: new(int64(1))}); err != nil {
		t.Fatal(err)
	}
	settle(t, l, attempt(10, "1-0"), attempt(11, "2-0"), attempt(12, "3-0"))
	if got, want := results(t, pool), "10 PROCESSING, 11 SUCCESS, 12 FAILED SOLD_OUT"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	balanced(t, pool, 0)
}

// TestManyReplicasSettleOneProduct lets replicas settle batches of a hot product
// while units come back and stock is added, then proves every invariant.
func TestManyReplicasSettleOneProduct(t *testing.T) {
	const replicas, batches, size, limit = 6, 12, 40, 2
	l, pool, _ := newSale(t, seckill.Product{ProductID: 1, StockTotal: new(int64(300)), PerUserLimit: limit, PaymentWindow: time.Hour})
	var wg sync.WaitGroup
	for r := range replicas {
		wg.Go(func() {
			for b := range batches {
				var batch []seckill.Attempt
				for i := range size {
					batch = append(batch, attempt(int64(1+(r*7+b*13+i*3)%150), fmt.Sprintf("%d-%d", r*1000+b, i)))
				}
				if _, err := l.Store(t.Context(), ledger.Batch{ProductID: 1, Attempts: batch}); err != nil {
					t.Errorf("replica %d: %v", r, err)
				}
			}
		})
	}
	wg.Go(func() {
		for range 30 {
			var id int64
			if pool.QueryRow(t.Context(), "SELECT id FROM seckill_orders WHERE status = 'PENDING_PAYMENT' ORDER BY random() LIMIT 1").Scan(&id) == nil {
				if _, err := l.CancelOrder(t.Context(), id, "tester", false); err != nil && seckill.ErrorCode(err) == seckill.CodeInternal {
					t.Errorf("cancel: %v", err)
				}
			}
			if _, err := l.RestockProduct(t.Context(), "tester", 1, 1, "more"); err != nil {
				t.Errorf("restock: %v", err)
			}
		}
	})
	wg.Wait()
	left := servertest.Count(t, pool, "SELECT stock_left FROM seckill_products")
	balanced(t, pool, left)
	for what, sql := range map[string]string{
		"logs without a final status": "SELECT count(*) FROM seckill_logs WHERE status = 'PROCESSING'",
		"entries without a log":       fmt.Sprintf("SELECT %d - count(*) FROM seckill_logs", replicas*batches*size),
		"winners without an order, or orders without a winner": `SELECT count(*) FROM seckill_logs l FULL JOIN seckill_orders o
			USING (product_id, stream_id) WHERE (l.status = 'SUCCESS') IS DISTINCT FROM (o.id IS NOT NULL)`,
		"users over the limit": `SELECT count(*) FROM (SELECT 1 FROM seckill_orders WHERE status = 'PENDING_PAYMENT'
			GROUP BY user_id HAVING count(*) > 2) AS over`,
	} {
		if n := servertest.Count(t, pool, sql); n != 0 {
			t.Errorf("%d %s", n, what)
		}
	}
}

func TestSettlingWhatIsNotThere(t *testing.T) {
	l, _, _ := newLedger(t, 1)
	for _, product := range []int64{1, 77} { // record-only, and unknown
		_, err := l.Settle(t.Context(), ledger.Batch{ProductID: product, Attempts: attempts(1, 1)})
		if !errors.Is(err, model.ErrNotFound) {
			t.Errorf("product %d: %v", product, err)
		}
	}
}
