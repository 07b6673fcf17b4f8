package books

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/zeromicro/go-zero/core/logx"

	"seckill/internal/admission"
	"seckill/internal/role"
	"seckill/internal/stream"
	"seckill/model"
)

// The books can lose their tail: a standby that lagged takes over, or a copy is put back.
// What they have forgotten was acknowledged, so nobody would ever store it again; but the
// stream still holds it, and storing is idempotent. So whoever finds the books older than
// what Redis knows makes the group read again, and until it has, the gate stays closed.

const (
	// rereadWait is the pause between two tries to be the one who looks.
	rereadWait = 50 * time.Millisecond
	// serviceActor is who the service itself is in the audit.
	serviceActor = "seckill"
)

// Reread has the group of a product read again what the books have lost, if they have. It
// returns when that has begun, by whomever; the gate is closed then.
func (k *Keeper) Reread(ctx context.Context, productID int64) error {
	for {
		mine, err := k.gate.LockLoading(ctx, productID)
		if err != nil {
			return err
		}
		if mine {
			break
		}
		if !role.Sleep(ctx, rereadWait) {
			return fmt.Errorf("read product %d again: %w", productID, ctx.Err())
		}
	}
	defer k.gate.UnlockLoading(context.WithoutCancel(ctx), productID)
	_, err := k.rereadIfOlder(ctx, productID)
	return err
}

// rereadIfOlder does it under the lock of the loading, and reports whether the books were
// older.
func (k *Keeper) rereadIfOlder(ctx context.Context, productID int64) (bool, error) {
	why, err := k.older(ctx, productID)
	if err != nil || why == "" {
		return false, err
	}
	logx.Errorf("the books of product %d are older than Redis: %s; they are read again from the stream", productID, why)
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
	if err := k.streams.BeginReread(ctx, productID, r); err != nil {
		return true, err
	}
	k.gauges.BooksLost(productID, r.Lost)
	logx.Errorf("product %d: %d acknowledged entries are not in the books and are read again from %s to %s; %d at least are "+
		"lost for good; %d orders that wait for their payment have been given their whole time again",
		productID, r.Found, r.From, r.Until, r.Lost, extended)
	return true, nil
}

// older tells by what the books of a product are known to be older than Redis, "" when
// they are not. Redis is read first: what it knows was committed before.
func (k *Keeper) older(ctx context.Context, productID int64) (why string, err error) {
	ids := []int64{productID}
	stored, err := k.streams.Stored(ctx, ids)
	if err != nil {
		return "", err
	}
	briefs, err := k.gate.Briefs(ctx, ids)
	if err != nil {
		return "", err
	}
	product, err := k.pool.GateProduct(ctx, productID)
	if err != nil {
		return "", err
	}
	if why := aheadOf(briefs[0], product); why != "" {
		return why, nil
	}
	missing, err := k.pool.Unsettled(ctx, productID, stored[productID])
	if err != nil {
		return "", err
	}
	for id := range missing {
		return "entry " + id + " was acknowledged and is not stored", nil
	}
	return "", nil
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
	case b.Epoch == p.Epoch && b.Applied == p.Moves && b.Token != 0 && b.Token != p.MoveToken:
		return fmt.Sprintf("the gate knows another move %d than the books", b.Applied)
	default:
		return ""
	}
}

// missing looks for what was acknowledged and is not stored.
func (k *Keeper) missing(ctx context.Context, productID int64) (stream.Reread, error) {
	var r stream.Reread
	last, err := k.streams.Delivered(ctx, productID, func(ids []string) error {
		unsettled, err := k.pool.Unsettled(ctx, productID, ids)
		for _, id := range ids {
			if unsettled[id] && r.From == "" {
				r.From = id
			}
		}
		r.Found += int64(len(unsettled))
		return err
	})
	if err != nil {
		return r, err
	}
	r.Until = last
	// What the stream has lost as well shows only in what the consumers have noted.
	stored, err := k.streams.Stored(ctx, []int64{productID})
	if err != nil {
		return r, err
	}
	gone, err := k.streams.Gone(ctx, productID, stored[productID])
	if err != nil {
		return r, err
	}
	lost, err := k.pool.Unsettled(ctx, productID, gone)
	r.Lost = int64(len(lost))
	return r, err
}

