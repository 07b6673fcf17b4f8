package consumer

import (
	"context"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/prometheus/client_golang/prometheus"

	"seckill/internal/ledger"
	"seckill/internal/metrics"
	"seckill/internal/seckill"
	"seckill/internal/stream"
)

// restarted is a ledger that finds a number of times that its database has been started again.
type restarted struct {
	Ledger

	times  int
	stored bool
}

func (r *restarted) Store(context.Context, ledger.Batch) (ledger.Outcome, error) {
	if r.times--; r.times >= 0 {
		return ledger.Outcome{}, &pgconn.PgError{Code: "SK002"}
	}
	r.stored = true
	return ledger.Outcome{Stored: 1, Mark: "1-0"}, nil
}

func (r *restarted) Server(context.Context) (string, error) { return "1", nil }

// bare is a reader that knows of nothing stored.
type bare struct{ *stream.Reader }

func (bare) Group() string                            { return "g1" }
func (bare) Stored(context.Context) ([]string, error) { return nil, nil }

// whole is a keeper whose books are not older.
type whole struct{}

func (whole) Reread(context.Context, int64) (bool, error) { return false, nil }

// TestNothingIsAcknowledgedThatWasNotStoredOnTheBooksOfNow: the loop is told to end while the
// first batch after a restart of the database is looked at.
func TestNothingIsAcknowledgedThatWasNotStoredOnTheBooksOfNow(t *testing.T) {
	for name, cut := range map[string]bool{"what is read is flushed": false, "and its time is over": true} {
		t.Run(name, func(t *testing.T) {
			store := &restarted{times: 2}
			s := newStorer(1, Config{Count: 10, MaxDeliveries: 3}, store, bare{}, metrics.New(prometheus.NewRegistry()))
			s.keeper = whole{}
			ended, cancel := context.WithCancel(t.Context())
			cancel()
			work := t.Context()
			if cut {
				work = ended
			}
			done := s.store(ended, work, []fetch{{batch: ledger.Batch{ProductID: 1, Attempts: []seckill.Attempt{{UserID: 1, StreamID: "1-0"}}}}})
			if acknowledged := slices.Contains(done, "1-0"); acknowledged != store.stored || store.stored == cut {
				t.Errorf("stored %v, acknowledged %v", store.stored, acknowledged)
			}
			if s.gaveUp.Load() != cut {
				t.Errorf("given up: %v", s.gaveUp.Load())
			}
		})
	}
}
