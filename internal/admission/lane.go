package admission

import (
	"sync"
	"sync/atomic"
	"time"
)

// maxBatch is the most attempts of one call. Redis does nothing else meanwhile.
const maxBatch = 256

// waiter is an attempt under way, and who waits for its outcome.
type waiter struct {
	attempt Attempt
	outcome Outcome
	err     error
	done    chan struct{} // of one place, so that nobody has to be there any more; nil in a batch
	gone    atomic.Bool   // nobody is
	group   *group        // the batch that the attempt belongs to, nil = none
	told    atomic.Bool   // of a batch: outcome and err are there
}

// tell says that outcome and err are there.
func (w *waiter) tell() {
	if w.group == nil {
		w.done <- struct{}{}
		return
	}
	w.told.Store(true)
	if w.group.left.Add(-1) == 0 {
		close(w.group.done)
	}
}

var waiters = sync.Pool{New: func() any { return &waiter{done: make(chan struct{}, 1)} }}

// lane gathers the attempts for one product. One call is under way at a time: a second
// one beside it would be half as large, and cost the processors as much as the first.
type lane struct {
	gate *Gate
	keys keys

	mu      sync.Mutex
	waiting []*waiter
	calling bool

	soldOutUntil atomic.Int64 // nanoseconds of the monotonic clock since started
	returnedAt   atomic.Int64 // when stock may have come back last, by the same clock
}

// started is the origin of soldOutUntil.
var started = time.Now()

func (l *lane) soldOut() bool { return int64(time.Since(started)) < l.soldOutUntil.Load() }

// found notes that a call which began at the given time has found the product sold out.
func (l *lane) found(began time.Duration) {
	if int64(began) > l.returnedAt.Load() {
		l.soldOutUntil.Store(int64(began + soldOutFor))
	}
}

// returned notes that stock may have come back: whoever is told so may try at once.
func (l *lane) returned() {
	l.returnedAt.Store(int64(time.Since(started)))
	l.soldOutUntil.Store(0)
}

// join adds waiters, and begins a call unless one is under way.
func (l *lane) join(w ...*waiter) {
	l.mu.Lock()
	l.waiting = append(l.waiting, w...)
	begin := !l.calling
	l.calling = true
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
		l.gate.admit(l.keys, batch, func() { l.found(began) })
	}
}

// next takes the waiters of the next call. When there are none, no call is under way any
// more. An attempt that nobody waits for is not made: after an outage it would take a
// unit for somebody who was told long ago that it failed.
func (l *lane) next(batch []*waiter) []*waiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken := 0
	for _, w := range l.waiting {
		if len(batch) == maxBatch {
			break
		}
		taken++
		if !w.gone.Load() {
			batch = append(batch, w)
		}
	}
	rest := copy(l.waiting, l.waiting[taken:])
	clear(l.waiting[rest:])
	l.waiting = l.waiting[:rest]
	l.calling = len(batch) > 0
	return batch
}
