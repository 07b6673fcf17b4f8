package ledger_test

import (
	"fmt"
	"testing"
	"time"

	"seckill/internal/ledger"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/model"
)

// TestASequenceBehindItsTableIsRepaired: after a restore without sequences every number
// that the database gives out is taken. Nothing of that is held against an entry, and no
// call of an operator fails.
func TestASequenceBehindItsTableIsRepaired(t *testing.T) {
	for name, lead := range map[string]int{"a little": 0, "more than is stepped over": 3_000_000} {
		t.Run(name, func(t *testing.T) {
			l, pool, kinds := bothKinds(t)
			for i, kind := range kinds {
				batch := mixed(kind.productID, 2*i+1)
				store(t, l, batch, ledger.Outcome{Stored: 2, Dead: 1, Mark: batch.Attempts[1].StreamID})
			}
			if _, err := l.MoveProduct(t.Context(), "tester", kinds[0].productID, seckill.ProductPaused, time.Now()); err != nil {
				t.Fatal(err)
			}
			putSequencesBack(t, pool, lead)
			for i, kind := range kinds {
				batch := mixed(kind.productID, 2*i+2)
				store(t, l, batch, ledger.Outcome{Stored: 2, Dead: 1, Mark: batch.Attempts[1].StreamID})
			}
			if _, err := l.MoveProduct(t.Context(), "tester", kinds[0].productID, seckill.ProductActive, time.Now()); err != nil {
				t.Errorf("resume: %v", err)
			}
			none(t, pool, "good entries among the dead letters", "SELECT count(*) FROM seckill_dead_letters WHERE reason = $1", seckill.DeadRejectedByDatabase)
		})
	}
}

func store(t *testing.T, l *ledger.Ledger, batch ledger.Batch, want ledger.Outcome) {
	t.Helper()
	if got, err := l.Store(t.Context(), batch); err != nil || got != want {
		t.Errorf("product %d: got %+v, %v; want %+v", batch.ProductID, got, err, want)
	}
}

// putSequencesBack makes the numbers that are taken lead higher and the sequences begin anew.
func putSequencesBack(t *testing.T, pool *model.Pool, lead int) {
	t.Helper()
	for _, table := range []string{"seckill_logs", "seckill_dead_letters", "seckill_audit"} {
		for _, statement := range []string{
			fmt.Sprintf("UPDATE %s SET id = id + %d", table, lead),
			fmt.Sprintf("INSERT INTO %s SELECT (jsonb_populate_record(NULL::%[1]s, to_jsonb(r) || jsonb_build_object('id', 1, 'stream_id', '1-77'))).* FROM %[1]s r WHERE %d > 0 LIMIT 1", table, lead),
			fmt.Sprintf("ALTER SEQUENCE %s_id_seq RESTART", table),
		} {
			if _, err := pool.Exec(t.Context(), statement); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
		}
	}
	if n := servertest.Count(t, pool, "SELECT min(id) FROM seckill_logs"); n != 1 {
		t.Fatalf("the lowest id is %d, so nothing would be in the way", n)
	}
}
