package consumer

import (
	"sync/atomic"
	"time"

	"github.com/zeromicro/go-zero/core/threading"
)

const (
	// DefaultLanes is how many products are read at the same time, each over a connection of
	// its own. With no more products than that each keeps its lane.
	DefaultLanes = 24
	// laneStep is how long a read waits in a lane that others may want.
	laneStep = 100 * time.Millisecond
	// laneLinger is how long a product keeps its lane after the last entry while there is room.
	laneLinger = 2 * time.Second
	// laneSlice is how long a product keeps its lane, whatever comes, while others wait for one.
	laneSlice = 250 * time.Millisecond
	// laneStuck is after how long without progress a product loses its lane to one that waits,
	// one product at a time: when all are stuck, PostgreSQL is away, and to change them is of
	// no use.
	laneStuck = 5 * time.Second
	// crowdedFor is how long no lane is kept for what may come, once they have been scarce.
	crowdedFor = time.Second
)

// member is a product that this process consumes. The supervisor's mutex guards it.
type member struct {
	productID int64
	grace     time.Time // until when it need not have joined its group
	gone      bool      // it is not consumed any more, and keeps its place until its loop has ended

	ownedElsewhere time.Time // since when another replica owns it; zero = this one does

	loop    *Loop // made when it is needed
	running bool  // it has a lane
	queued  bool  // it waits for one
	claim   bool  // and then takes over what has been pending for long
	evicted bool  // its lane was taken away

	// While it is quiet.
	dormant   bool
	ring      *ring // in which it is looked at
	joined    bool
	announced bool
	delivered string    // the last entry that the group was given, as far as is known; "" = not known
	lookAt    time.Time // at its group again
}

// isJoined reports whether the product is consumed now.
func (m *member) isJoined() bool {
	if m.running {
		return m.loop.Joined()
	}
	return m.joined
}

// lanes are what limits how many products are read at the same time.
type lanes struct {
	most         int // 0 = no limit
	tenants      map[*member]struct{}
	queue        []*member
	closed       bool
	evictedAt    time.Time
	few          atomic.Bool // there is a lane for each product
	waiting      atomic.Int64
	crowdedUntil atomic.Int64 // Unix nanoseconds
}

// scarce is how many lanes are taken when they count as scarce.
func (l *lanes) scarce() int { return l.most * 2 / 3 }

func (l *lanes) taken() int { return len(l.tenants) }

// Lanes returns how many products are read just now, each over a connection of its own.
func (s *Supervisor) Lanes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lanes.taken()
}

// mayStay is the Stay of loops that share lanes.
func (l *lanes) mayStay(idle, held time.Duration) (block time.Duration, stay bool) {
	if l.few.Load() {
		return blockStep, true
	}
	if idle == 0 && held >= laneSlice && l.waiting.Load() > 0 {
		return 0, false
	}
	if time.Now().UnixNano() < l.crowdedUntil.Load() || idle >= laneLinger {
		return -1, true
	}
	return laneStep, true
}

// take begins to consume a product.
func (s *Supervisor) take(m *member) {
	if s.lanes.most == 0 {
		s.begin(m)
	} else {
		s.watch.add(m)
	}
}

// release ends to consume a product. One whose loop is still flushing keeps its place, so
// that a product never has two.
func (s *Supervisor) release(m *member) {
	if m.gone {
		return
	}
	s.keep(m)
	m.gone = true
	if m.running {
		m.loop.Signal()
		return
	}
	s.forget(m)
}

// settleLanes follows how many products there are: when there is a lane for each, each has one.
func (s *Supervisor) settleLanes() {
	if s.lanes.most == 0 {
		return
	}
	few := len(s.members) <= s.lanes.most
	s.lanes.few.Store(few)
	if few {
		for _, m := range s.members {
			s.wake(m, false)
		}
	}
}

// Ring tells that an entry has been written to the stream of a product. Unless its loop is
// reading it gets a lane.
func (s *Supervisor) Ring(productID int64) {
	if found, ok := s.watch.loops.Load(productID); ok && found.(*Loop).tenant.busy.Load() { //nolint:forcetypeassert // the map holds nothing else
		return
	}
	if !s.shares() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if m, ok := s.members[productID]; ok {
		s.wake(m, false)
	}
}

// wake has a product given a lane, as soon as there is one. One that has a lane gets it again
// after it has left.
func (s *Supervisor) wake(m *member, claim bool) {
	m.claim = m.claim || claim
	if m.queued || m.gone || m.running && m.loop.tenant.busy.Load() {
		return
	}
	m.queued = true
	if !m.running {
		s.lanes.queue = append(s.lanes.queue, m)
	}
	s.dispatch()
}

// dispatch gives lanes to those who wait.
func (s *Supervisor) dispatch() {
	l := &s.lanes
	for len(l.queue) > 0 && l.taken() < l.most {
		m := l.queue[0]
		l.queue[0], l.queue = nil, l.queue[1:]
		if m.queued = false; !m.gone {
			s.begin(m)
		}
	}
	l.waiting.Store(int64(len(l.queue)))
	if len(l.queue) > 0 || l.taken() > l.scarce() {
		l.crowdedUntil.Store(time.Now().Add(crowdedFor).UnixNano())
	}
}

// begin begins a life of a product's loop.
func (s *Supervisor) begin(m *member) {
	if s.lanes.closed {
		return
	}
	if m.loop == nil {
		m.loop = s.make(m.productID)
		m.loop.announced = m.announced
		if s.shares() {
			m.loop.tenant.may = s.lanes.mayStay
			s.watch.loops.Store(m.productID, m.loop)
		}
	}
	m.loop.joined.Store(m.joined)
	m.loop.moveIn(m.claim)
	m.running, m.claim = true, false
	s.lanes.tenants[m] = struct{}{}
	threading.GoSafe(func() {
		defer s.ended(m)
		m.loop.Start()
	})
}

// ended follows the end of a life of a product's loop.
func (s *Supervisor) ended(m *member) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &m.loop.tenant
	again := m.queued || m.evicted || t.yielded
	m.running, m.queued, m.evicted, m.joined, m.announced = false, false, false, m.loop.Joined(), m.loop.announced
	delete(s.lanes.tenants, m)
	if m.gone && s.owners.standby[m.productID] && m.loop.storer.gaveUp.Load() && s.shares() && !s.lanes.closed {
		s.takeBack(m)
		again = true
	}
	if m.gone {
		s.forget(m)
	} else if s.shares() && !s.lanes.closed {
		if t.lost || t.last != "" {
			m.delivered = t.last
		}
		if soon := time.Now().Add(s.watch.ClaimIdle / 2); m.lookAt.After(soon) {
			m.lookAt = soon // it may have left something pending
		}
		if again {
			s.wake(m, false)
		}
	}
	s.dispatch()
}

// forget drops a product that is not consumed any more.
func (s *Supervisor) forget(m *member) {
	delete(s.members, m.productID)
	s.owners.again = true // it may have become this replica's again while the loop ended
	s.watch.loops.Delete(m.productID)
	s.show(m, false)
}

// evict takes its lane from a product that is stuck, for one that waits.
func (s *Supervisor) evict(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.lanes.queue) == 0 || s.lanes.taken() < s.lanes.most || now.Sub(s.lanes.evictedAt) < laneStuck {
		return
	}
	var stuck *member
	since := now.Add(-laneStuck).UnixNano()
	for m := range s.lanes.tenants {
		if at := m.loop.tenant.at.Load(); at < since {
			stuck, since = m, at
		}
	}
	if stuck != nil {
		s.lanes.evictedAt, stuck.evicted = now, true
		stuck.loop.Signal()
	}
}
