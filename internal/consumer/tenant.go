package consumer

import (
	"errors"
	"sync/atomic"
	"time"

	"seckill/internal/role"
)

// errLeaving ends a session whose loop leaves its lane to another product.
var errLeaving = errors.New("the lane is left to another product")

// Stay decides whether a loop may go on reading, and how long its next read may wait. idle is
// for how long nothing has come, 0 when the last read has brought something; held is for how
// long the loop has had its lane. After a read that may not wait (block < 0) and that brings
// nothing, the loop leaves.
type Stay func(idle, held time.Duration) (block time.Duration, stay bool)

// tenant is a loop's part in a lane that products share: what it knows from one life to the
// next, and how the present one goes. But for busy and at it belongs to the goroutine that reads.
type tenant struct {
	may Stay // nil = for good

	busy atomic.Bool  // what comes is read by the loop without anybody's saying so
	at   atomic.Int64 // when the loop was seen to make progress, Unix nanoseconds

	settled  bool      // the group is there, and nothing that this consumer was given is unknown to it
	began    time.Time // of this life
	empty    time.Time // since when reads bring nothing; zero = the last one brought something
	farewell bool      // the read under way is the last, unless it brings something
	last     string    // the last entry that was read, "" = none
	yielded  bool      // the life ended though there may be more to read
	failures int       // sessions that have failed since the last read that has not
	lost     bool      // one has failed in this life
}

// moveIn begins another life of a loop that has ended: take over at once what has been
// pending for long, if claim says so.
func (l *Loop) moveIn(claim bool) {
	l.Role = role.New(l.run)
	l.flight = newFlight()
	l.storer.gaveUp.Store(false)
	if claim {
		l.claimedAt = time.Time{}
	}
	t := &l.tenant
	t.began, t.empty, t.last, t.farewell, t.yielded, t.failures, t.lost = time.Now(), time.Time{}, "", false, false, 0, false
	t.at.Store(t.began.UnixNano())
	t.busy.Store(true)
}

// moveOut ends a life. What was left unfinished is pending, and read again in the next one.
func (t *tenant) moveOut(gaveUp bool) {
	t.busy.Store(false)
	if gaveUp {
		t.settled = false
	}
}

// unsettle notes that the session has failed: the next one begins from the start.
func (t *tenant) unsettle() { t.settled, t.lost, t.last = false, true, "" }

// stay asks whether the loop may read on.
func (t *tenant) stay(c Config) (time.Duration, bool) {
	if t.may == nil {
		return c.step(), true
	}
	now, idle := time.Now(), time.Duration(0)
	t.at.Store(now.UnixNano())
	if !t.empty.IsZero() {
		idle = max(1, now.Sub(t.empty))
	}
	block, stay := t.may(idle, now.Sub(t.began))
	t.yielded = !stay
	t.farewell = block < 0
	// Before the last read, so that nobody believes who has just been told of an entry that
	// the loop is going to read it.
	t.busy.Store(stay && !t.farewell)
	return min(block, c.step()), stay
}

// read takes the last ID of what a read has brought, "" of nothing, and reports whether the
// loop leaves.
func (t *tenant) read(last string) bool {
	t.failures = 0
	if last == "" {
		if t.empty.IsZero() {
			t.empty = time.Now()
		}
		return t.farewell
	}
	t.empty, t.last = time.Time{}, last
	t.busy.Store(true)
	return false
}

// givesWay reports whether a loop whose sessions fail leaves its lane: whoever keeps watch sees
// when it may come back.
func (t *tenant) givesWay() bool {
	if t.failures++; t.may == nil || t.failures == 1 {
		return false
	}
	held := max(1, time.Since(t.began))
	block, stay := t.may(held, held)
	return !stay || block < 0
}
