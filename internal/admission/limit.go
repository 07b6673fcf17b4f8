package admission

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"seckill/internal/stream"
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
// user whose count was there would wait a second and be counted nowhere.
type UserLimiter struct {
	clients   *stream.Clients
	perSecond int64
}

// NewUserLimiter makes a limiter of perSecond attempts a user, counted in database 0 of
// Redis at the given addresses; several are a Redis Cluster.
func NewUserLimiter(perSecond int, addrs []string, password string) (*UserLimiter, error) {
	if perSecond < 1 {
		return nil, fmt.Errorf("make rate limiter: %d attempts a second", perSecond)
	}
	return &UserLimiter{
		clients: stream.NewClients(stream.ClientConfig{
			Addrs: addrs, Password: password, ReadTimeout: limitTimeout, WriteTimeout: limitTimeout,
		}),
		perSecond: int64(perSecond),
	}, nil
}

// Allow implements Limiter.
func (l *UserLimiter) Allow(ctx context.Context, userID int64) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, limitTimeout)
	defer cancel()
	n, err := limitScript.Run(ctx, l.clients.Commands, []string{limitPrefix + strconv.FormatInt(userID, 10)}).Int64()
	if err != nil {
		return false, fmt.Errorf("count attempts of user %d: %w", userID, err)
	}
	return n <= l.perSecond, nil
}

// Close closes the limiter's connections.
func (l *UserLimiter) Close() error { return l.clients.Close() }
