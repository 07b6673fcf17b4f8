package books

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"seckill/internal/admission"
	"seckill/internal/seckill"
	"seckill/model"
)

// Repair corrects what the gate of a product has left by the difference to what it
// should have, while the sale goes on, and returns by how many units. Settlement of the
// product waits meanwhile, some milliseconds, so the difference is exact. What an actor
// corrects stands in the audit.
//
// seckill.CodeProductNotFound and seckill.CodeRecordOnly tell of a product without books.
func (k *Keeper) Repair(ctx context.Context, actor string, productID int64) (int64, error) {
	err := k.Bring(ctx, productID)
	if errors.Is(err, model.ErrNotFound) {
		return 0, seckill.Errorf(seckill.CodeProductNotFound, "there is no product %d", productID)
	}
	if err != nil {
		return 0, err
	}
	for range readings {
		difference, done, err := k.correct(ctx, actor, productID)
		if err != nil {
			return 0, fmt.Errorf("repair books of product %d: %w", productID, err)
		}
		if done {
			return difference, nil
		}
	}
	return 0, seckill.Errorf(seckill.CodeUnavailable, "the gate of product %d is being opened, try again", productID)
}

// correct makes one try; it reports false when the gate was told something meanwhile.
func (k *Keeper) correct(ctx context.Context, actor string, productID int64) (difference int64, done bool, err error) {
	err = k.pool.InTx(ctx, func(tx pgx.Tx) error {
		stock, err := model.LockStock(ctx, tx, productID)
		if err != nil {
			return err
		}
		if !stock.Settled {
			return seckill.Errorf(seckill.CodeRecordOnly, "product %d is record-only and has no stock", productID)
		}
		gate, flying, err := k.gate.AllInFlight(ctx, productID)
		if errors.Is(err, admission.ErrNotLoaded) || err == nil && gate.Epoch != stock.Epoch {
			return nil
		}
		if err != nil {
			return err
		}
		difference, err = k.difference(ctx, tx, productID, stock, gate, flying)
		if err != nil || difference == 0 {
			done = err == nil
			return err
		}
		if err := model.InsertAudit(ctx, tx, actor, "books.repair", "product:"+formatID(productID),
			map[string]any{"difference": difference, "left": gate.Left}); err != nil {
			return err
		}
		done, err = k.gate.Correct(ctx, productID, gate, difference)
		if err == nil && !done {
			return errTold
		}
		return err
	})
	if errors.Is(err, errTold) {
		err = nil
	}
	return difference, done, err
}

// errTold rolls a try back.
var errTold = errors.New("the gate has been told something meanwhile")

// difference is what a gate should have left more than it has, and forgets what of its
// entries in flight is settled. While the product is locked nothing else settles.
func (k *Keeper) difference(ctx context.Context, tx pgx.Tx, productID int64, stock model.GateProduct,
	gate admission.State, flying []admission.Entry) (int64, error) {
	ids := make([]string, len(flying))
	for i, e := range flying {
		ids[i] = e.StreamID
	}
	unsettled, err := model.UnknownEntries(ctx, tx, productID, ids)
	if err != nil {
		return 0, err
	}
	units, err := model.PendingUnits(ctx, tx, productID, gate.Applied)
	if err != nil {
		return 0, err
	}
	if err := k.gate.Settled(ctx, productID, settledAmong(flying, unsettled)); err != nil {
		return 0, err
	}
	account := seckill.GateAccount{Left: gate.Left, InFlight: int64(len(unsettled)), PendingMoves: units}
	return account.DriftOf(stock.Left), nil
}

// settledAmong returns the entries that are not among the unsettled ones.
func settledAmong(entries []admission.Entry, unsettled []string) []admission.Entry {
	open := make(map[string]bool, len(unsettled))
	for _, id := range unsettled {
		open[id] = true
	}
	var settled []admission.Entry
	for _, e := range entries {
		if !open[e.StreamID] {
			settled = append(settled, e)
		}
	}
	return settled
}
