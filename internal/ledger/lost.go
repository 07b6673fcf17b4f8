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

// RecordLost writes down that entries of a product's stream are lost: they were
// delivered, and deleted or trimmed by somebody before they were stored. All that
// is left of them is their IDs.
func (l *Ledger) RecordLost(ctx context.Context, productID int64, streamIDs []string) error {
	err := l.pool.InTx(ctx, func(tx pgx.Tx) error {
		return model.InsertAudit(ctx, tx, consumerActor, "entries.lost", productTarget(productID),
			map[string]any{"streamIds": streamIDs})
	})
	if err != nil {
		return fmt.Errorf("record %d lost entries of product %d: %w", len(streamIDs), productID, err)
	}
	return nil
}

// productTarget names a product in the audit.
func productTarget(productID int64) string { return "product:" + strconv.FormatInt(productID, 10) }
