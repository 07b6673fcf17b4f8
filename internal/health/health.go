// Package health answers whether the process can do its work now, for /readyz and
// for the gauges seckill_redis_up and seckill_postgres_up.
package health

import (
	"context"
	"sync"
	"time"
)

// checkTimeout bounds one check, so that a server that does not answer at all is
// reported rather than waited for.
const checkTimeout = time.Second

// Check is one thing that must work. Run returns nil when it does.
type Check struct {
	Name string
	Run  func(ctx context.Context) error
}

// Checks are all the things that must work.
type Checks []Check

// Failing runs every check at the same time and returns the names of those that
// fail, in the order of the checks; it takes no more than a second.
func (c Checks) Failing(ctx context.Context) []string {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	failed := make([]bool, len(c))
	var wg sync.WaitGroup
	for i, check := range c {
		wg.Go(func() { failed[i] = check.Run(ctx) != nil })
	}
	wg.Wait()
	var names []string
	for i, check := range c {
		if failed[i] {
			names = append(names, check.Name)
		}
	}
	return names
}
