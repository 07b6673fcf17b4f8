package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"seckill/internal/seckill"
	"seckill/model"
)

// RecordLost writes down which of the given entries of a product's stream are lost,
// and returns them. They exist in the stream no longer, deleted or trimmed by
// somebody while they were pending; those that had been stored by then are not lost.
// All that is left of a lost entry is its ID.
func (l *Ledger) RecordLost(ctx context.Context, productID int64, streamIDs []string) ([]string, error) {
	var lost []string
	err := l.pool.InTx(ctx, func(tx pgx.Tx) (err error) {
		if lost, err = model.UnknownEntries(ctx, tx, productID, streamIDs); err != nil || len(lost) == 0 {
			return err
		}
		return model.InsertAudit(ctx, tx, seckill.ServiceActor, "entries.lost", seckill.ProductTarget(productID),
			map[string]any{"streamIds": lost})
	})
	if err != nil {
		return nil, fmt.Errorf("record lost entries of product %d: %w", productID, err)
	}
	return lost, nil
}

// RetireProduct notes, with a row in the audit, that the keys of a product that has ended
// are removed from Redis; it reports false when that is noted already.
func (l *Ledger) RetireProduct(ctx context.Context, productID int64) (noted bool, err error) {
	err = l.pool.InTx(ctx, func(tx pgx.Tx) error {
		if noted, err = model.Retire(ctx, tx, productID); err != nil || !noted {
			return err
		}
		return model.InsertAudit(ctx, tx, seckill.ServiceActor, "product.retire", seckill.ProductTarget(productID), map[string]any{})
	})
	if err != nil {
		return false, fmt.Errorf("retire product %d: %w", productID, err)
	}
	return noted, nil
}

// MarkDrained notes of which of the given products nothing is on its way any more, and
// returns those that are noted now.
func (l *Ledger) MarkDrained(ctx context.Context, productIDs []int64) ([]int64, error) {
	return l.pool.MarkDrained(ctx, productIDs)
}

// UnmarkDrained notes that something of the given products is on its way after all.
func (l *Ledger) UnmarkDrained(ctx context.Context, productIDs []int64) error {
	return l.pool.UnmarkDrained(ctx, productIDs)
}

// DrainedBefore lists the products that have been drained for the given time and whose
// keys are not removed from Redis.
func (l *Ledger) DrainedBefore(ctx context.Context, age time.Duration) ([]int64, error) {
	return l.pool.DrainedBefore(ctx, age)
}
