package metrics

import (
	"context"
	"fmt"
	"time"

	"seckill/internal/role"
	"seckill/internal/seckill"
	"seckill/model"
)

const (
	// preflightInterval is how often pre-flights are asked for.
	preflightInterval = time.Minute
	// preflightAhead is how long before its start a sale is asked for.
	preflightAhead = 24 * time.Hour
	// preflightTimeout bounds one pre-flight, which bounds itself.
	preflightTimeout = 10 * time.Second
)

// lookAtPreflights shows whether the sales that start within a day are ready. One of which
// nobody can tell is shown no more.
func (c *collector) lookAtPreflights(ctx context.Context) error {
	products, err := c.Database.WatchedProducts(ctx, c.Linger)
	shown := make(map[int64]bool, len(products))
	problems := []error{err}
	for _, p := range products {
		if !isSoon(p, time.Now()) {
			continue
		}
		ready, err := c.isReady(ctx, p.ProductID)
		if err != nil {
			problems = append(problems, fmt.Errorf("pre-flight of product %d: %w", p.ProductID, err))
			continue
		}
		shown[p.ProductID] = true
		c.set(p.ProductID, c.ready, boolean(ready))
	}
	c.asked = c.hideOthers(c.asked, shown, c.ready)
	return role.Problems(problems)
}

func (c *collector) isReady(ctx context.Context, productID int64) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, preflightTimeout)
	defer cancel()
	return c.Ready(ctx, productID)
}

// isSoon reports whether a product's sale starts within a day, and has not started.
func isSoon(p model.WatchedProduct, now time.Time) bool {
	return p.Status != string(seckill.ProductEnded) && p.StartsAt != nil &&
		p.StartsAt.After(now) && p.StartsAt.Before(now.Add(preflightAhead))
}
