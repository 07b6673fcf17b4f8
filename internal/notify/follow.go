package notify

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"seckill/internal/seckill"
)

// changes wakes those who wait for a change of whatever result of a product.
type changes struct {
	mu      sync.Mutex
	waiting map[int64]chan struct{} // by product, closed at the next change
}

// next returns a channel that is closed at the next change of a product.
func (c *changes) next(productID int64) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.waiting == nil {
		c.waiting = map[int64]chan struct{}{}
	}
	if c.waiting[productID] == nil {
		c.waiting[productID] = make(chan struct{})
	}
	return c.waiting[productID]
}

// happened wakes those who wait for a product.
func (c *changes) happened(productID int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if waiting := c.waiting[productID]; waiting != nil {
		close(waiting)
		delete(c.waiting, productID)
	}
}

// anyHappened wakes everybody.
func (c *changes) anyHappened() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, waiting := range c.waiting {
		close(waiting)
	}
	clear(c.waiting)
}

// AwaitChange calls look until it reports that it has found what the caller waits for: at
// once, after each change of a result of the product, whichever replica has made it, and
// every few seconds besides, as all that is watched is looked up. It returns when look has
// found it, at the end of wait, when the hub stops, when ctx ends, and with the error of a
// look that was refused ([seckill.Error]). A look that has failed is made again, a server may
// have been away; the error counts at the end of wait.
func (h *Hub) AwaitChange(ctx context.Context, productID int64, wait time.Duration, look func(ctx context.Context) (bool, error)) error {
	end := time.NewTimer(wait)
	defer end.Stop()
	again := time.NewTimer(h.pace.sweep)
	defer again.Stop()
	for {
		changed := h.changes.next(productID)
		found, err := h.look(ctx, look)
		if _, refused := errors.AsType[*seckill.Error](err); found || refused {
			return err
		}
		pause := h.pace.sweep
		if err != nil {
			pause = h.pace.heartbeat
		}
		again.Reset(pause)
		select {
		case <-changed:
		case <-again.C:
		case <-end.C:
			return err
		case <-h.stopping:
			return err
		case <-ctx.Done():
			return fmt.Errorf("await a change of product %d: %w", productID, context.Cause(ctx))
		}
	}
}

// look bounds one look as a look-up is bounded.
func (h *Hub) look(ctx context.Context, look func(ctx context.Context) (bool, error)) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, findTimeout)
	defer cancel()
	return look(ctx)
}
