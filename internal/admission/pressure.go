package admission

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"seckill/internal/role"
	"seckill/internal/stream"
)

const (
	// pressureInterval is how often backlogs are measured.
	pressureInterval = 250 * time.Millisecond
	// pressureLife is for how long a product is measured after anybody asked for it.
	pressureLife = 30 * time.Second
	// assumedRate is how many entries a second count as settled until it has been seen.
	assumedRate = 2000
	// smoothing is the weight of the last measurement among those before.
	smoothing = 0.3
	// stallAfter is how long nothing may be settled until that is a stall: a slow
	// database takes seconds for a batch, and settles nothing between two of them.
	stallAfter = 5 * time.Second
)

// Pressure knows how long an attempt that is admitted now will wait for its settlement.
type Pressure struct {
	backlogs func(ctx context.Context, productIDs []int64) ([]stream.Backlog, error)
	gauges   sync.Map // by product ID: *pressureGauge
}

// NewPressure makes a Pressure that reads backlogs with the given function.
func NewPressure(backlogs func(ctx context.Context, productIDs []int64) ([]stream.Backlog, error)) *Pressure {
	return &Pressure{backlogs: backlogs}
}

// pressureGauge is what is known of one product.
type pressureGauge struct {
	asked atomic.Int64 // when anybody asked last: nanoseconds since started
	delay atomic.Int64 // nanoseconds

	at   time.Time // of the last measurement; this and what follows is the role's
	last stream.Backlog
	rate float64 // entries settled a second
}

// Delay is how long the backlog of a product will take to settle at the present rate, 0
// until it has been measured.
func (p *Pressure) Delay(productID int64) time.Duration {
	found, ok := p.gauges.Load(productID)
	if !ok {
		found, _ = p.gauges.LoadOrStore(productID, &pressureGauge{rate: assumedRate})
	}
	g := found.(*pressureGauge) //nolint:forcetypeassert // the map holds nothing else
	if now := int64(time.Since(started)); now-g.asked.Load() > int64(time.Second) {
		g.asked.Store(now)
	}
	return time.Duration(g.delay.Load())
}

// Known is Delay for a product that perhaps does not exist: it does not begin to be
// measured.
func (p *Pressure) Known(productID int64) time.Duration {
	found, ok := p.gauges.Load(productID)
	if !ok {
		return 0
	}
	return time.Duration(found.(*pressureGauge).delay.Load()) //nolint:forcetypeassert // the map holds nothing else
}

// Role makes the role that measures the products that are asked for.
func (p *Pressure) Role() *role.Role {
	return role.Every(pressureInterval, "measure backlogs", p.Measure)
}

// Measure measures once.
func (p *Pressure) Measure(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var ids []int64
	var gauges []*pressureGauge
	oldest := int64(time.Since(started) - pressureLife)
	p.gauges.Range(func(key, value any) bool {
		id, gauge := key.(int64), value.(*pressureGauge) //nolint:forcetypeassert // the map holds nothing else
		if gauge.asked.Load() < oldest {
			p.gauges.Delete(id)
			return true
		}
		ids, gauges = append(ids, id), append(gauges, gauge)
		return true
	})
	if len(ids) == 0 {
		return nil
	}
	backlogs, err := p.backlogs(ctx, ids)
	now := time.Now()
	for i, b := range backlogs {
		if b.Err == nil {
			gauges[i].observe(now, b)
		}
	}
	return err
}

// observe takes a measurement. The rate at which entries were settled tells what can be
// settled only when there was more to do than was done: then it counts, else it is a
// lower bound. A measurement lasts until something was settled. While nothing at all
// is, PostgreSQL being away, the rate stays what it was, so that the backlog decides.
func (g *pressureGauge) observe(now time.Time, b stream.Backlog) {
	done, seconds := float64(b.Done-g.last.Done), now.Sub(g.at).Seconds()
	if !g.at.IsZero() && done > 0 && seconds > 0 {
		rate := done / seconds
		saturated := float64(min(b.Waiting, g.last.Waiting)) >= done
		switch {
		case saturated:
			g.rate += smoothing * (rate - g.rate)
		case rate > g.rate:
			g.rate = rate
		}
	}
	if done != 0 || b.Waiting == 0 || now.Sub(g.at) >= stallAfter {
		g.at, g.last = now, b
	}
	g.delay.Store(int64(float64(b.Waiting) / g.rate * float64(time.Second)))
}
