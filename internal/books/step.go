package books

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/zeromicro/go-zero/core/logx"

	"seckill/internal/admission"
	"seckill/internal/role"
	"seckill/model"
)

const (
	// movePage is how many moves the gate is told in one call: as many as a few
	// thousand users, for whose time Redis does nothing else.
	movePage = 8
	// loadingWait is the pause between two looks at a gate that somebody else opens.
	loadingWait = 20 * time.Millisecond
)

// Bring brings a product's gate in step: when it returns nil the gate is open and knows
// every move that was committed before the call. model.ErrNotFound says that there is
// no such product, errRereading that the gate stays closed because the books are not whole.
func (k *Keeper) Bring(ctx context.Context, productID int64) error {
	for {
		broken, why := int64(none), ""
		product, err := k.tell(ctx, productID)
		switch {
		case err == nil:
			k.roster.add(productID)
			return nil
		case errors.Is(err, admission.ErrOutOfStep):
			logx.Errorf("the gate of product %d is to be made anew: %v", productID, err)
			broken = product.Epoch
			if errors.Is(err, admission.ErrForked) {
				why = err.Error()
			}
		case !errors.Is(err, admission.ErrNotLoaded):
			return err
		}
		loaded, err := k.load(ctx, productID, broken, why)
		if err != nil {
			return err
		}
		if !loaded && !role.Sleep(ctx, loadingWait) {
			return fmt.Errorf("bring the gate of product %d in step: %w", productID, ctx.Err())
		}
	}
}

// none is an epoch that no product is in.
const none = -1

// tell tells a gate the moves that it does not know, and drops those that it does.
func (k *Keeper) tell(ctx context.Context, productID int64) (model.GateProduct, error) {
	above := int64(0)
	for {
		product, rows, err := k.pool.Moves(ctx, productID, above, movePage)
		if err != nil {
			return product, err
		}
		if product.Retired { // it has no gate that could be told
			return product, k.pool.DropMoves(ctx, productID, product.Moves)
		}
		applied, err := k.gate.Apply(ctx, productID, product.Epoch, product.Moves, terms(product), moves(rows))
		if err != nil {
			return product, err
		}
		if len(rows) > 0 {
			above = min(applied, rows[len(rows)-1].Number)
			if err := k.pool.DropMoves(ctx, productID, above); err != nil {
				return product, err
			}
		}
		if len(rows) == movePage {
			continue
		}
		if applied < product.Moves {
			return product, fmt.Errorf("it knows %d moves of %d: %w", applied, product.Moves, admission.ErrOutOfStep)
		}
		return product, nil
	}
}

func terms(p model.GateProduct) admission.Terms {
	return admission.Terms{
		Settled: p.Settled, Status: p.Status, PerUserLimit: p.PerUserLimit, StartsAt: p.StartsAt, EndsAt: p.EndsAt,
	}
}

func moves(rows []model.Move) []admission.Move {
	list := make([]admission.Move, len(rows))
	for i, r := range rows {
		list[i] = admission.Move{Number: r.Number, Token: r.Token, After: r.After, Units: r.Units, Taken: r.Taken, Freed: r.Freed}
	}
	return list
}
