package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/redis/go-redis/v9"

	"seckill/internal/role"
)

// sweepTurns is in how many turns all that is watched is looked up.
const sweepTurns = 10

var errSilence = errors.New("the hub does not hear itself")

// subscribe keeps the one subscription of the hub alive until ctx ends.
//
// go-redis renews a subscription by itself only when its connection breaks. It does
// not when the server ends it (sunsubscribe, sent when the slot has moved), nor when
// the connection is dead without a word; and when it does it does not tell. So each
// error, and silence, ends the subscription here, and a new one is made.
func (h *Hub) subscribe(ctx context.Context) {
	retry := backoff.NewExponentialBackOff()
	retry.InitialInterval, retry.MaxInterval = 50*time.Millisecond, time.Second
	retry.Reset()
	for {
		err := h.listen(ctx, retry)
		h.heard.Store(0)
		for i := range h.shards {
			h.shards[i].forgetAll()
		}
		if ctx.Err() != nil {
			return
		}
		h.subscribes.observe(err)
		if h.told != nil {
			h.told(err)
		}
		h.channel.relocate(ctx)
		role.Sleep(ctx, retry.NextBackOff())
	}
}

// listen subscribes and takes messages until the subscription ends.
func (h *Hub) listen(ctx context.Context, retry *backoff.ExponentialBackOff) error {
	sub := h.channel.subscribe(ctx)
	// A read that waits does not heed ctx, but does end with its connection.
	stop := context.AfterFunc(ctx, func() { _ = sub.Close() })
	defer func() {
		stop()
		_ = sub.Close()
	}()
	var watched []int64 // kept from one message to the next
	last := time.Now()
	for {
		left := h.pace.silence - time.Since(last)
		if left <= 0 {
			return errSilence
		}
		received, err := receiveFrom(ctx, sub, left)
		if err != nil {
			return fmt.Errorf("receive from %s: %w", channelName, err)
		}
		switch m := received.(type) {
		case *redis.Subscription:
			if m.Kind != "subscribe" && m.Kind != "ssubscribe" {
				return fmt.Errorf("the server ended the subscription: %s", m.Kind)
			}
			h.renewed()
			last = time.Now()
		case *redis.Message:
			var own bool
			if own, watched = h.take(m.Payload, watched[:0]); own {
				h.subscribes.observe(nil)
				retry.Reset()
				last = time.Now()
			}
		}
	}
}

// receiveFrom waits for what comes next. go-redis 9.23 panics over a message that is none, here
// in a goroutine of ours.
func receiveFrom(ctx context.Context, sub *redis.PubSub, timeout time.Duration) (received any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("a message of a wrong shape, on which go-redis panics: %v", p)
		}
	}()
	return sub.ReceiveTimeout(ctx, timeout)
}

// renewed follows each beginning of a subscription: what has changed before was
// perhaps not heard of. What is remembered from now on will be.
func (h *Hub) renewed() {
	var keys []key
	for i := range h.shards {
		keys = h.shards[i].renew(keys)
	}
	h.heard.Store(int64(h.clock()))
	h.lookUp(keys)
	h.changes.anyHappened()
}

// take takes a message, and reports whether it is one of the hub's own, of which
// the hub knows already. What is no message is ignored. watched is room for users.
func (h *Hub) take(message string, watched []int64) (own bool, _ []int64) {
	r := numbers{rest: message}
	sender, _ := r.next()
	if sender == h.name {
		h.heard.Store(int64(h.clock()))
		return true, watched
	}
	productID, ok := r.next()
	if !ok {
		return false, watched
	}
	for user, ok := r.next(); ok; user, ok = r.next() {
		if k := (key{productID, user}); h.shard(k).changed(k) {
			watched = append(watched, user)
		}
	}
	h.finder.want(productID, watched...)
	h.changes.happened(productID)
	if h.heardOf != nil {
		h.heardOf(productID)
	}
	return false, watched
}

// sweep looks all that is watched up again and again, a part of the shards at a
// time. It is the belt to the subscription's braces.
func (h *Hub) sweep(ctx context.Context) {
	ticker := time.NewTicker(h.pace.sweep / sweepTurns)
	defer ticker.Stop()
	for turn := 0; ; turn = (turn + 1) % sweepTurns {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		var keys []key
		for i := turn; i < shards; i += sweepTurns {
			keys = h.shards[i].sweep(keys)
		}
		h.lookUp(keys)
	}
}
