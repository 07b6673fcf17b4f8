package books

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"seckill/internal/role"
)

const (
	// verifyInterval is how often the run of the database is asked for, and how often some of
	// the products are compared whatever that is.
	verifyInterval = 500 * time.Millisecond
	// verifyPage is how many products are compared in one round trip, verifyTurn how many of
	// all of them in one turn.
	verifyPage, verifyTurn = 100, 50
)

// Verifier makes the role that compares the books with what Redis knows: those of every
// product when another server of PostgreSQL answers, or the same started again, which may
// have lost something; and else those of a page of the products, one page after the other,
// for rows can be lost in other ways, too.
func (k *Keeper) Verifier() *role.Role {
	return role.New(func(ctx context.Context) {
		ticker := time.NewTicker(verifyInterval)
		defer ticker.Stop()
		for {
			if err := k.Verify(ctx); err != nil && ctx.Err() == nil {
				k.strays.Errorf("compare the books with what Redis knows: %v", err)
			}
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			case <-k.doubting:
			}
		}
	})
}

// Verify compares once.
func (k *Keeper) Verify(ctx context.Context) error {
	server, err := k.pool.Server(ctx)
	if err != nil {
		return err
	}
	k.mu.Lock()
	changed := k.verified != server
	k.mu.Unlock()
	ids, err := k.living.list(ctx, k.pool, changed)
	if err != nil {
		return err
	}
	k.mu.Lock()
	if k.verified != server {
		k.verified = server
		for _, id := range ids {
			k.doubts[id] += ""
		}
	}
	doubts := slices.Sorted(maps.Keys(k.doubts))
	k.mu.Unlock()
	var problems []error
	for page := range slices.Chunk(append(doubts, k.living.page(ids)...), verifyPage) {
		problems = append(problems, k.verify(ctx, page))
	}
	return errors.Join(problems...)
}

// Verified returns what tells whether the books of a product, on the server of PostgreSQL
// that answers now, have been compared with what Redis knows. Until then nothing of it is to
// be ended for the sake of the time.
func (k *Keeper) Verified(ctx context.Context) (func(productID int64) bool, error) {
	server, err := k.pool.Server(ctx)
	if err != nil {
		return nil, err
	}
	return func(productID int64) bool {
		k.mu.Lock()
		defer k.mu.Unlock()
		_, doubted := k.doubts[productID]
		return k.verified == server && !doubted
	}, nil
}

// doubt has the books of a product compared at once.
func (k *Keeper) doubt(productID int64, why string) {
	k.mu.Lock()
	k.doubts[productID] = why
	k.mu.Unlock()
	select {
	case k.doubting <- struct{}{}:
	default:
	}
}

func (k *Keeper) doubtOf(productID int64) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.doubts[productID]
}

// forgetDoubt notes that the books of a product have been compared, for the reason that is
// given.
func (k *Keeper) forgetDoubt(productID int64, why string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.doubts[productID] == why {
		delete(k.doubts, productID)
	}
}

// verify compares products, in a few round trips for all, and has what is lost read again.
func (k *Keeper) verify(ctx context.Context, ids []int64) error {
	lookCtx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	marks, marksErr := k.streams.Marks(lookCtx, ids)
	briefs, briefsErr := k.gate.Briefs(lookCtx, ids)
	stored := make(map[int64][]string, len(ids))
	for i, id := range ids {
		if marks[i].Err == nil {
			stored[id] = marks[i].Stored
		}
	}
	products, err := k.pool.GateProducts(ctx, ids)
	if err != nil {
		return err
	}
	missing, err := k.pool.MissingEntries(ctx, stored)
	if err != nil {
		return err
	}
	problems := []error{marksErr, briefsErr}
	for i, id := range ids {
		product, there := products[id]
		answered := marks[i].Err == nil && briefs[i].Err == nil
		switch {
		case !there: // and nothing can be stored of it
			k.forgetDoubt(id, k.doubtOf(id))
		case missing[id] || marks[i].Rereading || k.doubtOf(id) != "" || briefs[i].Err == nil && aheadOf(briefs[i], product) != "":
			older, err := k.Reread(ctx, id)
			problems = append(problems, err)
			if older {
				k.queue.add(id, true)
			}
		case answered:
			k.forgetDoubt(id, "")
		}
	}
	return errors.Join(problems...)
}
