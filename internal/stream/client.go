package stream

import (
	"context"
	"crypto/tls"
	"fmt"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/zeromicro/go-zero/core/logx"
)

// The kinds of Redis that a client can be made for.
const (
	ModeSingle   = "single"
	ModeCluster  = "cluster"
	ModeSentinel = "sentinel"
)

const (
	// blockingPoolSize bounds the connections of blocking reads: one a product, made
	// as they are needed.
	blockingPoolSize = 4096
	// dialTimeout bounds the making of a connection, TLS included.
	dialTimeout = 2 * time.Second
)

// blockingIdle is how many of them are kept while nobody reads with them: those of products
// that are not consumed any more would else stay for half an hour.
const blockingIdle = 16

// pipelinePoolSize is how many connections are kept for pipelines alone: each has buffers
// of a quarter of a megabyte.
const pipelinePoolSize = 4

// topologyAge is how old a client's picture of a Redis Cluster, or of who is the master
// of the Sentinels, gets at most. go-redis looks at a cluster again when a node sends it
// elsewhere (MOVED), which a dead master does not do, and else once a minute: for so long
// a failover would stop every product of that master.
const topologyAge = time.Second

// ClientConfig says where Redis is.
type ClientConfig struct {
	Addrs            []string // host:port or the path of a socket; of the Sentinels in ModeSentinel
	Mode             string   // one of the modes; "" = ModeSingle for one address, ModeCluster for several
	MasterName       string   // by which the Sentinels know the master
	Username         string   // of the ACL; "" = the default user
	Password         string
	SentinelUsername string
	SentinelPassword string
	DB               int           // 0 on Redis Cluster
	TLS              *tls.Config   // nil = none; an empty ServerName stands for the host of each address
	ReadTimeout      time.Duration // of ordinary commands; blocking reads add their own wait
	WriteTimeout     time.Duration
}

// mode is Mode with its default filled in.
func (c *ClientConfig) mode() string {
	switch {
	case c.Mode != "":
		return c.Mode
	case len(c.Addrs) > 1:
		return ModeCluster
	default:
		return ModeSingle
	}
}

// Clients are the two connection pools of a process: Blocking is for reads that
// wait, Commands for all else.
type Clients struct {
	Commands redis.UniversalClient
	Blocking redis.UniversalClient

	config    ClientConfig
	sentinels *sentinels // nil but in ModeSentinel
	health    health
	closed    chan struct{}
	closing   sync.Once
}

// clientLog takes what go-redis would write to the standard error by itself: many
// lines a second while Redis is away, which our own log tells once a try.
type clientLog struct{}

// Printf writes a line at the level debug.
func (clientLog) Printf(ctx context.Context, format string, v ...any) {
	logx.WithContext(ctx).Debugf(format, v...)
}

var quietOnce sync.Once // go-redis has one logger for the whole process

// NewClients makes the clients. It connects to no Redis yet; with Sentinels it begins to
// follow who is the master.
func NewClients(c ClientConfig) *Clients {
	quietOnce.Do(func() { redis.SetLogger(clientLog{}) })
	clients := &Clients{config: c, closed: make(chan struct{})}
	if c.mode() == ModeSentinel {
		clients.sentinels = newSentinels(c)
	}
	options := redis.UniversalOptions{
		Addrs: c.Addrs, Username: c.Username, Password: c.Password, DB: c.DB, TLSConfig: c.TLS,
		ReadTimeout: c.ReadTimeout, WriteTimeout: c.WriteTimeout, DialTimeout: dialTimeout,
		ContextTimeoutEnabled: true,
		// Above that a pipeline takes one of the other connections.
		PipelinePoolSize: pipelinePoolSize,
		// CLIENT SETINFO wants rights and has no use for us.
		DisableIdentity: true,
	}
	blocking := options
	blocking.PoolSize = blockingPoolSize
	blocking.MaxIdleConns = blockingIdle
	// A read that failed is repeated by the consumer, which backs off and tells
	// the operator; a silent repetition here would only hide it.
	blocking.MaxRetries = -1
	clients.Commands, clients.Blocking = clients.client(&options), clients.client(&blocking)
	return clients
}

// client does what redis.NewUniversalClient does, whose options lack the age of the
// topology, and whose way to Sentinels dies with a panic of an answer that is none.
func (c *Clients) client(o *redis.UniversalOptions) redis.UniversalClient {
	guard := guard{health: &c.health}
	switch c.config.mode() {
	case ModeCluster:
		cluster := o.Cluster()
		cluster.ClusterStateReloadInterval = topologyAge
		client := redis.NewClusterClient(cluster)
		client.OnNewNode(func(node *redis.Client) { node.AddHook(guard) })
		client.AddHook(guard)
		return client
	case ModeSentinel:
		o.Addrs = []string{"master " + c.config.MasterName}
		o.Dialer = c.sentinels.dialMaster
		o.DialerRetries = 1 // each try asks the Sentinels; who needs more repeats the command
	}
	client := redis.NewClient(o.Simple())
	client.AddHook(guard)
	return client
}

// Close closes both pools.
func (c *Clients) Close() error {
	c.closing.Do(func() { close(c.closed) })
	c.health.probes.Wait()
	if c.sentinels != nil {
		c.sentinels.close()
	}
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
	return timeOf(c.Commands.Time(ctx).Result())
}
