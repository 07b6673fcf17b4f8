package consumer

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"seckill/internal/role"
	"seckill/internal/stream"
)

const (
	// watchTick is how often some of the quiet products are looked at.
	watchTick = 200 * time.Millisecond
	// watchPeriod is in how long each of them is looked at once, and watchRate how many a
	// second at the most: with more products it takes longer. 10,000 take nine turns, so that the
	// first entry of any is stored within two seconds.
	watchPeriod = time.Second
	watchRate   = 6000
	// sleepRate is that of products that are dormant.
	sleepRate = 1000
	// groupAge is how old the look at a group gets of which nothing is pending, in terms of
	// ClaimIdle, and groupMost at the most: what its members are given comes as an arrival, so
	// that nothing but somebody's deleting the group or sending it back is missed so long.
	groupAge  = 3
	groupMost = 10 * time.Minute
	// watchPage is how many are looked at in one round trip, watchPages how many of these are
	// made side by side.
	watchPage, watchPages = 500, 4
	// watchFresh is how many products that have just come are looked at in one turn.
	watchFresh = 20 * watchPage
	// watchTimeout bounds one look: a server that is silent must not hold up the products of
	// others for longer.
	watchTimeout = 2 * time.Second
)

type (
	// Quiet looks at the streams of products that nobody reads just now; stream.Inspector is it.
	Quiet interface {
		Arrivals(ctx context.Context, places []stream.Place) []stream.Arrival
		Groups(ctx context.Context, productIDs []int64, minIdle time.Duration) []stream.Standby
		Join(ctx context.Context, productIDs []int64) []error
	}
	// Sharing is how products share lanes.
	Sharing struct {
		Lanes     int // how many products are read at the same time; 0 = DefaultLanes
		Quiet     Quiet
		Reader    func(productID int64) *stream.Reader // what the log says of a consumer
		ClaimIdle time.Duration                        // an entry pending this long is taken over
		Up        func(productID int64, up bool)       // shows whether a product is consumed
	}
)

// watch is the watch over the products that are quiet: those of which no loop reads. It
// delivers nothing. Whose stream has something to be done gets a lane, where all is done.
type watch struct {
	Sharing

	loops sync.Map // by product ID: *Loop, of those that have one

	fresh []*member // that have not been looked at yet
	awake ring      // the others
	sleep ring      // those of them that are dormant
	all   bool      // the next turn looks at all: a server is away
}

// ring is quiet products in the order in which they are looked at.
type ring struct {
	members []*member
	at      int // where the next turn begins
}

// Share has the products share lanes, instead of one for each. It is called before Start.
func (s *Supervisor) Share(how Sharing) {
	if how.Lanes == 0 {
		how.Lanes = DefaultLanes
	}
	s.lanes.most, s.watch.Sharing = how.Lanes, how
}

func (s *Supervisor) shares() bool { return s.lanes.most > 0 }

// show shows whether a product is consumed.
func (s *Supervisor) show(m *member, up bool) {
	m.joined = up
	if s.watch.Up != nil {
		s.watch.Up(m.productID, up)
	}
}

func (w *watch) add(m *member) { w.fresh = append(w.fresh, m) }

// watchers are the roles that look at quiet products.
func (s *Supervisor) watchers() []*role.Role {
	if !s.shares() {
		return nil
	}
	return []*role.Role{
		role.Every(watchTick, "look at quiet streams", s.turn),
		role.Every(watchPeriod, "look at streams that are lost", s.seekLost),
	}
}

// turn looks at the products whose turn it is.
func (s *Supervisor) turn(ctx context.Context) error {
	s.evict(time.Now())
	groups, arrivals := s.choose(time.Now())
	return errors.Join(s.each(ctx, groups, s.lookAtGroups), s.each(ctx, arrivals, s.lookForArrivals))
}

// each looks at products, a page at a time and some pages side by side.
func (s *Supervisor) each(ctx context.Context, all []*member, look func(ctx context.Context, page []*member) error) error {
	if len(all) == 0 {
		return nil
	}
	pages := slices.Collect(slices.Chunk(all, watchPage))
	problems := make([]error, len(pages))
	var looks errgroup.Group
	looks.SetLimit(watchPages)
	for n, page := range pages {
		looks.Go(func() error {
			ctx, cancel := context.WithTimeout(ctx, watchTimeout)
			defer cancel()
			problems[n] = look(ctx, page)
			return nil
		})
	}
	_ = looks.Wait() // each has its own error
	return role.Problems(problems)
}

// choose returns the products whose turn it is: those of which the group is to be looked at,
// and those of which nothing but whether an entry has come.
func (s *Supervisor) choose(now time.Time) (groups, arrivals []*member) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := &s.watch
	n := min(len(w.fresh), watchFresh)
	for _, m := range w.fresh[:n] {
		w.enter(m)
		if m.isQuiet() {
			groups = append(groups, m)
		}
	}
	w.fresh = w.fresh[n:]
	turn := func(r *ring, share int) {
		for _, m := range r.next(share) {
			switch {
			case !m.isQuiet() || !m.joined: // somebody else looks after it
			case m.delivered == "" || now.After(m.lookAt):
				groups = append(groups, m)
			default:
				arrivals = append(arrivals, m)
			}
		}
	}
	if w.all {
		w.all = false
		turn(&w.awake, len(w.awake.members))
	} else {
		turn(&w.awake, w.awake.share(watchRate))
	}
	turn(&w.sleep, w.sleep.share(sleepRate))
	return groups, arrivals
}

