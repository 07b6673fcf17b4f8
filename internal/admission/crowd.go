package admission

import (
	"sync/atomic"
	"time"
)

// crowd counts who was turned away, second by second, to know how many will come back at
// once. It is exact enough without a lock.
type crowd struct {
	second atomic.Int64 // that is counted
	count  atomic.Int64 // in it
	before atomic.Int64 // in the second before it
}

// add counts one more at the given time, and returns how many were turned away in a second
// of late.
func (c *crowd) add(now time.Duration) int64 {
	second := int64(now / time.Second)
	if last := c.second.Load(); last != second && c.second.CompareAndSwap(last, second) {
		before := c.count.Swap(0)
		if second > last+1 {
			before = 0
		}
		c.before.Store(before)
	}
	return max(c.count.Add(1), c.before.Load())
}
