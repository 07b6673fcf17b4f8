package admission

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// limitPrefix begins the keys that count the attempts of users.
	limitPrefix = "seckill:limit:"
	// limitTimeout bounds the question whether a user was too fast. He has still to pass
	// the gate, on another server perhaps, within the time of his request.
	limitTimeout = 500 * time.Millisecond
)

// UserLimiter bounds the attempts of each user, on all replicas together.
//
// It does not count by go-zero's limit.PeriodLimit, whose client learns a minute late
// that a replica has taken over from a dead master of a Redis Cluster: until then each
// user whose count was there would wait a second and be counted nowhere, and go-zero's
// breaker would let everybody else pass uncounted.
type UserLimiter struct {
	client    redis.UniversalClient
	perSecond int64
}

// NewUserLimiter makes a limiter of perSecond attempts a user, 1 or more.
func NewUserLimiter(client redis.UniversalClient, perSecond int) *UserLimiter {
	return &UserLimiter{client: client, perSecond: int64(perSecond)}
}

// Allow implements Limiter.
func (l *UserLimiter) Allow(ctx context.Context, userID int64) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, limitTimeout)
	defer cancel()
	n, err := limitScript.Run(ctx, l.client, []string{limitPrefix + strconv.FormatInt(userID, 10)}).Int64()
	if err != nil {
		return false, fmt.Errorf("count attempts of user %d: %w", userID, err)
	}
	return n <= l.perSecond, nil
}
