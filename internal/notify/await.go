package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"seckill/internal/seckill"
	"seckill/model"
)

// aliveInterval is how often a follower is called while nothing changes: more often than
// the proxies between drop a connection that is silent.
const aliveInterval = 15 * time.Second

// Await returns the result of a user for a product as soon as it is final, or after wait
// what there is, and sooner when the hub stops. It fails with [model.ErrNotFound] if
// there is none by then, and when ctx ends.
func (h *Hub) Await(ctx context.Context, productID, userID int64, wait time.Duration) (*model.UserResult, error) {
	w := h.Watch(productID, userID)
	defer w.Close()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	result, err := h.Result(ctx, productID, userID)
	for {
		if err != nil && !errors.Is(err, model.ErrNotFound) || final(result) {
			return result, err
		}
		select {
		case result = <-w.C():
			err = nil
		case <-timer.C:
			return result, err
		case <-h.stopping:
			return result, err
		case <-ctx.Done():
			return nil, fmt.Errorf("await result of user %d for product %d: %w", userID, productID, context.Cause(ctx))
		}
	}
}

// Follow hands the present result of a user for a product to send, if there is one and it
// is not the last that the caller has seen, and then the result after each change. It ends after a final one, when send or alive
// fails, when ctx ends and when the hub stops. alive is called while nothing changes.
func (h *Hub) Follow(ctx context.Context, productID, userID int64, last seckill.ResultID,
	send func(*model.UserResult) error, alive func() error) error {
	w := h.Watch(productID, userID)
	defer w.Close()
	ticker := time.NewTicker(aliveInterval)
	defer ticker.Stop()
	result, err := h.Result(ctx, productID, userID)
	if errors.Is(err, model.ErrNotFound) || err == nil && last == stateOf(result) {
		err = alive() // so that the client sees that it has been heard
	}
	for err == nil {
		if result != nil && last != stateOf(result) {
			if err := send(result); err != nil {
				return err
			}
			last = stateOf(result)
		}
		if final(result) {
			return nil
		}
		select {
		case result = <-w.C():
		case <-ticker.C:
			err = alive()
		case <-h.stopping:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
	return err
}

func final(result *model.UserResult) bool {
	return result != nil && seckill.Status(result.Status).Terminal()
}

// stateOf is what a result tells: one of the same state tells nothing new.
func stateOf(result *model.UserResult) seckill.ResultID {
	return seckill.ResultID{StreamID: result.StreamId, Status: seckill.Status(result.Status)}
}
