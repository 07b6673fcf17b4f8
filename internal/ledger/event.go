package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"seckill/internal/role"
	"seckill/model"
)

const (
	// trimInterval is how often it is looked for order events that are too old.
	trimInterval = 10 * time.Second
	// trimBatch is how many rows of events one transaction removes at most. It holds the
	// product meanwhile.
	trimBatch = 1000
)

// EventTrimmer makes the role that removes order events older than retention; 0 = never.
// Replicas share the work as in [Ledger.Expirer].
func (l *Ledger) EventTrimmer(retention time.Duration) *role.Role {
	return role.Every(trimInterval, "trim order events", func(ctx context.Context) error {
		if retention == 0 {
			return nil
		}
		return l.TrimOrderEvents(ctx, retention)
	})
}

// TrimOrderEvents removes the order events that are older than retention. A product whose
// events cannot be trimmed keeps no other from it.
func (l *Ledger) TrimOrderEvents(ctx context.Context, retention time.Duration) error {
	products, err := l.pool.FedProducts(ctx)
	if err != nil {
		return err
	}
	var problems []error
	for _, productID := range products {
		if err := l.trimEvents(ctx, productID, retention); err != nil {
			problems = append(problems, fmt.Errorf("product %d: %w", productID, err))
		}
	}
	return role.Problems(problems)
}

func (l *Ledger) trimEvents(ctx context.Context, productID int64, retention time.Duration) error {
	for more := true; more; {
		err := l.pool.InTx(ctx, func(tx pgx.Tx) (err error) {
			more, err = model.TrimOrderEvents(ctx, tx, productID, retention, trimBatch)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
