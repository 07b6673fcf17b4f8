package books

import (
	"context"
	"errors"
	"fmt"
)

// effort is one Bring that several callers wait for.
type effort struct {
	done chan struct{}
	err  error
}

// Told is Bring for many callers at once: it returns when the gate of a product knows
// every move that was committed before the call. Who comes while one effort is under way
// shares the next one, so that a thousand cancels cost the databases a few questions.
func (k *Keeper) Told(ctx context.Context, productID int64) error {
	e := k.nextEffort(productID)
	select {
	case <-e.done:
		return e.err
	case <-ctx.Done():
		return fmt.Errorf("tell the gate of product %d: %w", productID, context.Cause(ctx))
	}
}

// nextEffort returns the next effort that will begin for a product.
func (k *Keeper) nextEffort(productID int64) *effort {
	k.mu.Lock()
	defer k.mu.Unlock()
	next, under := k.efforts[productID]
	if next != nil {
		return next
	}
	next = &effort{done: make(chan struct{})}
	k.efforts[productID] = next
	if !under {
		go k.makeEfforts(productID)
	}
	return next
}

// makeEfforts makes efforts until nobody waits. Meanwhile the product has a place in
// k.efforts, nil when nobody waits for the next one.
func (k *Keeper) makeEfforts(productID int64) {
	for {
		k.mu.Lock()
		e := k.efforts[productID]
		if e == nil {
			delete(k.efforts, productID)
			k.mu.Unlock()
			return
		}
		k.efforts[productID] = nil
		k.mu.Unlock()
		ctx, cancel := context.WithTimeout(context.Background(), lookTimeout)
		if e.err = k.Bring(ctx, productID); errors.Is(e.err, errRereading) {
			e.err = nil // a gate that is closed admits nothing, and opens with all that is committed
		}
		cancel()
		close(e.done)
	}
}
