package consumer_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"seckill/internal/consumer"
	"seckill/internal/ledger"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// away is a ledger whose database is away for what is lost.
type away struct {
	*ledger.Ledger

	asked chan struct{} // of one place: somebody has tried
}

// RecordLost fails.
func (a away) RecordLost(context.Context, int64, []string) ([]string, error) {
	select {
	case a.asked <- struct{}{}:
	default:
	}
	return nil, errors.New("the database is away")
}

// TestWhatIsLostIsFoundAgain has a process die between the moment at which it finds that
// pending entries exist no longer, and the one at which it could write that down.
func TestWhatIsLostIsFoundAgain(t *testing.T) {
	for name, whose := range map[string]string{"of a consumer that is gone": "gone", "of its own": "b"} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 1)
			w.push(1, 1, 5)
			reader := w.reader(1, whose)
			if err := reader.Join(t.Context()); err != nil {
				t.Fatal(err)
			}
			batch, err := reader.Read(t.Context(), 5, time.Second)
			if err != nil || len(batch.Entries) != 5 {
				t.Fatalf("%d entries, %v", len(batch.Entries), err)
			}
			w.client.XDel(t.Context(), seckill.StreamKey(1), batch.Entries[1].ID, batch.Entries[3].ID)
			store := away{Ledger: w.ledger, asked: make(chan struct{}, 1)}
			dies := consumer.NewLoop(1, config(), w.reader(1, "b"), store, w.metrics)
			done := make(chan struct{})
			go func() { defer close(done); dies.Start() }()
			<-store.asked
			dies.Stop()
			<-done
			w.loop(1, "c", w.ledger)
			servertest.Eventually(t, "nothing is pending", func() bool { return w.pending(1) == 0 })
			if n := servertest.Count(t, w.pool, `
SELECT count(*) FROM seckill_audit, jsonb_array_elements_text(detail -> 'streamIds') AS id
 WHERE action = 'entries.lost' AND target = 'product:1'`); n != 2 {
				t.Errorf("%d lost entries are written down, want 2", n)
			}
			if n := w.logs(1); n != 3 {
				t.Errorf("%d logs, want 3", n)
			}
			if n := w.metric("seckill_stream_lost_entries_total", 1); n != 2 {
				t.Errorf("%v lost entries are counted, want 2", n)
			}
		})
	}
}