// enter puts a product where it is to be looked at.
func (w *watch) enter(m *member) {
	r := &w.awake
	if m.dormant {
		r = &w.sleep
	}
	if m.ring != r {
		m.ring = r
		r.members = append(r.members, m)
	}
}

// next returns the products that are looked at now.
func (r *ring) next(share int) []*member {
	if r.at >= len(r.members) {
		r.at = 0
		r.members = slices.DeleteFunc(r.members, func(m *member) bool { return m.gone || m.ring != r })
	}
	now := r.members[r.at:min(len(r.members), r.at+share)]
	r.at += len(now)
	return slices.DeleteFunc(slices.Clone(now), func(m *member) bool { return m.ring != r })
}

// isQuiet reports whether nobody reads a product's stream, or is about to.
func (m *member) isQuiet() bool { return !m.gone && !m.running && !m.queued }

// seekLost looks at the products that nobody could look at last, apart from the others: a
// server that is silent must not hold up theirs.
func (s *Supervisor) seekLost(ctx context.Context) error {
	s.mu.Lock()
	var lost []*member
	for _, m := range slices.Concat(s.watch.awake.members, s.watch.sleep.members) {
		if m.isQuiet() && !m.joined {
			lost = append(lost, m)
		}
	}
	s.mu.Unlock()
	return s.each(ctx, lost, s.lookAtGroups)
}

// share is how many products of a ring are looked at in one turn, with so many a second at the
// most.
func (r *ring) share(rate int) int {
	n := len(r.members)
	period := max(watchPeriod, time.Duration(n)*time.Second/time.Duration(rate))
	return int((time.Duration(n)*watchTick + period - 1) / period)
}

// lookForArrivals gives a lane to products of whose streams an entry has come, unless another
// replica was given it.
func (s *Supervisor) lookForArrivals(ctx context.Context, page []*member) error {
	places := make([]stream.Place, len(page))
	s.mu.Lock()
	for n, m := range page {
		places[n] = stream.Place{ProductID: m.productID, Delivered: m.delivered}
	}
	s.mu.Unlock()
	var closer []*member
	for n, a := range s.watch.Quiet.Arrivals(ctx, places) {
		if a.Any || a.Err != nil {
			closer = append(closer, page[n])
		}
	}
	if len(closer) == 0 {
		return nil
	}
	return s.lookAtGroups(ctx, closer)
}

// lookAtGroups joins the groups of products, and gives a lane to those of which there is
// something to be done.
func (s *Supervisor) lookAtGroups(ctx context.Context, page []*member) error {
	ids := make([]int64, len(page))
	for n, m := range page {
		ids[n] = m.productID
	}
	found := s.watch.Quiet.Groups(ctx, ids, s.watch.ClaimIdle)
	problems := make([]error, len(page))
	var strangers []*member
	s.mu.Lock()
	for n, m := range page {
		if !m.gone && !m.running {
			if s.note(m, found[n]) {
				strangers = append(strangers, m)
			} else if found[n].Err != nil && ctx.Err() == nil {
				problems[n] = fmt.Errorf("product %d: %w", m.productID, found[n].Err)
			}
		}
	}
	s.mu.Unlock()
	if len(strangers) > 0 {
		s.join(ctx, strangers)
	}
	return role.Problems(problems)
}

// note notes how the group of a quiet product stands, and reports whether it has still to be
// made. All that is out of order is for the product's loop to tell and to mend.
func (s *Supervisor) note(m *member, found stream.Standby) (join bool) {
	m.lookAt = time.Now().Add(s.watch.lookAgain(m, found))
	switch {
	case found.Err != nil && stream.Away(found.Err):
		s.watch.all = s.watch.all || m.joined
		s.lose(m)
		return false
	case found.Err != nil || !found.Joined && m.announced:
		s.lose(m)
		s.wake(m, false)
		return false
	case !found.Joined:
		return true
	}
	own := !m.joined || m.loop != nil && !m.loop.tenant.settled // some of what is pending may be ours
	if !m.joined {
		announce(m.productID, s.watch.Reader(m.productID), m.announced)
		m.announced = true
		s.show(m, true)
	}
	m.delivered = found.Delivered
	if found.Waiting || found.Idle || found.Pending && own {
		s.wake(m, found.Idle)
	}
	return false
}

// lookAgain returns after how long the group of a quiet product is looked at again: in time to
// take over what is pending.
func (w *watch) lookAgain(m *member, found stream.Standby) time.Duration {
	age := w.ClaimIdle / 2
	switch {
	case m.dormant:
		age = groupMost
	case !found.Pending:
		age = min(groupAge*w.ClaimIdle, max(groupMost, age))
	}
	return age - rand.N(age/4+1) //nolint:gosec // it spreads, and hides nothing
}

// lose notes that a quiet product cannot be looked at. Its loop begins from the start then.
func (s *Supervisor) lose(m *member) {
	if m.loop != nil {
		m.loop.tenant.unsettle()
	}
	if m.joined {
		s.show(m, false)
	}
}

// join makes the groups of products that have none. What cannot be made so, a loop tries.
func (s *Supervisor) join(ctx context.Context, page []*member) {
	ids := make([]int64, len(page))
	for n, m := range page {
		ids[n] = m.productID
	}
	problems := s.watch.Quiet.Join(ctx, ids)
	s.mu.Lock()
	defer s.mu.Unlock()
	for n, m := range page {
		if problems[n] != nil {
			s.wake(m, false)
		} else {
			s.watch.fresh = append(s.watch.fresh, m)
		}
	}
}
