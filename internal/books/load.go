package books

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/zeromicro/go-zero/core/logx"

	"seckill/internal/admission"
	"seckill/internal/seckill"
	"seckill/internal/stream"
	"seckill/model"
)

// load opens a product's gate unless it is open and in force; broken is an epoch whose
// gate is not, whatever it looks like, and why says by what the books are known to be older
// than Redis, if they are. It reports false when somebody else is opening it. It fails with
// errRereading while the books are not whole.
//
// The order makes it right. The gate is closed first, so what it has written into the
// stream stands. What of that is settled is read together with the stock, the live
// orders and the number of the last move, under the lock of the product. From this the
// gate opens again. An entry of an older epoch that was not in the stream any more has
// no unit here, and settlement knows that from the carried entries.
func (k *Keeper) load(ctx context.Context, productID, broken int64, why string) (loaded bool, err error) {
	inForce, _, _, err := k.inForce(ctx, productID, broken)
	if err != nil || inForce {
		return inForce, err
	}
	if k.doubtOf(productID) != "" {
		return false, errRereading
	}
	if _, begun := k.loading.LoadOrStore(productID, true); begun {
		return false, nil
	}
	defer k.loading.Delete(productID)
	mine, err := k.gate.LockLoading(ctx, productID)
	if err != nil || !mine {
		return false, err
	}
	defer k.gate.UnlockLoading(context.WithoutCancel(ctx), productID)
	inForce, product, run, err := k.inForce(ctx, productID, broken)
	if err != nil || inForce {
		return inForce, err
	}
	if err := k.whole(ctx, productID, why); err != nil {
		return false, err
	}
	began := time.Now()
	next, err := k.reopen(ctx, product, run)
	if errors.Is(err, model.ErrSuperseded) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	logx.Infof("gate of product %d opened: epoch %d, after %s", productID, next, time.Since(began).Round(time.Millisecond))
	return true, nil
}

// whole fails with errRereading while the books are older than Redis, or are read again.
func (k *Keeper) whole(ctx context.Context, productID int64, why string) error {
	found, rereading, err := k.older(ctx, productID)
	if why == "" {
		why = found
	}
	if err != nil || why == "" && !rereading {
		return err
	}
	if why != "" { // to look for what is missing may take long
		k.doubt(productID, why)
		return errors.Join(errRereading, k.gate.Shut(ctx, productID))
	}
	done, err := k.reread(ctx, productID)
	if err == nil && !done {
		err = errRereading
	}
	return err
}

// inForce reports whether a product's gate is open and follows the books, and returns
// what the books say of it and the run of the server that the gate belongs on.
func (k *Keeper) inForce(ctx context.Context, productID, broken int64) (inForce bool, product model.GateProduct, run string, err error) {
	ids := []int64{productID}
	runs, err := k.streams.Runs(ctx, ids)
	if err != nil {
		return false, product, "", err
	}
	briefs, err := k.gate.Briefs(ctx, ids)
	if err != nil {
		return false, product, "", err
	}
	// After the gate, so that a gate that knows more than the books is not in force.
	product, err = k.pool.GateProduct(ctx, productID)
	if err != nil {
		return false, product, "", err
	}
	if product.Retired { // there is none to be opened
		return true, product, "", nil
	}
	b := briefs[0]
	inForce = b.Loaded && b.Epoch == product.Epoch && b.Run == runs[0].ID && b.Applied <= product.Moves && !forked(b, product) && b.Epoch != broken
	return inForce, product, runs[0].ID, nil
}

