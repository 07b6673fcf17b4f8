package admission

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/zeromicro/go-zero/core/limit"
	zeroredis "github.com/zeromicro/go-zero/core/stores/redis"

	"seckill/internal/stream"
)

const (
	// limitPrefix begins the keys that count the attempts of users.
	limitPrefix = "seckill:limit:"
	// limitPeriod is the time, in seconds, in which a user's attempts are counted. It
	// begins with the first of them.
	limitPeriod = 1
	// limitTimeout bounds the question whether a user was too fast. He has still to pass
	// the gate, on another server perhaps, within the time of his request.
	limitTimeout = 500 * time.Millisecond
)

// UserLimiter bounds the attempts of each user, on all replicas together. It counts by
// go-zero's limit.PeriodLimit.
type UserLimiter struct {
	period *limit.PeriodLimit
	client redis.UniversalClient
}

// NewUserLimiter makes a limiter of perSecond attempts a user, 1 or more, that counts in
// the Redis of client.
func NewUserLimiter(client redis.UniversalClient, perSecond int) (*UserLimiter, error) {
	// A store of go-zero lives as long as the process, under its address, so this one is
	// of a name of its own. One of a cluster connects to nothing before it is asked to.
	conf := zeroredis.RedisConf{Host: "limit-" + rand.Text(), Type: zeroredis.ClusterType, NonBlock: true}
	store, err := zeroredis.NewRedis(conf, zeroredis.WithHook(detour{client}))
	if err != nil {
		return nil, fmt.Errorf("make the store of the rate limit: %w", err)
	}
	return &UserLimiter{period: limit.NewPeriodLimit(limitPeriod, perSecond, store, limitPrefix), client: client}, nil
}

// Allow implements Limiter.
func (l *UserLimiter) Allow(ctx context.Context, userID int64) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, limitTimeout)
	defer cancel()
	return l.take(ctx, userID)
}

func (l *UserLimiter) take(ctx context.Context, userID int64) (bool, error) {
	state, err := l.period.TakeCtx(ctx, strconv.FormatInt(userID, 10))
	if errors.Is(err, limit.ErrUnknownCode) {
		err = fmt.Errorf("%w: %w", err, stream.ErrReply)
	}
	if err != nil {
		return false, fmt.Errorf("count attempts of user %d: %w", userID, err)
	}
	return state != limit.OverQuota, nil
}

// detour has the commands of go-zero's client made by ours. That knows the database and
// the password, and within a second that a replica has taken over from a dead master;
// go-zero's would count in database 0, and ask the dead master for a minute.
type detour struct {
	client redis.UniversalClient
}

var errDetour = errors.New("the rate limit makes single commands only")

// DialHook implements redis.Hook. Nobody dials.
func (detour) DialHook(next redis.DialHook) redis.DialHook { return next }

// ProcessHook implements redis.Hook.
func (d detour) ProcessHook(redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if c, ok := ctx.Value(convoyKey{}).(*convoy); ok {
			c.send(ctx, cmd)
			return cmd.Err()
		}
		return d.client.Process(ctx, cmd)
	}
}

// ProcessPipelineHook implements redis.Hook. go-zero's client pipelines nothing.
func (detour) ProcessPipelineHook(redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(context.Context, []redis.Cmder) error { return errDetour }
}
