package ledger

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"seckill/model"
)

// consumerActor is who the service itself is in the audit.
const consumerActor = "seckill"

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
		return model.InsertAudit(ctx, tx, consumerActor, "entries.lost", productTarget(productID),
			map[string]any{"streamIds": lost})
	})
	if err != nil {
		return nil, fmt.Errorf("record lost entries of product %d: %w", productID, err)
	}
	return lost, nil
}

// productTarget names a product in the audit.
func productTarget(productID int64) string { return "product:" + strconv.FormatInt(productID, 10) }
