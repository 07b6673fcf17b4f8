package metrics

import (
	"context"

	"seckill/internal/stream"
)

// lookAtMemory shows how much memory the servers of Redis use. The series are made anew at
// each look: after a failover another server answers. Who may not look shows nothing.
func (c *collector) lookAtMemory(ctx context.Context, answers bool) error {
	if c.Memory == nil {
		return nil
	}
	var all []stream.Usage
	var err error
	if answers {
		all, err = c.Memory(ctx)
	}
	c.memoryUsed.Reset()
	c.memoryMax.Reset()
	for _, s := range all {
		c.memoryUsed.WithLabelValues(s.Addr).Set(float64(s.Used))
		if s.Limit > 0 {
			c.memoryMax.WithLabelValues(s.Addr).Set(float64(s.Limit))
		}
	}
	if stream.Refused(err) { // INFO is not allowed, which the pre-flight says; who does not serve at all says so elsewhere
		return nil
	}
	return err
}
