package books

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/zeromicro/go-zero/core/logx"

	"seckill/internal/role"
	"seckill/model"
)

// strayTimeout bounds the look for gates of products that are not there.
const strayTimeout = 2 * time.Second

// Has reports whether there is a product that attempts can be made for. Of products that
// are there it answers from memory, while PostgreSQL is away as well; sure is false
// when it is not in memory and PostgreSQL cannot be asked.
func (k *Keeper) Has(ctx context.Context, productID int64) (there, sure bool) {
	return k.roster.has(ctx, productID)
}

// Roster makes the role that keeps in memory which products there are.
func (k *Keeper) Roster() *role.Role { return k.roster.role() }

// OnGone names who else is told of products that are not there any more. It is called
// before the keeper is used.
func (k *Keeper) OnGone(forget func(productID int64)) { k.forgets = forget }

// Missing reports whether there is a product whose gate was found not open, and has the
// gate opened if so. While PostgreSQL is away nobody knows, and the product counts as
// there.
func (k *Keeper) Missing(ctx context.Context, productID int64) bool {
	if k.Retired(productID) {
		return true
	}
	_, err, _ := k.asking.Do(formatID(productID), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), missingTimeout) // it is asked for others, too
		defer cancel()
		product, err := k.pool.GateProduct(ctx, productID)
		if product.Retired {
			k.noteRetired(productID)
		}
		return nil, err
	})
	if errors.Is(err, model.ErrNotFound) {
		k.Leave(productID)
		return false
	}
	if !k.Retired(productID) {
		k.MoveWritten(productID)
	}
	return true
}

// Retired reports whether a product, as Missing has found it, has ended and its gate is
// removed for good: then it is not opened again for those who come late.
func (k *Keeper) Retired(productID int64) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.retired[productID]
}

func (k *Keeper) noteRetired(productID int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.retired) >= maxUnknown {
		clear(k.retired)
	}
	k.retired[productID] = true
}

// Leave closes the gate of a product that is not there any more.
func (k *Keeper) Leave(productID int64) {
	k.roster.drop(productID)
	k.leave([]int64{productID}, true)
}

// leave closes the gates of products that are not in the books (any more), as after an
// older copy of the database was restored: what they admitted nobody would ever settle.
// were says that they were there before, so that somebody may remember them.
func (k *Keeper) leave(productIDs []int64, were bool) {
	ctx, cancel := context.WithTimeout(context.Background(), strayTimeout)
	defer cancel()
	briefs, err := k.gate.Briefs(ctx, productIDs)
	for i, productID := range productIDs {
		if were && k.forgets != nil {
			k.forgets(productID)
		}
		if i < len(briefs) && briefs[i].Loaded {
			err = errors.Join(err, k.gate.Close(ctx, productID, math.MaxInt64))
			logx.Infof("gate of product %d is closed: the books have no such product", productID)
		}
	}
	if err != nil {
		k.strays.Errorf("look for the gates of %d products that are not there: %v", len(productIDs), err)
	}
}