// writeOlder writes down that the books were older. Orders that wait for their payment are
// given their whole time again: some have been paid, which the books have forgotten, and
// whoever took the money needs time to say so again.
func (k *Keeper) writeOlder(ctx context.Context, productID int64, why string, r stream.Reread) (extended int64, err error) {
	err = k.pool.InTx(ctx, func(tx pgx.Tx) (err error) {
		if _, err = model.LockStock(ctx, tx, productID); err != nil {
			return err
		}
		if extended, err = model.ExtendPayments(ctx, tx, productID); err != nil {
			return err
		}
		return model.InsertAudit(ctx, tx, serviceActor, "books.older", "product:"+formatID(productID), map[string]any{
			"why": why, "from": r.From, "until": r.Until, "missing": r.Found, "lostAtLeast": r.Lost, "paymentsExtended": extended,
		})
	})
	return extended, err
}

// rereading reports whether the group of a product still reads again what the books have
// lost; the end of that is written down.
func (k *Keeper) rereading(ctx context.Context, productID int64) (bool, error) {
	r, done, err := k.streams.Rereading(ctx, productID)
	if err != nil || r == nil || !done {
		return r != nil, err
	}
	err = k.pool.InTx(ctx, func(tx pgx.Tx) error {
		return model.InsertAudit(ctx, tx, serviceActor, "books.found_again", "product:"+formatID(productID), map[string]any{
			"from": r.From, "until": r.Until, "found": r.Found, "lostAtLeast": r.Lost,
		})
	})
	if err != nil {
		return true, err
	}
	if err := k.streams.EndReread(ctx, productID); err != nil {
		return true, err
	}
	k.gauges.BooksFoundAgain(productID, r.Found)
	logx.Infof("product %d: all %d entries that the books had lost are stored again", productID, r.Found)
	return false, nil
}

// Verified reports whether the books of the server that answers now have been compared with
// what Redis knows. Until then nothing is to be ended for the sake of the time.
func (k *Keeper) Verified(ctx context.Context) (bool, error) {
	server, err := k.pool.Incarnation(ctx)
	if err != nil {
		return false, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.verified == server, nil
}

// verify has the books of every product compared with what Redis knows, once for each
// server of PostgreSQL that answers: another one, or the same started again, may have lost
// something.
func (k *Keeper) verify(ctx context.Context) error {
	server, err := k.pool.Incarnation(ctx)
	if err != nil {
		return err
	}
	k.mu.Lock()
	done := k.verified == server
	k.mu.Unlock()
	if done {
		return nil
	}
	doubted, err := k.doubted(ctx)
	for _, productID := range doubted {
		err = errors.Join(err, k.Reread(ctx, productID))
	}
	if err != nil {
		return fmt.Errorf("compare the books with what Redis knows: %w", err)
	}
	k.mu.Lock()
	k.verified = server
	k.mu.Unlock()
	return nil
}

// doubted lists the products whose books seem to be older than Redis, in a few round trips
// for all.
func (k *Keeper) doubted(ctx context.Context) ([]int64, error) {
	states, err := k.pool.ProductStates(ctx)
	if err != nil || len(states) == 0 {
		return nil, err
	}
	ids := make([]int64, len(states))
	for i, s := range states {
		ids[i] = s.ProductID
	}
	stored, storedErr := k.streams.Stored(ctx, ids)
	briefs, briefsErr := k.gate.Briefs(ctx, ids)
	products, err := k.pool.GateProducts(ctx)
	if err != nil {
		return nil, err
	}
	missing, err := k.pool.MissingEntries(ctx, stored)
	if err != nil {
		return nil, err
	}
	var doubted []int64
	for i, id := range ids {
		if missing[id] || briefs[i].Err == nil && aheadOf(briefs[i], products[id]) != "" {
			doubted = append(doubted, id)
		}
	}
	return doubted, errors.Join(storedErr, briefsErr)
}
