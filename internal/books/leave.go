package books

import (
	"context"
	"errors"
	"fmt"

	"seckill/internal/admission"
	"seckill/internal/seckill"
)

// OnItsWay tells what is on its way of a product outside of the database: entries that are
// not stored, and units that the gate has admitted.
func (k *Keeper) OnItsWay(ctx context.Context, productID int64) (seckill.OnItsWay, error) {
	stream, err := k.streams.State(ctx, productID)
	if err != nil {
		return seckill.OnItsWay{}, fmt.Errorf("what is on its way of product %d: %w", productID, err)
	}
	gate, err := k.gate.State(ctx, productID)
	if err != nil && !errors.Is(err, admission.ErrNotLoaded) {
		return seckill.OnItsWay{}, fmt.Errorf("what is on its way of product %d: %w", productID, err)
	}
	// Where nobody can tell what is undelivered, or nobody has joined the group, it may be
	// the whole stream.
	undelivered := stream.Length
	if stream.Lag != nil {
		undelivered = *stream.Lag
	}
	return seckill.OnItsWay{Undelivered: undelivered, Pending: stream.Pending, InFlight: gate.InFlight}, nil
}
