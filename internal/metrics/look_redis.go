package metrics

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/zeromicro/go-zero/core/logx"
	"golang.org/x/sync/errgroup"

	"seckill/internal/admission"
	"seckill/internal/role"
	"seckill/internal/stream"
	"seckill/model"
)

const (
	// collectStreams is how many streams are looked at side by side.
	collectStreams = 8
	// collectPage is how many of them are looked at together first.
	collectPage = 500
	// streamTimeout bounds the look at one stream, and the first one at all gates, by which
	// it is known whose servers are away.
	streamTimeout = time.Second
	// aheadAlarm is how far an ID may be ahead of Redis's clock, which is looked at a
	// moment apart.
	aheadAlarm = time.Second
	// aheadLogInterval is how often the log names a stream whose IDs are ahead.
	aheadLogInterval = time.Minute
)

// lookAtRedis looks at the gates and streams of products that are not done with. What was
// shown and cannot be seen any more is hidden.
func (c *collector) lookAtRedis(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	err := c.Redis.Run(ctx)
	c.RedisUp(err == nil)
	asked := make([]model.WatchedProduct, 0, len(c.products))
	if answers(err) {
		for _, p := range c.products {
			if !p.Drained {
				asked = append(asked, p)
			}
		}
	}
	memoryErr := c.lookAtMemory(ctx, answers(err))
	away, gatesErr := c.lookAtGates(ctx, asked)
	streamsErr := c.lookAtStreams(ctx, asked, away)
	if err == nil || len(c.gates)+len(c.streams) > 0 {
		c.Collected(SourceRedis)
	}
	return errors.Join(err, memoryErr, gatesErr, streamsErr)
}

// lookAtGates shows the gates of products, and returns those whose servers are away.
func (c *collector) lookAtGates(ctx context.Context, products []model.WatchedProduct) (map[int64]bool, error) {
	shown, away := map[int64]bool{}, map[int64]bool{}
	defer func() { c.gates = c.hideOthers(c.gates, shown, c.gateOpen) }()
	if c.Gates == nil || len(products) == 0 {
		return away, nil
	}
	ctx, cancel := context.WithTimeout(ctx, streamTimeout)
	defer cancel()
	briefs, err := c.Gates.Briefs(ctx, idsOf(products))
	for i, b := range briefs {
		id := products[i].ProductID
		if b.Err == nil {
			shown[id] = true
			c.set(id, c.gateOpen, boolean(isInForce(b, products[i])))
		} else {
			away[id] = stream.Away(b.Err)
		}
	}
	return away, err
}

// isInForce reports whether a gate is the one of the books, which were read before it: a
// gate that was made anew in between is of a later epoch.
func isInForce(b admission.Brief, p model.WatchedProduct) bool { return b.Loaded && b.Epoch >= p.Epoch }

// lookAtStreams shows the streams of products, but those whose servers are away.
func (c *collector) lookAtStreams(ctx context.Context, products []model.WatchedProduct, away map[int64]bool) error {
	states, problems := make([]stream.State, len(products)), make([]error, len(products))
	resting := c.resting(ctx, products, away)
	var looks errgroup.Group
	looks.SetLimit(collectStreams)
	for i, p := range products {
		switch rests := resting[p.ProductID]; {
		case away[p.ProductID]:
		case rests != nil:
			states[i] = *rests
		default:
			looks.Go(func() error { states[i], problems[i] = c.sample(ctx, p.ProductID); return nil })
		}
	}
	_ = looks.Wait() // each has its own error
	shown := make(map[int64]bool, len(products))
	for i, p := range products {
		switch {
		case away[p.ProductID]:
		case problems[i] != nil:
			problems[i] = fmt.Errorf("product %d: %w", p.ProductID, problems[i])
		default:
			shown[p.ProductID] = true
			c.showStream(&states[i])
		}
	}
	for id := range c.streams {
		if !shown[id] {
			c.TrimHeld(id, "", 0)
		}
	}
	c.streams = c.hideOthers(c.streams, shown, c.lag, c.length, c.pending, c.oldestPending, c.delay, c.ahead, c.admissionDelay)
	return role.Problems(problems)
}

// resting returns the states of the streams of which all is done, looked at together.
func (c *collector) resting(ctx context.Context, products []model.WatchedProduct, away map[int64]bool) map[int64]*stream.State {
	ctx, cancel := context.WithTimeout(ctx, streamTimeout)
	defer cancel()
	var ids []int64
	for _, p := range products {
		if !away[p.ProductID] {
			ids = append(ids, p.ProductID)
		}
	}
	states := map[int64]*stream.State{}
	for page := range slices.Chunk(ids, collectPage) {
		for _, s := range c.Streams.Resting(ctx, page) {
			if s != nil {
				states[s.ProductID] = s
			}
		}
	}
	return states
}

func (c *collector) sample(ctx context.Context, productID int64) (stream.State, error) {
	ctx, cancel := context.WithTimeout(ctx, streamTimeout)
	defer cancel()
	return c.Streams.Sample(ctx, productID)
}

func (c *collector) showStream(s *stream.State) {
	id, oldest := s.ProductID, time.Duration(0)
	if s.OldestPending != nil {
		oldest = *s.OldestPending
	}
	if s.Lag != nil {
		c.set(id, c.lag, float64(*s.Lag))
	} else { // nobody can tell
		c.hide(id, c.lag)
	}
	c.set(id, c.length, float64(s.Length))
	c.set(id, c.pending, float64(s.Pending))
	c.set(id, c.oldestPending, oldest.Seconds())
	c.set(id, c.delay, s.Delay.Seconds())
	if c.Delay != nil {
		c.set(id, c.admissionDelay, c.Delay(id).Seconds())
	}
	c.showAhead(s)
}

// showAhead shows by how much a stream is ahead of Redis's clock, and says so in the log
// now and then.
func (c *collector) showAhead(s *stream.State) {
	ahead := s.Ahead
	if ahead < aheadAlarm {
		ahead = 0
	}
	c.set(s.ProductID, c.ahead, ahead.Seconds())
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

func idsOf(products []model.WatchedProduct) []int64 {
	ids := make([]int64, len(products))
	for i, p := range products {
		ids[i] = p.ProductID
	}
	return ids
}
