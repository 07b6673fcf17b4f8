package books

import (
	"context"
	"errors"
	"time"

	"seckill/model"
)

const (
	// unknownFor is how long a product that is not there counts as that without asking.
	unknownFor = time.Second
	// missingTimeout bounds the question whether there is a product.
	missingTimeout = 500 * time.Millisecond
	// maxUnknown bounds how many of those are remembered.
	maxUnknown = 10_000
)

// Missing reports whether there is a product whose gate was found not open, and has the
// gate opened if so. While PostgreSQL is away nobody knows, and the product counts as
// there.
func (k *Keeper) Missing(ctx context.Context, productID int64) bool {
	if k.knownUnknown(productID) {
		return false
	}
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
		k.noteUnknown(productID)
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

func (k *Keeper) knownUnknown(productID int64) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	since, found := k.unknown[productID]
	return found && time.Since(since) < unknownFor
}

func (k *Keeper) noteUnknown(productID int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.unknown) >= maxUnknown {
		clear(k.unknown)
	}
	k.unknown[productID] = time.Now()
}
