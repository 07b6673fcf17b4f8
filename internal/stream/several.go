package stream

import (
	"errors"
	"sync"
	"time"
)

const (
	// severalReturns is how often a server must have come back, within severalTime, until
	// it is taken for one of several: a switch of masters to and fro does that once.
	severalReturns = 3
	severalTime    = 10 * time.Second
	// severalKnown is the most runs that are remembered.
	severalKnown = 64
)

// severalServers is what is said then.
const severalServers = "what answers at Redis.Addr is a proxy over several servers that know nothing of each other: " +
	"Redis.Addr must lead to one"

// ErrSeveral tells that calls to one address come to different servers.
var ErrSeveral = errors.New(severalServers)

// runHistory notices that the calls to one address come to different servers: a server
// that is started again, or that another takes over from, does not come back.
type runHistory struct {
	mu      sync.Mutex
	current string
	past    map[string]bool
	returns []time.Time
	told    func() // of several servers; nil = nobody
}

// observe takes the run that has answered, and reports whether there are several servers.
func (h *runHistory) observe(run string, now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if run != "" && run != h.current {
		if h.past[run] {
			h.returns = append(h.returns, now)
		}
		if h.past == nil || len(h.past) >= severalKnown {
			h.past = map[string]bool{}
		}
		if h.current != "" {
			h.past[h.current] = true
		}
		h.current = run
	}
	for len(h.returns) > 0 && now.Sub(h.returns[0]) > severalTime {
		h.returns = h.returns[1:]
	}
	several := len(h.returns) >= severalReturns
	if several && h.told != nil {
		h.told()
	}
	return several
}

// TellSeveral names who is told when there are several servers behind one address. It is
// called before the inspector is used.
func (i *Inspector) TellSeveral(told func()) { i.runs.told = told }

// NoteSeveral notes that there are several servers behind one address. It holds for some
// seconds.
func (c *Clients) NoteSeveral() { c.health.note(topicSeveral, severalServers) }
