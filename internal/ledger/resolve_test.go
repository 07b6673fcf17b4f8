package ledger_test

import (
	"slices"
	"sync"
	"testing"

	"seckill/internal/ledger"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

func TestResolveLogs(t *testing.T) {
	l, pool, seen := newLedger(t, 1, 2)
	if _, err := l.Record(t.Context(), ledger.Batch{ProductID: 1, Attempts: attempts(1, 5)}); err != nil {
		t.Fatal(err)
	}
	change := func(id string, status seckill.Status, reason seckill.Reason) seckill.LogChange {
		return seckill.LogChange{ProductID: 1, StreamID: id, Status: status, Reason: reason}
	}
	steps := []struct {
		name    string
		changes []seckill.LogChange
		want    []seckill.ChangeOutcome
		audits  int
	}{
		{
			"the first of two changes of one log wins, in the order given",
			[]seckill.LogChange{
				change("4-0", seckill.StatusSuccess, ""), change("2-0", seckill.StatusFailed, "declined"),
				change("4-0", seckill.StatusFailed, "late"), change("4-0", seckill.StatusSuccess, ""),
				{ProductID: 2, StreamID: "4-0", Status: seckill.StatusSuccess}, change("77-0", seckill.StatusSuccess, ""),
			},
			[]seckill.ChangeOutcome{"UPDATED", "UPDATED", "INVALID_TRANSITION", "UNCHANGED", "NOT_FOUND", "NOT_FOUND"},
			1,
		},
		{
			"the same again changes nothing and leaves no audit row",
			[]seckill.LogChange{change("4-0", seckill.StatusSuccess, ""), change("2-0", seckill.StatusFailed, "declined")},
			[]seckill.ChangeOutcome{"UNCHANGED", "UNCHANGED"},
			1,
		},
	}
	for _, step := range steps {
		got, err := l.ResolveLogs(t.Context(), "alice", step.changes)
		if err != nil || !slices.Equal(got, step.want) {
			t.Errorf("%s: got %v, %v; want %v", step.name, got, err, step.want)
		}
		if n := servertest.Count(t, pool, "SELECT count(*) FROM seckill_audit WHERE actor = 'alice'"); n != step.audits {
			t.Errorf("%s: %d audit rows of %d", step.name, n, step.audits)
		}
	}
	n := servertest.Count(t, pool, `SELECT count(*) FROM seckill_logs WHERE status = 'FAILED' AND reason = 'declined'
		AND stream_id = '2-0' AND updated_at > created_at`)
	if n != 1 {
		t.Error("the log of 2-0 is not FAILED with its reason")
	}
	if seen.logs["1 SUCCESS "] != 1 || seen.logs["1 FAILED declined"] != 1 {
		t.Errorf("observed %v", seen.logs)
	}
}

func TestWhatTheServiceSettledNobodyElseResolves(t *testing.T) {
	l, pool, _ := newLedger(t, 1)
	if _, err := l.Record(t.Context(), ledger.Batch{ProductID: 1, Attempts: attempts(1, 2)}); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		"UPDATE seckill_products SET stock_total = 5, stock_left = 5",
		"UPDATE seckill_logs SET status = 'SUCCESS' WHERE stream_id = '1-0'",
	} {
		if _, err := pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	got, err := l.ResolveLogs(t.Context(), "alice", []seckill.LogChange{
		{ProductID: 1, StreamID: "1-0", Status: seckill.StatusFailed}, {ProductID: 1, StreamID: "2-0", Status: seckill.StatusFailed},
	})
	if err != nil || !slices.Equal(got, []seckill.ChangeOutcome{"SETTLED_BY_SERVICE", "UPDATED"}) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestResolvingFromManySidesUpdatesEachLogOnce(t *testing.T) {
	l, _, seen := newLedger(t, 1)
	const logs, callers = 200, 8
	if _, err := l.Record(t.Context(), ledger.Batch{ProductID: 1, Attempts: attempts(1, logs)}); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for caller := range callers {
		wg.Go(func() {
			changes := make([]seckill.LogChange, 0, logs)
			for _, a := range attempts(1, logs) {
				changes = append(changes, seckill.LogChange{ProductID: 1, StreamID: a.StreamID, Status: seckill.StatusSuccess})
			}
			if caller%2 == 0 {
				slices.Reverse(changes)
			}
			if _, err := l.ResolveLogs(t.Context(), "caller", changes); err != nil {
				t.Errorf("caller %d: %v", caller, err)
			}
		})
	}
	wg.Wait()
	if n := seen.logs["1 SUCCESS "]; n != logs {
		t.Errorf("%d updates of %d logs", n, logs)
	}
}