// reopen closes a product's gate and opens it under the next epoch, which it returns.
func (k *Keeper) reopen(ctx context.Context, product model.GateProduct, run string) (int64, error) {
	productID := product.ProductID
	if err := k.gate.Close(ctx, productID, product.Epoch); err != nil {
		return 0, err
	}
	var written writtenEntries
	// A gate that has never been open has written nothing, and to read a long stream for
	// nothing takes as long as to store it. Where there is stock, the stream itself is asked.
	if product.Epoch > 0 || product.Settled {
		var err error
		if written, err = k.written(ctx, productID); err != nil {
			return 0, err
		}
	}
	next, err := k.pool.BeginEpoch(ctx, productID, product.Epoch, written.counted, written.others)
	if err != nil {
		return 0, err
	}
	opening := openingOf(next, written, run)
	if err := k.gate.Open(ctx, productID, opening); err != nil {
		return 0, err
	}
	// What was stored between the books and the opening was forgotten too early.
	entries := make(map[string]int64, len(opening.InFlight)+len(opening.Waiting))
	maps.Copy(entries, opening.InFlight)
	for user, id := range opening.Waiting { // those without a unit, too
		entries[id] = user
	}
	return next.Epoch, k.forgetSettled(ctx, productID, entries)
}

// writtenEntries are the entries of a stream that the gate has written, in the order
// of the stream.
type writtenEntries struct {
	counted []string // those that took a unit
	others  []string
	order   []admission.Entry // both
}

func (k *Keeper) written(ctx context.Context, productID int64) (writtenEntries, error) {
	var w writtenEntries
	err := k.streams.Rest(ctx, productID, func(entries []stream.Entry) {
		for _, e := range entries {
			a, bad := seckill.Decode(e.ID, e.Fields)
			if bad != "" || !a.Admitted {
				continue
			}
			w.order = append(w.order, admission.Entry{StreamID: a.StreamID, UserID: a.UserID})
			if a.Epoch != 0 {
				w.counted = append(w.counted, a.StreamID)
			} else {
				w.others = append(w.others, a.StreamID)
			}
		}
	})
	return w, err
}

// openingOf puts together what a gate opens with: what the live orders hold, and what
// is in flight.
func openingOf(next model.NewEpoch, w writtenEntries, run string) admission.Opening {
	o := admission.Opening{
		Terms: terms(next.GateProduct), Epoch: next.Epoch, Applied: next.Moves, Token: next.MoveToken, Run: run,
		Holders: next.Holders, InFlight: map[string]int64{}, Waiting: map[int64]string{},
	}
	counted := make(map[string]bool, len(w.counted))
	for _, id := range w.counted {
		counted[id] = true
	}
	for _, e := range w.order {
		if !next.Unsettled[e.StreamID] {
			continue
		}
		o.Waiting[e.UserID] = e.StreamID // the latest, as the stream goes
		if counted[e.StreamID] && next.Settled {
			o.InFlight[e.StreamID] = e.UserID
			o.Holders[e.UserID]++
		}
	}
	o.Left = next.Left - int64(len(o.InFlight))
	return o
}

// forgetPage is how many entries are looked up at once.
const forgetPage = 1000

// forgetSettled tells the gate which of the given entries, users by stream ID, are
// settled.
func (k *Keeper) forgetSettled(ctx context.Context, productID int64, entries map[string]int64) error {
	ids := make([]string, 0, min(len(entries), forgetPage))
	for id := range maps.Keys(entries) {
		if ids = append(ids, id); len(ids) < forgetPage {
			continue
		}
		if err := k.forget(ctx, productID, entries, ids); err != nil {
			return err
		}
		ids = ids[:0]
	}
	return k.forget(ctx, productID, entries, ids)
}

func (k *Keeper) forget(ctx context.Context, productID int64, entries map[string]int64, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	unsettled, err := k.pool.Unsettled(ctx, productID, ids)
	if err != nil {
		return fmt.Errorf("find out what is settled: %w", err)
	}
	settled := make([]admission.Entry, 0, len(ids)-len(unsettled))
	for _, id := range ids {
		if !unsettled[id] {
			settled = append(settled, admission.Entry{StreamID: id, UserID: entries[id]})
		}
	}
	return k.gate.Settled(ctx, productID, settled)
}
