package metrics

import (
	"context"
	"errors"
	"time"

	"seckill/internal/admission"
	"seckill/internal/health"
	"seckill/internal/role"
	"seckill/internal/seckill"
	"seckill/internal/stream"
	"seckill/model"
)

const (
	// collectInterval keeps the gauges younger than the 10 s of contract section 7.
	collectInterval = 5 * time.Second
	// lookTimeout bounds the look at one server: its gauges go rather than stand still.
	lookTimeout = 4 * time.Second
	// knownFor is how long a product counts as known that no list has shown yet, as one that
	// is made while the list is read.
	knownFor = time.Minute
)

// Sources are what the gauges are read from. Only Redis, Postgres, Database and Streams
// must be given.
type Sources struct {
	Redis, Postgres health.Check
	// Prepared is closed when there are tables to be read; nil = there are.
	Prepared <-chan struct{}
	Database Database
	Streams  *stream.Inspector
	Gates    *admission.Gate
	// Reads is where lists and final results are read.
	Reads *model.ReadSource
	// Memory tells how much memory the servers of Redis use.
	Memory func(ctx context.Context) ([]stream.Usage, error)
	// Delay tells how long an attempt would wait for its settlement.
	Delay func(productID int64) time.Duration
	// Ready tells whether the pre-flight of a product says go.
	Ready func(ctx context.Context, productID int64) (bool, error)
	// Linger is how long a product is shown after its end; 0 = an hour.
	Linger time.Duration
}

// Database tells of products; model.Pool is it.
type Database interface {
	WatchedProducts(ctx context.Context, since time.Duration) ([]model.WatchedProduct, error)
	OpenDeadLetters(ctx context.Context) (map[int64]model.Tally, error)
	PendingMoves(ctx context.Context) (map[int64]model.Tally, error)
	OverdueOrders(ctx context.Context) (map[int64]model.Tally, error)
}

// linger is how long a product is shown after its end.
const linger = time.Hour

// collector keeps the gauges fresh.
type collector struct {
	*Metrics
	Sources

	products []model.WatchedProduct // as they were seen last
	streams  map[int64]bool         // products whose streams are shown
	gates    map[int64]bool         // products whose gates are shown
	asked    map[int64]bool         // products whose pre-flights are shown; of the role that asks for them
	told     map[int64]time.Time    // when the log has named a stream whose IDs are ahead
	standby  string                 // what the log has said of the standby last
}

// Collector makes the role that keeps the gauges fresh.
func (m *Metrics) Collector(s Sources) *role.Role {
	c := m.newCollector(s)
	collect := role.Every(collectInterval, "collect metrics", c.collect)
	if s.Ready == nil {
		return collect
	}
	ask := role.Every(preflightInterval, "ask for pre-flights", c.lookAtPreflights)
	if s.Prepared != nil { // at once then, and not a minute after a start
		ask = role.After(s.Prepared, ask)
	}
	return role.Together(collect, ask)
}

func (m *Metrics) newCollector(s Sources) *collector {
	if s.Reads != nil {
		s.Reads.Count(m)
	}
	if s.Linger == 0 {
		s.Linger = linger
	}
	return &collector{Metrics: m, Sources: s, told: map[int64]time.Time{}}
}

// collect looks at everything once. What cannot be seen keeps nobody from seeing the rest:
// each server has its own time, and one that takes no writes still tells what it holds.
func (c *collector) collect(ctx context.Context) error {
	err := c.lookAtPostgres(ctx)
	c.lookAtStandby(ctx)
	return errors.Join(err, c.lookAtRedis(ctx))
}

// answers reports whether a server answers, if only that it takes no writes.
func answers(err error) bool {
	_, said := errors.AsType[*seckill.Error](err)
	return err == nil || said
}
