package ledger_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"

	"seckill/internal/ledger"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/model"
)

func TestMain(m *testing.M) { os.Exit(servertest.Run(m)) }

// observed counts what the ledger tells.
type observed struct {
	mu   sync.Mutex
	logs map[string]int
}

func (o *observed) LogsWritten(productID int64, status seckill.Status, reason seckill.Reason, n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.logs == nil {
		o.logs = map[string]int{}
	}
	o.logs[fmt.Sprintf("%d %s %s", productID, status, reason)] += n
}

func (o *observed) PaymentUnwanted(productID int64, kind seckill.Unwanted) {
	o.LogsWritten(productID, seckill.Status(kind), "payment", 1)
}

func (o *observed) DeadLettersWritten(productID int64, reason seckill.DeadReason, n int) {
	o.LogsWritten(productID, "dead", seckill.Reason(reason), n)
}

func (o *observed) OrdersWritten(productID int64, status seckill.OrderStatus, n int) {
	o.LogsWritten(productID, seckill.Status(status), "order", n)
}

func newLedger(t *testing.T, products ...int64) (*ledger.Ledger, *model.Pool, *observed) {
	t.Helper()
	pool, seen := servertest.Pool(t), &observed{}
	if err := pool.AddRecordOnlyProducts(t.Context(), products); err != nil {
		t.Fatal(err)
	}
	return ledger.New(pool, seen), pool, seen
}

// attempts makes n attempts with IDs from-0 … and users from …
func attempts(from, n int) []seckill.Attempt {
	list := make([]seckill.Attempt, n)
	for i := range list {
		list[i] = seckill.Attempt{
			UserID: int64(from + i), StreamID: fmt.Sprintf("%d-0", from+i),
			Fields: map[string]any{"uid": fmt.Sprint(from + i)},
		}
	}
	return list
}

func deadLetter(id string, reason seckill.DeadReason, value string) seckill.DeadLetter {
	return seckill.DeadLetter{StreamID: id, Reason: reason, Deliveries: 1, Fields: map[string]any{"uid": value}}
}

func TestRecordWritesWhatTheEntriesSay(t *testing.T) {
	l, pool, seen := newLedger(t, 1001)
	batch := ledger.Batch{ProductID: 1001, Attempts: []seckill.Attempt{
		{UserID: 123, StreamID: "5-0", RequestID: "r-1", EventAtMs: 1234567890123},
		{UserID: 124, StreamID: "5-1"},
	}}
	outcome, err := l.Record(t.Context(), batch)
	if err != nil || outcome != (ledger.Outcome{Stored: 2, Mark: "5-1"}) {
		t.Fatalf("%+v, %v", outcome, err)
	}
	var row string
	err = pool.QueryRow(t.Context(), `SELECT string_agg(concat_ws(' ', product_id, user_id, stream_id, status,
		coalesce(reason, '-'), coalesce(request_id, '-'), coalesce((event_at AT TIME ZONE 'UTC')::text, '-')), ', ' ORDER BY id)
		FROM seckill_logs`).Scan(&row)
	want := "1001 123 5-0 PROCESSING - r-1 2009-02-13 23:31:30.123, 1001 124 5-1 PROCESSING - - -"
	if err != nil || row != want {
		t.Errorf("got  %s (%v)\nwant %s", row, err, want)
	}
	if seen.logs["1001 PROCESSING "] != 2 {
		t.Errorf("observed %v", seen.logs)
	}
}

func TestRecordAgainHasNoSecondEffect(t *testing.T) {
	l, pool, seen := newLedger(t, 1)
	first := ledger.Batch{
		ProductID: 1, Attempts: attempts(1, 10),
		Dead: []seckill.DeadLetter{deadLetter("99-0", seckill.DeadInvalidUID, "x")},
	}
	for _, want := range []ledger.Outcome{{Stored: 10, Dead: 1, Mark: "10-0"}, {Duplicates: 11}} {
		if got, err := l.Record(t.Context(), first); err != nil || got != want {
			t.Fatalf("got %+v, %v; want %+v", got, err, want)
		}
	}
	overlapping := ledger.Batch{ProductID: 1, Attempts: attempts(6, 10)}
	if got, err := l.Record(t.Context(), overlapping); err != nil || got != (ledger.Outcome{Stored: 5, Duplicates: 5, Mark: "15-0"}) {
		t.Fatalf("got %+v, %v", got, err)
	}
	if n := servertest.Count(t, pool, "SELECT count(*) FROM seckill_logs"); n != 15 {
		t.Errorf("%d logs of 15", n)
	}
	if n := servertest.Count(t, pool, "SELECT count(*) FROM seckill_dead_letters"); n != 1 {
		t.Errorf("%d dead letters of 1", n)
	}
	if seen.logs["1 PROCESSING "] != 15 {
		t.Errorf("observed %v", seen.logs)
	}
}

func TestTheSameStreamIDInTwoProductsIsTwoLogs(t *testing.T) {
	l, pool, _ := newLedger(t, 1, 2)
	for _, product := range []int64{1, 2} {
		got, err := l.Record(t.Context(), ledger.Batch{ProductID: product, Attempts: attempts(7, 3)})
		if err != nil || got.Stored != 3 {
			t.Fatalf("product %d: %+v, %v", product, got, err)
		}
	}
	if n := servertest.Count(t, pool, "SELECT count(*) FROM seckill_logs WHERE stream_id = '7-0'"); n != 2 {
		t.Errorf("%d logs of 2", n)
	}
}

