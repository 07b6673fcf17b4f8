package admission

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/zeromicro/go-zero/core/limit"
	"github.com/zeromicro/go-zero/core/stores/redis"
)

// limitPrefix begins the keys that count the attempts of users.
const limitPrefix = "seckill:limit:"

// UserLimiter bounds the attempts of each user, on all replicas together.
type UserLimiter struct{ limit *limit.PeriodLimit }

// NewUserLimiter makes a limiter of perSecond attempts a user, counted in Redis at the
// given addresses; several are a Redis Cluster. go-zero's client, which counts, knows
// database 0 alone.
func NewUserLimiter(perSecond int, addrs []string, password string) (*UserLimiter, error) {
	conf := redis.RedisConf{Host: strings.Join(addrs, ","), Type: redis.NodeType, Pass: password, NonBlock: true}
	if len(addrs) > 1 {
		conf.Type = redis.ClusterType
	}
	store, err := redis.NewRedis(conf)
	if err != nil {
		return nil, fmt.Errorf("make rate limiter: %w", err)
	}
	return &UserLimiter{limit: limit.NewPeriodLimit(1, perSecond, store, limitPrefix)}, nil
}

// Allow implements Limiter.
func (l *UserLimiter) Allow(ctx context.Context, userID int64) (bool, error) {
	state, err := l.limit.TakeCtx(ctx, strconv.FormatInt(userID, 10))
	if err != nil {
		return false, fmt.Errorf("count attempts of user %d: %w", userID, err)
	}
	return state != limit.OverQuota, nil
}
