package stream

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/zeromicro/go-zero/core/logx"
)

// blockingPoolSize bounds the connections of blocking reads: one a product, made
// as they are needed.
const blockingPoolSize = 4096

// blockingIdle is how many of them are kept while nobody reads with them: those of products
// that are not consumed any more would else stay for half an hour.
const blockingIdle = 16

// topologyAge is how old a client's picture of a Redis Cluster gets, at most, while it
// is used. go-redis looks again when a node sends it elsewhere (MOVED), which a dead
// master does not do, and else once a minute: for so long a failover would stop every
// product of that master.
const topologyAge = time.Second

// ClientConfig says where Redis is.
type ClientConfig struct {
	Addrs        []string // one address, or several for Redis Cluster
	Password     string
	DB           int           // 0 on Redis Cluster
	ReadTimeout  time.Duration // of ordinary commands; blocking reads add their own wait
	WriteTimeout time.Duration
}

// Clients are the two connection pools of a process: Blocking is for reads that
// wait, Commands for all else.
type Clients struct {
	Commands redis.UniversalClient
	Blocking redis.UniversalClient
}

// clientLog takes what go-redis would write to the standard error by itself: many
// lines a second while Redis is away, which our own log tells once a try.
type clientLog struct{}

// Printf writes a line at the level debug.
func (clientLog) Printf(ctx context.Context, format string, v ...any) {
	logx.WithContext(ctx).Debugf(format, v...)
}

var quietOnce sync.Once // go-redis has one logger for the whole process

// NewClients makes the clients. It connects to nothing yet.
func NewClients(c ClientConfig) *Clients {
	quietOnce.Do(func() { redis.SetLogger(clientLog{}) })
	options := redis.UniversalOptions{
		Addrs: c.Addrs, Password: c.Password, DB: c.DB,
		ReadTimeout: c.ReadTimeout, WriteTimeout: c.WriteTimeout,
		ContextTimeoutEnabled: true,
	}
	blocking := options
	blocking.PoolSize = blockingPoolSize
	blocking.MaxIdleConns = blockingIdle
	// A read that failed is repeated by the consumer, which backs off and tells
	// the operator; a silent repetition here would only hide it.
	blocking.MaxRetries = -1
	return &Clients{Commands: newClient(&options), Blocking: newClient(&blocking)}
}

// newClient does what redis.NewUniversalClient does, whose options lack the age of
// the topology.
func newClient(o *redis.UniversalOptions) redis.UniversalClient {
	if len(o.Addrs) < 2 {
		return redis.NewClient(o.Simple())
	}
	cluster := o.Cluster()
	cluster.ClusterStateReloadInterval = topologyAge
	return redis.NewClusterClient(cluster)
}

// Ping reports whether Redis answers.
func (c *Clients) Ping(ctx context.Context) error {
	if err := c.Commands.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("ping redis: %w", err)
	}
	return nil
}

// Close closes both pools.
func (c *Clients) Close() error {
	if err := c.Blocking.Close(); err != nil {
		_ = c.Commands.Close()
		return fmt.Errorf("close blocking redis connections: %w", err)
	}
	if err := c.Commands.Close(); err != nil {
		return fmt.Errorf("close redis connections: %w", err)
	}
	return nil
}

// Now returns the time by Redis's clock, the only one by which it is decided
// whether an attempt falls inside of a sale.
func (c *Clients) Now(ctx context.Context) (time.Time, error) {
	now, err := c.Commands.Time(ctx).Result()
	if err != nil {
		return time.Time{}, fmt.Errorf("read the clock of redis: %w", err)
	}
	return now, nil
}