func TestAnIDThatComesWithAnotherUserIsADeadLetter(t *testing.T) {
	l, pool, _ := newLedger(t, 1)
	if _, err := l.Record(t.Context(), ledger.Batch{ProductID: 1, Attempts: attempts(1, 3)}); err != nil {
		t.Fatal(err)
	}
	minted := seckill.Attempt{UserID: 777, StreamID: "2-0", Fields: map[string]any{"uid": "777", "k": "a\x00b"}}
	for _, want := range []ledger.Outcome{{Stored: 1, Dead: 1, Mark: "9-0"}, {Duplicates: 2}} {
		again := ledger.Batch{ProductID: 1, Attempts: append([]seckill.Attempt{minted}, attempts(9, 1)...)}
		if got, err := l.Record(t.Context(), again); err != nil || got != want {
			t.Fatalf("got %+v, %v; want %+v", got, err, want)
		}
	}
	n := servertest.Count(t, pool, `SELECT count(*) FROM seckill_dead_letters
		WHERE product_id = 1 AND stream_id = '2-0' AND reason = 'STREAM_ID_REUSED' AND fields->>'uid' = '777'`)
	if n != 1 {
		t.Errorf("%d dead letters of 1", n)
	}
	if n := servertest.Count(t, pool, "SELECT user_id FROM seckill_logs WHERE stream_id = '2-0'"); n != 2 {
		t.Errorf("the log now has user %d", n)
	}
}

func TestRecordRefusesASettledProduct(t *testing.T) {
	l, pool, _ := newLedger(t, 1)
	if _, err := pool.Exec(t.Context(), "UPDATE seckill_products SET stock_total = 5, stock_left = 5"); err != nil {
		t.Fatal(err)
	}
	for name, batch := range map[string]ledger.Batch{
		"attempts only":   {ProductID: 1, Attempts: attempts(1, 2000)},
		"dead letter too": {ProductID: 1, Attempts: attempts(1, 2), Dead: []seckill.DeadLetter{deadLetter("9-9", seckill.DeadInvalidTS, "1")}},
	} {
		if _, err := l.Record(t.Context(), batch); !errors.Is(err, ledger.ErrNotRecordOnly) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := servertest.Count(t, pool, "SELECT count(*) FROM seckill_logs"); n != 0 {
		t.Errorf("%d logs of none", n)
	}
}

func TestRecordHoldsNoOutageAgainstAnEntry(t *testing.T) {
	l, pool, _ := newLedger(t, 1)
	if _, err := l.Record(t.Context(), ledger.Batch{ProductID: 1, Attempts: attempts(1, 1)}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ what, change, back string }{
		{"a unique key of somebody else", "ADD CONSTRAINT only_one UNIQUE (product_id, status)", "DROP CONSTRAINT only_one"},
		{"a check of somebody else", "ADD CONSTRAINT no_devil CHECK (user_id <> 70000)", "DROP CONSTRAINT no_devil"},
		{"a narrowed column", "ALTER user_id TYPE smallint", "ALTER user_id TYPE bigint"},
		{"another name", "RENAME TO away", ""},
	} {
		if _, err := pool.Exec(t.Context(), "ALTER TABLE seckill_logs "+tt.change); err != nil {
			t.Fatal(err)
		}
		if _, err := l.Record(t.Context(), ledger.Batch{ProductID: 1, Attempts: attempts(70000, 1)}); err == nil || model.IsRejection(err) {
			t.Errorf("%s: %v", tt.what, err)
		}
		if tt.back != "" {
			if _, err := pool.Exec(t.Context(), "ALTER TABLE seckill_logs "+tt.back); err != nil {
				t.Fatal(err)
			}
		}
	}
	pool.Close()
	if _, err := l.Record(t.Context(), ledger.Batch{ProductID: 1, Attempts: attempts(1, 10)}); err == nil || model.IsRejection(err) {
		t.Errorf("no connection: %v", err)
	}
}

func TestOnlyWhatWasNotStoredIsLost(t *testing.T) {
	l, pool, _ := newLedger(t, 1)
	stored := ledger.Batch{
		ProductID: 1, Attempts: attempts(3, 1),
		Dead: []seckill.DeadLetter{deadLetter("4-0", seckill.DeadInvalidUID, "x")},
	}
	if _, err := l.Record(t.Context(), stored); err != nil {
		t.Fatal(err)
	}
	lost, err := l.RecordLost(t.Context(), 1, []string{"1-0", "3-0", "4-0", "2-0"})
	if err != nil || !slices.Equal(lost, []string{"1-0", "2-0"}) {
		t.Fatalf("%v, %v", lost, err)
	}
	if lost, err := l.RecordLost(t.Context(), 1, []string{"3-0"}); err != nil || len(lost) != 0 {
		t.Fatalf("%v, %v", lost, err)
	}
	n := servertest.Count(t, pool, `SELECT count(*) FROM seckill_audit WHERE action = 'entries.lost'
		AND target = 'product:1' AND detail->'streamIds' = '["1-0", "2-0"]'`)
	if all := servertest.Count(t, pool, "SELECT count(*) FROM seckill_audit"); n != 1 || all != 1 {
		t.Errorf("%d audit rows of 1, %d in all", n, all)
	}
}
