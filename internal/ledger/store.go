package ledger

import (
	"context"
	"errors"
	"fmt"

	"seckill/internal/seckill"
	"seckill/model"
)

// Store stores a batch: it records the attempts of a record-only product and
// settles those of a settled one. A product that becomes settled stays so, hence
// what is known once need not be asked again. It fails with ErrNotRecordOnly when the batch
// may only be recorded, and the product is settled.
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
		if b.RecordOnly {
			return Outcome{}, fmt.Errorf("record product %d: %w", b.ProductID, ErrNotRecordOnly)
		}
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
	if l.settled.Store(b.ProductID, true); b.RecordOnly {
		return Outcome{}, err
	}
	return l.Settle(ctx, b)
}

// Number reserves the numbers of the logs of attempts, in their order, so that Store may store
// them while it stores others.
func (l *Ledger) Number(ctx context.Context, attempts []seckill.Attempt) error {
	ids, err := l.pool.ReserveLogIDs(ctx, len(attempts))
	if err != nil {
		return err
	}
	for i := range attempts {
		attempts[i].LogID = ids[i]
	}
	return nil
}

// Server names the state that the database goes on from, model.Known.Server.
func (l *Ledger) Server(ctx context.Context) (string, error) { return l.pool.Server(ctx) }
