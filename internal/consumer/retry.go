package consumer

import (
	"time"

	"github.com/cenkalti/backoff/v5"
)

// newRetry makes the pauses between tries at a server that is away: from 50 ms,
// growing by half with jitter, to 2 s at most, so that replicas do not come back
// all at once and none comes back late.
func newRetry() *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval = 50*time.Millisecond, 2*time.Second
	b.Reset()
	return b
}
