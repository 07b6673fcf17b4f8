package metrics

import (
	"context"

	"github.com/zeromicro/go-zero/core/logx"
)

// lookAtStandby shows whether lists can be read from the standby, and says in the log when
// that has changed. The service does without it, so it is no failure.
func (c *collector) lookAtStandby(ctx context.Context) {
	if c.Reads == nil || !c.Reads.Wanted() || !c.isPrepared() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	err := c.Reads.Check(ctx)
	c.standbyUp.WithLabelValues().Set(boolean(err == nil))
	said := "the standby of Postgres.ReadSource answers lists and final results"
	if err != nil {
		said = "lists and final results are read from the primary, not from the standby of Postgres.ReadSource: " + err.Error()
	}
	if said == c.standby {
		return
	}
	c.standby = said
	if err == nil {
		logx.Info(said)
	} else {
		logx.Error(said)
	}
}
