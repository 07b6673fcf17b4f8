package client

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// again reports whether a call is made once more after its try number try has failed with
// err, and after which pause.
func (c *Client) again(ctx context.Context, k call, err error, try int) (pause time.Duration, again bool) {
	var failed *Error
	if !k.repeat || try >= c.config.Retry.Tries || !errors.As(err, &failed) || !repeatable(failed) {
		return 0, false
	}
	if ctx.Err() != nil {
		return 0, false
	}
	pause, ok := c.config.Retry.pause(failed.RetryAfter, try)
	if !ok {
		return 0, false
	}
	if deadline, bound := ctx.Deadline(); bound && time.Until(deadline) < pause {
		return 0, false
	}
	return pause, true
}

// repeatable reports whether a call that failed like this may succeed when it is made again.
func repeatable(e *Error) bool {
	if e.Code == CodeNoAnswer && e.Status/100 == 4 {
		return e.Status == 429 // a proxy that refuses, and would again
	}
	return e.Temporary()
}

// pause returns how long to wait before the try after number try: what the service asks
// for, which is said to be of no use when that is too long, else ever longer; and a random
// bit.
func (r Retry) pause(retryAfter time.Duration, try int) (pause time.Duration, ok bool) {
	if retryAfter > r.MaxPause {
		return 0, false
	}
	if retryAfter == 0 {
		retryAfter = min(r.Pause<<min(try-1, 16), r.MaxPause)
	}
	return retryAfter + rand.N(r.Pause+1), true //nolint:gosec // it spreads, and hides nothing
}

// sleep waits, and returns why it did not wait to the end.
func sleep(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
