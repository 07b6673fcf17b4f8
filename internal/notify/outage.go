package notify

import (
	"sync/atomic"

	"github.com/zeromicro/go-zero/core/logx"
)

// outage logs the first failure of a row of them, and that it is over, so that a
// server that is away fills no log.
type outage struct {
	what string
	down atomic.Bool
}

// observe takes the outcome of each try.
func (o *outage) observe(err error) {
	switch {
	case err != nil && o.down.CompareAndSwap(false, true):
		logx.Errorf("notify: %s: %v", o.what, err)
	case err == nil && o.down.Load() && o.down.CompareAndSwap(true, false):
		logx.Infof("notify: %s: works again", o.what)
	}
}
