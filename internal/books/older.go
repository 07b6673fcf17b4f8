package books

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/zeromicro/go-zero/core/logx"

	"seckill/internal/admission"
	"seckill/internal/role"
	"seckill/internal/seckill"
	"seckill/internal/stream"
	"seckill/model"
)

// The books can lose their tail: a standby that lagged takes over, or a copy is put back.
// What they have forgotten was acknowledged, so nobody would ever store it again; but the
// stream still holds it, and storing is idempotent. So whoever finds the books older than
// what Redis knows makes the group read again, and until it has, the gate stays closed.

// errRereading tells that a gate stays closed because the group of its product still reads
// again what the books have lost.
var errRereading = errors.New("what the books have lost is still read again")

// Watcher is told of losses, for the metrics; metrics.Metrics is it.
type Watcher interface {
	// BooksFoundAgain tells of entries that the books had lost and that are stored again.
	BooksFoundAgain(productID, n int64)
	// BooksLost tells of entries that the books have lost for good.
	BooksLost(productID, n int64)
}

// Watch names who is told of losses. It is called before the keeper is used.
func (k *Keeper) Watch(w Watcher) { k.watcher = w }

// Reread has the group of a product read again what the books have lost, and reports
// whether they have lost anything, now or before, that is not read again: then the gate is
// closed, and what a consumer holds is to be read again in the order of the stream.
func (k *Keeper) Reread(ctx context.Context, productID int64) (bool, error) {
	unlock, err := k.lockBooks(ctx, productID)
	if err != nil {
		return false, err
	}
	defer unlock()
	older, err := k.rereadIfOlder(ctx, productID)
	if err != nil {
		return false, fmt.Errorf("compare the books of product %d with what Redis knows: %w", productID, err)
	}
	k.forgetDoubt(productID, k.doubtOf(productID))
	return older, nil
}

// lockBooks waits until nobody else, here or on another replica, compares the books of a
// product, or opens its gate.
func (k *Keeper) lockBooks(ctx context.Context, productID int64) (unlock func(), err error) {
	found, _ := k.comparing.LoadOrStore(productID, &sync.Mutex{})
	mutex, _ := found.(*sync.Mutex)
	for !mutex.TryLock() {
		if !role.Sleep(ctx, loadingWait) {
			return nil, fmt.Errorf("wait for who compares the books of product %d: %w", productID, ctx.Err())
		}
	}
	for {
		mine, err := k.gate.LockLoading(ctx, productID)
		if err == nil && mine {
			return func() { k.gate.UnlockLoading(context.WithoutCancel(ctx), productID); mutex.Unlock() }, nil
		}
		if err == nil && !role.Sleep(ctx, loadingWait) {
			err = fmt.Errorf("wait for who opens the gate of product %d: %w", productID, ctx.Err())
		}
		if err != nil {
			mutex.Unlock()
			return nil, err
		}
	}
}

// rereadIfOlder makes the group read again if the books are older, and reports whether they
// are, or the group does so already.
func (k *Keeper) rereadIfOlder(ctx context.Context, productID int64) (bool, error) {
	why, rereading, err := k.older(ctx, productID)
	if err != nil || why == "" {
		return rereading, err
	}
	logx.Errorf("the books of product %d are older than Redis: %s; they are read again from the stream", productID, why)
	k.doubt(productID, why)
	if err := k.gate.Shut(ctx, productID); err != nil {
		return true, err
	}
	r, err := k.missing(ctx, productID)
	if err != nil {
		return true, err
	}
	extended, err := k.writeOlder(ctx, productID, why, r)
	if err != nil {
		return true, err
	}
	// From the note on nobody opens the gate; who was about to may just have.
	if err := errors.Join(k.streams.BeginReread(ctx, productID, r), k.gate.Shut(ctx, productID)); err != nil {
		return true, err
	}
	k.watcher.BooksLost(productID, r.Lost)
	logx.Errorf("product %d: %d acknowledged entries are not in the books and are read again, from %q to %s; %d are lost for "+
		"good, as far as can be told; payments and cancellations of that time may be missing; %d orders that wait for "+
		"their payment have their whole time again", productID, r.Found, r.From, r.Until, r.Lost, extended)
	return true, nil
}

// older tells by what the books of a product are known to be older than Redis, "" when
// they are not, and whether the group reads again already. Redis is read first: what it
// knows was committed before.
func (k *Keeper) older(ctx context.Context, productID int64) (why string, rereading bool, err error) {
	ids := []int64{productID}
	marks, err := k.streams.Marks(ctx, ids)
	if err != nil {
		return "", false, err
	}
	rereading = marks[0].Rereading
	briefs, err := k.gate.Briefs(ctx, ids)
	if err != nil {
		return "", rereading, err
	}
	product, err := k.pool.GateProduct(ctx, productID)
	if err != nil {
		return "", rereading, err
	}
	if why := aheadOf(briefs[0], product); why != "" {
		return why, rereading, nil
	}
	if why := k.doubtOf(productID); why != "" && !rereading {
		return why, rereading, nil
	}
	missing, err := k.pool.Unsettled(ctx, productID, marks[0].Stored)
	if err != nil {
		return "", rereading, err
	}
	for id := range missing {
		return "entry " + id + " was acknowledged and is not stored", rereading, nil
	}
	return "", rereading, nil
}

