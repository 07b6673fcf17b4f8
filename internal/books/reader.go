package books

import (
	"context"
	"errors"
	"fmt"

	"seckill/internal/admission"
	"seckill/internal/seckill"
	"seckill/model"
)

// Reader answers for the books of one product.
type Reader struct {
	pool *model.Pool
	gate *admission.Gate
}

// NewReader makes a reader.
func NewReader(pool *model.Pool, gate *admission.Gate) *Reader {
	return &Reader{pool: pool, gate: gate}
}

// Read returns the books of a product; seckill.CodeProductNotFound when there is none of
// that ID. Orders and logs are counted in one snapshot. The gate is read beside it.
func (r *Reader) Read(ctx context.Context, productID int64) (seckill.Books, error) {
	a, err := r.pool.Accounts(ctx, productID)
	if errors.Is(err, model.ErrNotFound) {
		return seckill.Books{}, seckill.Errorf(seckill.CodeProductNotFound, "there is no product %d", productID)
	}
	if err != nil {
		return seckill.Books{}, fmt.Errorf("read books: %w", err)
	}
	books := seckill.Books{
		ProductID: productID, StockTotal: a.StockTotal, StockLeft: a.StockLeft,
		OrdersByStatus: map[seckill.OrderStatus]int64{}, LogsByStatus: map[seckill.Status]int64{},
	}
	for status, n := range a.Orders {
		books.OrdersByStatus[seckill.OrderStatus(status)] = n
		if seckill.OrderStatus(status).Live() {
			books.LiveOrders += n
		}
	}
	for status, n := range a.Logs {
		books.LogsByStatus[seckill.Status(status)] = n
	}
	if a.StockTotal != nil {
		books.Gate, err = gateAccount(ctx, r.pool, r.gate, productID)
	}
	return books, err
}

// readings is how often gate and database are read until the readings fit together: a
// gate that is told moves meanwhile is read again.
const readings = 10

// gateAccount reads what the gate of a product holds, and compares it with the database:
// gate, database, gate. It is nil when the gate is not open, or is being opened. A gate that
// seems to hold too much is read again, for what is settled and not told yet looks the same.
func gateAccount(ctx context.Context, pool *model.Pool, gate *admission.Gate, productID int64) (*seckill.GateAccount, error) {
	var seen *seckill.GateAccount
	for range readings {
		before, err := gate.State(ctx, productID)
		if errors.Is(err, admission.ErrNotLoaded) {
			return nil, nil //nolint:nilnil // nil is the documented "not open"
		}
		if err != nil {
			return nil, err
		}
		stock, err := pool.StockAndMoves(ctx, productID, before.Applied)
		if err != nil {
			return nil, err
		}
		after, err := gate.State(ctx, productID)
		if errors.Is(err, admission.ErrNotLoaded) {
			return nil, nil //nolint:nilnil // see above
		}
		if err != nil {
			return nil, err
		}
		if account := compare(before, stock, after); account != nil {
			seen = seckill.Surer(seen, account)
		}
		if seen != nil && seen.Drift >= 0 {
			return seen, nil
		}
	}
	return seen, nil // nil: the gate is never seen in step, it is being opened
}

// compare returns the account that three readings give, nil when they do not fit
// together: the gate was opened anew, or has been told moves that the database reading
// does not show.
func compare(before admission.State, stock model.StockAndMoves, after admission.State) *seckill.GateAccount {
	complete := int64(len(stock.Units)) == max(0, stock.Moves-before.Applied)
	if before.Epoch != stock.Epoch || after.Epoch != stock.Epoch || !complete || after.Applied > stock.Moves {
		return nil
	}
	first, second := account(before, before.Applied, stock), account(after, before.Applied, stock)
	second.Drift = seckill.LeastDrift(first.DriftOf(stock.Left), second.DriftOf(stock.Left))
	return &second
}

// account is what a gate holds by one reading; the units of stock are those of the moves
// above the given number.
func account(g admission.State, above int64, stock model.StockAndMoves) seckill.GateAccount {
	a := seckill.GateAccount{Left: g.Left, InFlight: g.InFlight}
	for _, units := range stock.Units[min(int64(len(stock.Units)), max(0, g.Applied-above)):] {
		a.PendingMoves += units
	}
	return a
}

// Gate returns what the gate of a settled product holds, compared with its books; nil when
// it is not open in the present epoch, or is being opened.
func (r *Reader) Gate(ctx context.Context, productID int64) (*seckill.GateAccount, error) {
	return gateAccount(ctx, r.pool, r.gate, productID)
}
