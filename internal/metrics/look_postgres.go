package metrics

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"seckill/model"
)

// lookAtPostgres shows what PostgreSQL knows of the products. Where it cannot be asked,
// facts stay, and the products are those of before; measurements go.
func (c *collector) lookAtPostgres(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	prepared := c.isPrepared() // looked at first: the schema may come while the check runs
	err := c.Postgres.Run(ctx)
	c.PostgresUp(err == nil)
	if !prepared {
		return unlessAnswered(err)
	}
	if answers(err) {
		err = errors.Join(err, c.list(ctx), c.measure(ctx))
	} else {
		c.measuredNoMore()
	}
	return err
}

// list reads which products there are, and shows their facts.
func (c *collector) list(ctx context.Context) error {
	read := time.Now()
	products, err := c.Database.WatchedProducts(ctx, c.Linger)
	if err != nil {
		return err
	}
	listed := make(map[int64]bool, len(products))
	for _, p := range products {
		listed[p.ProductID] = true
		c.Know(p.ProductID)
		c.showFacts(p)
	}
	c.retain(listed, read, min(knownFor, c.Linger))
	c.products = products
	return nil
}

// unlessAnswered leaves out what a server says before it has its schema: whoever makes that
// logs what is wrong with it, and that there is no table yet is not.
func unlessAnswered(err error) error {
	if answers(err) {
		return nil
	}
	return err
}

// isPrepared reports whether there are tables to be read.
func (c *collector) isPrepared() bool {
	if c.Prepared == nil {
		return true
	}
	select {
	case <-c.Prepared:
		return true
	default:
		return false
	}
}

// showFacts shows what a product is.
func (c *collector) showFacts(p model.WatchedProduct) {
	mode := "RECORD"
	if p.Settled {
		mode = "SETTLE"
	}
	c.ProductInfo(p.ProductID, p.Status, mode)
	c.showTime(p.ProductID, c.starts, p.StartsAt)
	c.showTime(p.ProductID, c.ends, p.EndsAt)
}

func (c *collector) showTime(productID int64, vec *prometheus.GaugeVec, at *time.Time) {
	if at == nil {
		c.hide(productID, vec)
		return
	}
	c.set(productID, vec, float64(at.UnixMicro())/1e6)
}

// measure counts what waits in PostgreSQL. One count that fails takes nothing from the others.
func (c *collector) measure(ctx context.Context) error {
	err := errors.Join(
		c.tally(ctx, c.Database.OpenDeadLetters, c.deadOpen, c.deadOldest),
		c.tally(ctx, c.Database.PendingMoves, c.moves, c.movesOldest),
		c.tally(ctx, c.Database.OverdueOrders, c.overdue, c.overdueOldest),
	)
	if err == nil {
		c.Collected(SourcePostgres)
	}
	return err
}

// tally shows a count of every product, and the age of the oldest.
func (c *collector) tally(ctx context.Context, read func(ctx context.Context) (map[int64]model.Tally, error),
	count, oldest *prometheus.GaugeVec) error {
	tallies, err := read(ctx)
	for _, p := range c.products {
		id, t := p.ProductID, tallies[p.ProductID]
		if err != nil {
			c.hide(id, count, oldest)
			continue
		}
		c.set(id, count, float64(t.Count))
		c.set(id, oldest, t.Oldest.Seconds())
	}
	return err
}

// measuredNoMore hides what nobody can count any more.
func (c *collector) measuredNoMore() {
	for _, p := range c.products {
		c.hide(p.ProductID, c.deadOpen, c.deadOldest, c.moves, c.movesOldest, c.overdue, c.overdueOldest)
	}
}

// hideOthers hides gauges of the products that were shown before and are not any more. It
// returns those that are.
func (c *collector) hideOthers(before, now map[int64]bool, vecs ...*prometheus.GaugeVec) map[int64]bool {
	for id := range before {
		if !now[id] {
			c.hide(id, vecs...)
		}
	}
	return now
}
