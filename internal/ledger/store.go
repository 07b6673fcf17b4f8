package ledger

import (
	"context"
	"errors"
)

// Store stores a batch: it records the attempts of a record-only product and
// settles those of a settled one. A product that becomes settled stays so, hence
// what is known once need not be asked again.
func (l *Ledger) Store(ctx context.Context, b Batch) (Outcome, error) {
	if _, settled := l.settled.Load(b.ProductID); settled {
		return l.Settle(ctx, b)
	}
	outcome, err := l.Record(ctx, b)
	if !errors.Is(err, ErrNotRecordOnly) {
		return outcome, err
	}
	l.settled.Store(b.ProductID, true)
	return l.Settle(ctx, b)
}