// aheadOf tells what a gate knows that the books, read afterwards, do not; "" for nothing.
func aheadOf(b admission.Brief, p model.GateProduct) string {
	switch {
	case !b.Loaded:
		return ""
	case b.Epoch > p.Epoch:
		return fmt.Sprintf("the gate is of epoch %d, the books are of %d", b.Epoch, p.Epoch)
	case b.Epoch == p.Epoch && b.Applied > p.Moves:
		return fmt.Sprintf("the gate knows of move %d, the books of %d", b.Applied, p.Moves)
	case b.Epoch == p.Epoch && forked(b, p):
		return fmt.Sprintf("the gate knows another move %d than the books", b.Applied)
	default:
		return ""
	}
}

// forked reports whether the last move of the gate is another than that of the books.
func forked(b admission.Brief, p model.GateProduct) bool {
	return b.Applied == p.Moves && b.Token != 0 && p.MoveToken != 0 && b.Token != p.MoveToken
}

// missing looks for what was acknowledged and is not stored.
func (k *Keeper) missing(ctx context.Context, productID int64) (stream.Reread, error) {
	var r stream.Reread
	present := int64(0) // entries that are stored, and in the stream
	w, err := k.streams.Walk(ctx, productID, func(given, others []string) error {
		unsettled, err := k.pool.Unsettled(ctx, productID, append(append([]string(nil), given...), others...))
		if err != nil {
			return err
		}
		present += int64(len(given) + len(others) - len(unsettled))
		for _, id := range given {
			if !unsettled[id] {
				continue
			}
			if r.Found++; r.From == "" {
				r.From = id
			}
		}
		_, err = k.gate.LockLoading(ctx, productID) // it is still ours
		return err
	})
	if err != nil {
		return r, err
	}
	r.Until = w.Delivered
	r.Lost, err = k.lost(ctx, productID, w.Removed, present)
	return r, err
}

// lost tells how many entries are neither in the books nor in the stream, of which removed
// are gone while present are there and stored: as far as that can be told, for a stream
// that was made anew says nothing of the one before.
func (k *Keeper) lost(ctx context.Context, productID, removed, present int64) (int64, error) {
	known, err := k.pool.KnownEntries(ctx, productID)
	if err != nil {
		return 0, err
	}
	marks, err := k.streams.Marks(ctx, []int64{productID})
	if err != nil {
		return 0, err
	}
	gone, err := k.streams.Gone(ctx, productID, marks[0].Stored)
	if err != nil {
		return 0, err
	}
	unsettled, err := k.pool.Unsettled(ctx, productID, gone)
	return max(removed-(known.Stored-present)-known.Lost, int64(len(unsettled))), err
}

// writeOlder writes down that the books were older. Orders that wait for their payment are
// given their whole time again: some have been paid, which the books have forgotten, and
// whoever took the money needs time to say so again. Whoever follows the orders begins anew.
func (k *Keeper) writeOlder(ctx context.Context, productID int64, why string, r stream.Reread) (extended int64, err error) {
	err = k.pool.InTx(ctx, func(tx pgx.Tx) (err error) {
		if _, err = model.LockStock(ctx, tx, productID); err != nil {
			return err
		}
		if extended, err = model.ExtendPayments(ctx, tx, productID); err != nil {
			return err
		}
		if err := model.ResetOrderEvents(ctx, tx, productID); err != nil {
			return err
		}
		return model.InsertAudit(ctx, tx, seckill.ServiceActor, "books.older", seckill.ProductTarget(productID), map[string]any{
			"why": why, "from": r.From, "until": r.Until, "missing": r.Found, "lost": r.Lost, "paymentsExtended": extended,
		})
	})
	if err != nil {
		return 0, fmt.Errorf("write down that the books were older: %w", err)
	}
	return extended, k.pool.UnmarkDrained(ctx, []int64{productID})
}

// reread reports whether the group of a product has read again what the books had lost, or
// had nothing to; the end of that is written down.
func (k *Keeper) reread(ctx context.Context, productID int64) (bool, error) {
	r, done, err := k.streams.Rereading(ctx, productID)
	if err != nil || r == nil || !done {
		return err == nil && r == nil, err
	}
	if r.Found > 0 {
		err = k.pool.InTx(ctx, func(tx pgx.Tx) error {
			return model.InsertAudit(ctx, tx, seckill.ServiceActor, "books.found_again", seckill.ProductTarget(productID), map[string]any{
				"from": r.From, "until": r.Until, "found": r.Found, "lost": r.Lost,
			})
		})
		if err != nil {
			return false, fmt.Errorf("write down that the books are whole again: %w", err)
		}
	}
	if err := k.streams.EndReread(ctx, productID); err != nil {
		return false, err
	}
	k.watcher.BooksFoundAgain(productID, r.Found)
	logx.Errorf("product %d: the %d entries that the books had lost and the stream had are stored again", productID, r.Found)
	return true, nil
}

// nobody is a Watcher that does nothing.
type nobody struct{}

// BooksFoundAgain implements Watcher.
func (nobody) BooksFoundAgain(int64, int64) {}

// BooksLost implements Watcher.
func (nobody) BooksLost(int64, int64) {}
