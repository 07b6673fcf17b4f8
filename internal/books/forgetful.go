package books

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/zeromicro/go-zero/core/logx"

	"seckill/internal/admission"
	"seckill/internal/stream"
	"seckill/model"
)

// isChecked reports whether it is known of the server of a product that it has lost
// nothing: it tells its run, with which the gate is compared, or the gate has been compared
// with the books since the server may have been another one.
func (k *Keeper) isChecked(productID int64, run stream.Run) bool {
	if run.ID != "" {
		return true
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.checked[productID] == run.Lapses
}

// forgetful compares the gate of a product with the books where the server does not tell
// its run (INFO is not allowed): an older copy of its data has the same epoch, and units
// that are sold already. It returns the epoch of a gate that has to be made anew, or none.
func (k *Keeper) forgetful(ctx context.Context, productID int64) (broken int64, err error) {
	runs, err := k.streams.Runs(ctx, []int64{productID})
	if err != nil || k.isChecked(productID, runs[0]) {
		return none, err
	}
	broken = none
	err = k.pool.InTx(ctx, func(tx pgx.Tx) error {
		stock, err := model.LockStock(ctx, tx, productID)
		if err != nil || !stock.Settled {
			return err
		}
		gate, flying, err := k.gate.AllInFlight(ctx, productID)
		if errors.Is(err, admission.ErrNotLoaded) || err == nil && gate.Epoch != stock.Epoch {
			return nil // it is made anew in any case
		}
		if err != nil {
			return err
		}
		difference, err := k.difference(ctx, tx, stock, gate, flying)
		if err == nil && difference != 0 {
			broken = gate.Epoch
			logx.Errorf("the gate of product %d is to be made anew: it has %d units more than the books; Redis has lost something",
				productID, -difference)
		}
		return err
	})
	if errors.Is(err, model.ErrNotFound) {
		err = nil
	}
	if err == nil && broken == none {
		k.mu.Lock()
		k.checked[productID] = runs[0].Lapses
		k.mu.Unlock()
	}
	return broken, err
}
