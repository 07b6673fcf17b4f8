package admission

import (
	"sync"
	"sync/atomic"
	"time"
)

const (
	// maxBatch is the most attempts of one call. Redis does nothing else meanwhile.
	maxBatch = 256
	// maxCalls is how many calls for one product are under way at once: while Redis
	// works on one, the other is on its way.
	maxCalls = 1
)

// waiter is an attempt under way, and who waits for its outcome.
type waiter struct {
	attempt Attempt
	outcome Outcome
	err     error
	done    chan struct{} // of one place, so that nobody has to be there any more
}

var waiters = sync.Pool{New: func() any { return &waiter{done: make(chan struct{}, 1)} }}

// lane gathers the attempts for one product.
type lane struct {
	gate *Gate
	keys keys

	mu      sync.Mutex
	waiting []*waiter
	calls   int

	soldOutUntil atomic.Int64 // nanoseconds of the monotonic clock since started
}

// started is the origin of soldOutUntil.
var started = time.Now()

func (l *lane) soldOut() bool { return int64(time.Since(started)) < l.soldOutUntil.Load() }

// join adds a waiter, and begins a call unless enough are under way.
func (l *lane) join(w *waiter) {
	l.mu.Lock()
	l.waiting = append(l.waiting, w)
	begin := l.calls < maxCalls
	if begin {
		l.calls++
	}
	l.mu.Unlock()
	if begin {
		go l.run()
	}
}

// run makes calls until nobody waits.
func (l *lane) run() {
	var batch []*waiter
	for {
		batch = l.next(batch[:0])
		if len(batch) == 0 {
			return
		}
		began := time.Since(started)
		l.gate.admit(l.keys, batch, func() { l.soldOutUntil.Store(int64(began + soldOutFor)) })
	}
}

// next takes the waiters of the next call. When there are none, the call is over.
func (l *lane) next(batch []*waiter) []*waiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := min(len(l.waiting), maxBatch)
	if n == 0 {
		l.calls--
		return batch
	}
	batch = append(batch, l.waiting[:n]...)
	rest := copy(l.waiting, l.waiting[n:])
	clear(l.waiting[rest:])
	l.waiting = l.waiting[:rest]
	return batch
}
