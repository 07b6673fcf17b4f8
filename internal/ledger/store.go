package ledger

import (
	"context"
	"errors"

	"seckill/model"
)

// Store stores a batch: it records the attempts of a record-only product and
// settles those of a settled one. A product that becomes settled stays so, hence
// what is known once need not be asked again.
//
// Whoever waits for the results is told, also of entries that were stored before: the
// one who stored them may have died before telling.
func (l *Ledger) Store(ctx context.Context, b Batch) (Outcome, error) {
	outcome, err := l.store(ctx, b)
	if err != nil {
		return outcome, err
	}
	changed := users(b.Attempts)
	for i := range b.Dead {
		if user := b.Dead[i].UserID; user != 0 {
			changed = append(changed, user)
		}
	}
	if len(changed) > 0 {
		l.tell.ResultsChanged(b.ProductID, changed)
	}
	return outcome, nil
}

func (l *Ledger) store(ctx context.Context, b Batch) (Outcome, error) {
	if _, settled := l.settled.Load(b.ProductID); settled {
		outcome, err := l.Settle(ctx, b)
		if !errors.Is(err, model.ErrNotFound) {
			return outcome, err
		}
		l.settled.Delete(b.ProductID) // an older database may have it as record-only again
	}
	outcome, err := l.Record(ctx, b)
	if !errors.Is(err, ErrNotRecordOnly) {
		return outcome, err
	}
	l.settled.Store(b.ProductID, true)
	return l.Settle(ctx, b)
}

// Server names the state that the database goes on from, model.Known.Server.
func (l *Ledger) Server(ctx context.Context) (string, error) { return l.pool.Server(ctx) }
