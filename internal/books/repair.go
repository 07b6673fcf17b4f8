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
	for range readings {
		err := k.Bring(ctx, productID)
		if errors.Is(err, model.ErrNotFound) {
			return 0, seckill.Errorf(seckill.CodeProductNotFound, "there is no product %d", productID)
		}
		if errors.Is(err, errRereading) {
			return 0, seckill.Errorf(seckill.CodeUnavailable,
				"the books of product %d have lost something, which is read again from the stream; try again", productID)
		}
		if err != nil {
			return 0, err
		}
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

// DryRepair returns by how many units Repair would correct what the gate of a product has
// left, and changes nothing: it tells the gate no move, and lets it forget nothing. It is
// 0 where the gate is not open, since Repair opens one from the books. It waits for the
// product's lock as Repair does, and fails as Repair does.
func (k *Keeper) DryRepair(ctx context.Context, productID int64) (difference int64, err error) {
	err = k.pool.InTx(ctx, func(tx pgx.Tx) error {
		stock, err := lockSettled(ctx, tx, productID)
		if err != nil {
			return err
		}
		done, err := tries(func() (err error) { difference, err = k.dryTry(ctx, tx, stock); return err })
		if err == nil && !done {
			err = seckill.Errorf(seckill.CodeUnavailable, "the gate of product %d is told too much to be looked at, try again", productID)
		}
		return err
	})
	if errors.Is(err, model.ErrNotFound) {
		return 0, seckill.Errorf(seckill.CodeProductNotFound, "there is no product %d", productID)
	}
	return difference, err
}

// dryTry makes one try, or fails with errTold.
func (k *Keeper) dryTry(ctx context.Context, tx pgx.Tx, stock model.GateProduct) (int64, error) {
	gate, flying, err := k.gate.AllInFlight(ctx, stock.ProductID)
	if notInForce(gate, stock, err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	difference, _, err := lookAt(ctx, tx, stock, gate, flying)
	if err != nil {
		return 0, err
	}
	// Moves that the gate was told meanwhile may be gone from the books already.
	after, err := k.gate.State(ctx, stock.ProductID)
	if notInForce(after, stock, err) || err == nil && after.Applied != gate.Applied {
		return 0, errTold
	}
	return difference, err
}

// lockSettled locks the stock of a settled product.
func lockSettled(ctx context.Context, tx pgx.Tx, productID int64) (model.GateProduct, error) {
	stock, err := model.LockStock(ctx, tx, productID)
	if err == nil && !stock.Settled {
		err = seckill.Errorf(seckill.CodeRecordOnly, "product %d is record-only and has no stock", productID)
	}
	return stock, err
}

// notInForce reports whether a reading shows that a gate is not open, or not in the present
// epoch; other failures to read show nothing.
func notInForce(gate admission.State, stock model.GateProduct, err error) bool {
	return errors.Is(err, admission.ErrNotLoaded) || err == nil && gate.Epoch != stock.Epoch
}

// correct corrects a gate while its product is locked; it reports false when it could
// not, because the gate is being opened. A try is in vain when the gate is told
// something meanwhile. Under the lock no move is added, so that comes to an end.
func (k *Keeper) correct(ctx context.Context, actor string, productID int64) (difference int64, done bool, err error) {
	err = k.pool.InTx(ctx, func(tx pgx.Tx) error {
		done = false
		stock, err := lockSettled(ctx, tx, productID)
		if err != nil {
			return err
		}
		done, err = tries(func() (err error) { difference, err = k.try(ctx, tx, actor, stock); return err })
		return err
	})
	return difference, done, err
}

// tries makes tries until one is not in vain, or fails; done is false when all were in vain.
func tries(try func() error) (done bool, err error) {
	for range readings {
		if err := try(); !errors.Is(err, errTold) {
			return err == nil, err
		}
	}
	return false, nil
}

// errTold takes a try back.
var errTold = errors.New("the gate is not in force, or has been told something meanwhile")

// try makes one try, or fails with errTold.
func (k *Keeper) try(ctx context.Context, tx pgx.Tx, actor string, stock model.GateProduct) (difference int64, err error) {
	err = pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) error { // a savepoint: the audit is of one try
		gate, flying, err := k.gate.AllInFlight(ctx, stock.ProductID)
		if notInForce(gate, stock, err) {
			return errTold
		}
		if err != nil {
			return err
		}
		if difference, err = k.difference(ctx, tx, stock, gate, flying); err != nil {
			return err
		}
		if err := audit(ctx, tx, actor, stock.ProductID, difference, gate.Left); err != nil {
			return err
		}
		// A difference of 0 counts, too, only if the gate was told nothing meanwhile.
		done, err := k.gate.Correct(ctx, stock.ProductID, gate, difference)
		if err == nil && !done {
			return errTold
		}
		return err
	})
	return difference, err
}

// audit writes a correction down; none leaves no row.
func audit(ctx context.Context, tx pgx.Tx, actor string, productID, difference, left int64) error {
	if difference == 0 {
		return nil
	}
	return model.InsertAudit(ctx, tx, actor, "books.repair", seckill.ProductTarget(productID),
		map[string]any{"difference": difference, "left": left})
}

// difference is what a gate should have left more than it has, and forgets what of its
// entries in flight is settled. While the product is locked nothing else settles.
func (k *Keeper) difference(ctx context.Context, tx pgx.Tx, stock model.GateProduct, gate admission.State,
	flying []admission.Entry) (int64, error) {
	difference, settled, err := lookAt(ctx, tx, stock, gate, flying)
	if err != nil {
		return 0, err
	}
	return difference, k.gate.Settled(ctx, stock.ProductID, settled)
}

// lookAt finds what a gate should have left more than it has, and what of its entries in
// flight is settled.
func lookAt(ctx context.Context, tx pgx.Tx, stock model.GateProduct, gate admission.State,
	flying []admission.Entry) (difference int64, settled []admission.Entry, err error) {
	ids := make([]string, len(flying))
	for i, e := range flying {
		ids[i] = e.StreamID
	}
	unsettled, err := model.UnknownEntries(ctx, tx, stock.ProductID, ids)
	if err != nil {
		return 0, nil, err
	}
	units, err := model.PendingUnits(ctx, tx, stock.ProductID, gate.Applied)
	if err != nil {
		return 0, nil, err
	}
	open := make(map[string]bool, len(unsettled))
	for _, id := range unsettled {
		open[id] = true
	}
	account := seckill.GateAccount{Left: gate.Left, InFlight: int64(len(unsettled)), PendingMoves: units}
	return account.DriftOf(stock.Left), settledAmong(flying, open), nil
}

// settledAmong returns the entries that are not among the unsettled ones.
func settledAmong(entries []admission.Entry, unsettled map[string]bool) []admission.Entry {
	var settled []admission.Entry
	for _, e := range entries {
		if !unsettled[e.StreamID] {
			settled = append(settled, e)
		}
	}
	return settled
}
