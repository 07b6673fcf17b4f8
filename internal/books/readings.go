package books

import (
	"context"
	"errors"

	"seckill/internal/admission"
	"seckill/internal/seckill"
)

// GateReading is what was seen of a product's gate, and of the books beside it.
type GateReading struct {
	admission.Standing // by the first look at it

	// Account compares it with the books; nil when the gate is not open, when the readings do
	// not fit together, as while it is told moves, or when one of the servers was away.
	Account *seckill.GateAccount
	// BooksErr says that the database has not answered.
	BooksErr error
}

// Gates reads what the gates of settled products hold, compared with their books: all gates,
// the database, and all gates again, in one round trip each. It reads once, where
// [Reader.Gate] reads again until the readings fit together.
func (r *Reader) Gates(ctx context.Context, productIDs []int64) []GateReading {
	readings := make([]GateReading, len(productIDs))
	var ids, above []int64 // of those that are open
	var places []int
	for n, before := range r.gate.States(ctx, productIDs) {
		readings[n].Standing = before
		if before.Err == nil {
			ids, above, places = append(ids, productIDs[n]), append(above, before.Applied), append(places, n)
		}
	}
	if len(ids) == 0 {
		return readings
	}
	stocks, err := r.pool.StocksAndMoves(ctx, ids, above)
	if err != nil {
		for _, n := range places {
			readings[n].BooksErr = err
		}
		return readings
	}
	for i, after := range r.gate.States(ctx, ids) {
		reading := &readings[places[i]]
		stock, there := stocks[ids[i]]
		switch {
		case after.Err != nil && !errors.Is(after.Err, admission.ErrNotLoaded):
			reading.Err = after.Err
		case after.Err == nil && there:
			reading.Account = compare(reading.State, stock, after.State)
		}
	}
	return readings
}
