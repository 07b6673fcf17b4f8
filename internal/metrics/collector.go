package metrics

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/zeromicro/go-zero/core/logx"
	"golang.org/x/sync/errgroup"

	"seckill/internal/health"
	"seckill/internal/role"
	"seckill/internal/seckill"
	"seckill/internal/stream"
	"seckill/model"
)

const (
	// collectInterval keeps the gauges younger than the 10 s of contract section 7.
	collectInterval = 5 * time.Second
	// collectStreams is how many streams are looked at side by side, so that those of a
	// server that is silent hold up few others.
	collectStreams = 8
	// aheadAlarm is how far an ID may be ahead of Redis's clock, which is looked at a
	// moment apart.
	aheadAlarm = time.Second
	// aheadLogInterval is how often the log names a stream whose IDs are ahead.
	aheadLogInterval = time.Minute
)

// Sources are what the gauges are read from.
type Sources struct {
	Redis, Postgres health.Check
	// Prepared is closed when the database has its schema. Until then whoever prepares it logs
	// what is wrong with it; that there is no table yet is not. Nil where nobody prepares it.
	Prepared    <-chan struct{}
	Products    func() []model.ProductState
	DeadLetters func(ctx context.Context) (map[int64]int64, error)
	Streams     *stream.Inspector
}

// collector keeps the gauges fresh.
type collector struct {
	*Metrics
	Sources

	shown map[int64]bool      // products whose streams are shown
	told  map[int64]time.Time // when the log has named a stream whose IDs are ahead
}

// Collector makes the role that keeps the gauges fresh.
func (m *Metrics) Collector(s Sources) *role.Role {
	c := &collector{Metrics: m, Sources: s, shown: map[int64]bool{}, told: map[int64]time.Time{}}
	return role.Every(collectInterval, "collect metrics", c.collect)
}

// collect looks at everything once. What cannot be seen keeps nobody from seeing the rest:
// a server that takes no writes still tells the state of its streams.
func (c *collector) collect(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, collectInterval)
	defer cancel()
	redisErr, postgresErr := c.Redis.Run(ctx), c.checkPostgres(ctx)
	c.RedisUp(redisErr == nil)
	products := c.Products()
	var deadErr error
	if postgresErr == nil && len(products) > 0 {
		deadErr = c.collectDeadLetters(ctx, products)
	}
	if !answers(redisErr) {
		products = nil // nothing can be told of their streams
	}
	return errors.Join(redisErr, postgresErr, deadErr, c.collectStreams(ctx, products))
}

// checkPostgres shows whether the database can be worked with, and returns what the log has
// to hear of that.
func (c *collector) checkPostgres(ctx context.Context) error {
	preparing := c.preparing() // looked at first: the schema may come while the check runs
	err := c.Postgres.Run(ctx)
	c.PostgresUp(err == nil)
	if preparing && answers(err) {
		return nil
	}
	return err
}

// preparing reports whether the database may still lack what is about to be made there.
func (c *collector) preparing() bool {
	if c.Prepared == nil {
		return false
	}
	select {
	case <-c.Prepared:
		return false
	default:
		return true
	}
}

// answers reports whether a server answers, if only that it takes no writes.
func answers(err error) bool {
	_, said := errors.AsType[*seckill.Error](err)
	return err == nil || said
}

func (c *collector) collectDeadLetters(ctx context.Context, products []model.ProductState) error {
	open, err := c.DeadLetters(ctx)
	if err != nil {
		return err
	}
	for _, p := range products {
		c.DeadLettersOpen(p.ProductID, open[p.ProductID])
	}
	return nil
}

// collectStreams shows the streams of products that are not done with, and no others.
func (c *collector) collectStreams(ctx context.Context, products []model.ProductState) error {
	asked := make([]int64, 0, len(products))
	for _, p := range products {
		if !p.Drained {
			asked = append(asked, p.ProductID)
		}
	}
	states, problems := make([]stream.State, len(asked)), make([]error, len(asked))
	var looks errgroup.Group
	looks.SetLimit(collectStreams)
	for i, id := range asked {
		looks.Go(func() error { states[i], problems[i] = c.Streams.Sample(ctx, id); return nil })
	}
	_ = looks.Wait() // each has its own error
	shown := make(map[int64]bool, len(asked))
	for i, id := range asked {
		if problems[i] == nil {
			shown[id] = true
			c.showStream(&states[i])
		} else {
			problems[i] = fmt.Errorf("product %d: %w", id, problems[i])
		}
	}
	for id := range c.shown {
		if !shown[id] {
			c.StreamUnknown(id)
		}
	}
	c.shown = shown
	return role.Problems(problems)
}

func (c *collector) showStream(s *stream.State) {
	var oldest time.Duration
	if s.OldestPending != nil {
		oldest = *s.OldestPending
	}
	ahead := s.Ahead
	if ahead < aheadAlarm {
		ahead = 0
	}
	c.StreamState(s.ProductID, s.Length, s.Lag, s.Pending, oldest, ahead)
	if ahead == 0 || time.Since(c.told[s.ProductID]) < aheadLogInterval {
		return
	}
	c.told[s.ProductID] = time.Now()
	if s.Exhausted() {
		logx.Errorf("%s takes no entry any more: its last ID is %s, the highest that there is", s.Stream, s.LastID)
		return
	}
	logx.Errorf("the last ID of %s, %s, is %s ahead of Redis's clock: a clock was set back, or somebody has made up an ID; "+
		"entries count as arrived at that time until the clock has reached it", s.Stream, s.LastID, ahead.Round(time.Second))
}
