package books

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/zeromicro/go-zero/core/logx"
	"golang.org/x/sync/errgroup"

	"seckill/internal/admission"
	"seckill/internal/ledger"
	"seckill/internal/role"
	"seckill/internal/seckill"
)

const (
	// recoverInterval is how often entries are looked for that stay in flight.
	recoverInterval = 5 * time.Second
	// recoverAge is how long an entry has been in flight before it is looked at.
	recoverAge = 10 * time.Second
	// recoverPage is how many entries are looked at together, recoverPages how many pages
	// of one product in one look.
	recoverPage, recoverPages = 500, 20
	// recoverProducts is how many products are looked at side by side, recoverTimeout how
	// long each may take.
	recoverProducts, recoverTimeout = 4, 30 * time.Second
)

// Recoverer makes the role that ends what stays in flight: an entry that is settled, but
// of which the gate was not told, and one that somebody deleted from the stream before
// it was settled. The gate still knows the latter's user, so it is settled after all.
func (k *Keeper) Recoverer() *role.Role {
	return role.Every(recoverInterval, "recover what is in flight", k.Recover)
}

// Recover looks once at every product.
func (k *Keeper) Recover(ctx context.Context) error {
	products, err := k.pool.UndrainedProducts(ctx)
	if err != nil {
		return err
	}
	flying, err := k.flying(ctx, products)
	problems := make([]error, len(flying))
	var looks errgroup.Group // side by side: those of a server that is silent hold up few others
	looks.SetLimit(recoverProducts)
	for i, id := range flying {
		looks.Go(func() error {
			ctx, cancel := context.WithTimeout(ctx, recoverTimeout)
			defer cancel()
			if err := k.recoverProduct(ctx, id); err != nil && !errors.Is(err, admission.ErrNotLoaded) {
				problems[i] = fmt.Errorf("product %d: %w", id, err)
			}
			return nil
		})
	}
	_ = looks.Wait() // each has its own error
	return errors.Join(err, role.Problems(problems))
}

// flying returns those of the products of which something is in flight, or may be.
func (k *Keeper) flying(ctx context.Context, products []int64) (flying []int64, err error) {
	for page := range slices.Chunk(products, recoverPage) {
		ctx, cancel := context.WithTimeout(ctx, lookTimeout)
		counts, problems := k.gate.Flying(ctx, page)
		cancel()
		for i, id := range page {
			if counts[i] > 0 && problems[i] == nil {
				flying = append(flying, id)
			}
		}
		err = errors.Join(err, role.Problems(problems))
	}
	return flying, err
}

func (k *Keeper) recoverProduct(ctx context.Context, productID int64) error {
	gate, err := k.gate.State(ctx, productID)
	if err != nil || gate.InFlight == 0 {
		return err
	}
	now, err := k.streams.Now(ctx)
	if err != nil {
		return err
	}
	cursor := uint64(0)
	for range recoverPages {
		var page []admission.Entry
		if page, cursor, err = k.gate.InFlight(ctx, productID, cursor, recoverPage); err != nil {
			return err
		}
		if err := k.recoverEntries(ctx, productID, gate.Epoch, olderThan(page, now.Add(-recoverAge))); err != nil {
			return err
		}
		if cursor == 0 {
			break
		}
	}
	return nil
}

func olderThan(entries []admission.Entry, limit time.Time) []admission.Entry {
	var old []admission.Entry
	for _, e := range entries {
		id, err := seckill.ParseStreamID(e.StreamID)
		if err == nil && id.Ms < uint64(max(0, limit.UnixMilli())) {
			old = append(old, e)
		}
	}
	return old
}

// recoverEntries ends those of the entries that nobody else is going to.
func (k *Keeper) recoverEntries(ctx context.Context, productID, epoch int64, entries []admission.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	ids, users := make([]string, len(entries)), make(map[string]int64, len(entries))
	for i, e := range entries {
		ids[i], users[e.StreamID] = e.StreamID, e.UserID
	}
	// The stream first: an entry is settled before it goes.
	gone, err := k.streams.Gone(ctx, productID, ids)
	if err != nil {
		return err
	}
	unsettled, err := k.pool.Unsettled(ctx, productID, ids)
	if err != nil {
		return err
	}
	batch := ledger.Batch{ProductID: productID}
	for _, id := range gone {
		if unsettled[id] {
			batch.Attempts = append(batch.Attempts, seckill.Attempt{UserID: users[id], StreamID: id, Admitted: true, Epoch: epoch})
		}
	}
	if err := k.settleDeleted(ctx, batch); err != nil {
		return err
	}
	for _, a := range batch.Attempts {
		delete(unsettled, a.StreamID)
	}
	return k.gate.Settled(ctx, productID, settledAmong(entries, unsettled))
}

// settleDeleted settles admitted attempts whose entries somebody has deleted.
func (k *Keeper) settleDeleted(ctx context.Context, batch ledger.Batch) error {
	if len(batch.Attempts) == 0 {
		return nil
	}
	if _, err := k.settler.Store(ctx, batch); err != nil {
		return err
	}
	logx.Errorf("product %d: %d admitted entries were deleted from the stream, settled by what the gate knows of them",
		batch.ProductID, len(batch.Attempts))
	return nil
}
