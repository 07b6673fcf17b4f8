package consumer

import (
	"context"
	"slices"
	"time"

	"github.com/zeromicro/go-zero/core/logx"

	"seckill/internal/role"
	"seckill/internal/seckill"
)

const (
	// beatMost is the longest between two times that a replica says that it consumes, so how
	// soon the others follow one that ends.
	beatMost = time.Second
	// silenceMost is the longest that a replica which says nothing counts as alive.
	silenceMost = 5 * time.Second
	// handoverBeats is for how many beats a product is still consumed here after another
	// replica has become its owner: by then that one knows.
	handoverBeats = 2
	// joinPatience is how long a replica waits for all that it should consume before it takes
	// part. A product that nobody can consume keeps nobody from sharing the others.
	joinPatience = 30 * time.Second
)

// Ownership is how replicas divide the products among themselves: each product is consumed by
// its owner, and the others stand by. That is a matter of speed alone.
type Ownership struct {
	Run string // of this process
	// Beat says whether this process takes part, and returns the runs of all who do, having
	// said so within the given time; model.Pool.SayConsuming is it.
	Beat      func(ctx context.Context, run string, consumes bool, within time.Duration) ([]string, error)
	Able      func(ctx context.Context) error // fails unless this process can consume; what is consumed is checked besides
	Leaving   func() bool                     // this process is about to end
	ClaimIdle time.Duration                   // within this a replica that has died is replaced
}

// every is how often a replica says that it consumes.
func (o *Ownership) every() time.Duration { return min(beatMost, o.ClaimIdle/4) }

// silence is after how long without a word a replica counts as dead.
func (o *Ownership) silence() time.Duration { return min(silenceMost, o.ClaimIdle/2) }

// owners is what a replica knows of the division. The supervisor's mutex guards it, but for
// Ownership and what is the beat's own.
type owners struct {
	Ownership

	runs    []string  // that take part
	divided bool      // between this replica and others, or among the others as this one ends
	since   time.Time // when that was found
	by      seckill.Owners
	standby map[int64]bool // products that another replica consumes
	handing int            // products that are still consumed here for a moment
	again   bool           // a product may have to be taken that has just been given up

	// These are the beat's own.
	failing  bool      // the last one has failed
	heard    []string  // the runs that were named last
	healedAt time.Time // when a beat has not failed, after others that have
	before   []string  // the runs that were named last before those
	able     able
}

// able is whether a replica takes part.
type able struct {
	reaches bool      // what it needs to consume
	askedAt time.Time // for that
	takes   bool      // it takes part
	waits   time.Time // since when it waits for what it should consume, to take part then
}

// follow follows whether all is consumed that should be. Who takes part goes on though a
// product be missing: another replica could not consume it either.
func (a *able) follow(all bool, now time.Time) bool {
	switch {
	case !a.reaches:
		a.takes, a.waits = false, time.Time{}
	case a.waits.IsZero():
		a.takes, a.waits = all, now
	default:
		a.takes = a.takes || all || now.Sub(a.waits) >= joinPatience
	}
	return a.takes
}

// Own has replicas divide the products among themselves, instead of each consuming all. It is
// called before Start.
func (s *Supervisor) Own(how Ownership) { s.owners.Ownership = how }

func (o *owners) divides() bool { return o.Beat != nil }

// elsewhere reports whether a product is another replica's. While nobody knows, it is not.
func (o *owners) elsewhere(productID int64) bool {
	return o.divided && o.by.Of(productID) != o.Run
}

// agreed reports whether the division is so old that every replica knows it: then the owner of
// a product that has come, or goes on, takes it as soon as this replica would.
func (o *owners) agreed(now time.Time) bool { return now.Sub(o.since) >= handoverBeats*o.every() }

// beats makes the role that says whether this replica consumes, and follows what the others
// say. At its end it says that it does not, before what has been read is stored.
func (s *Supervisor) beats() *role.Role {
	return role.New(func(ctx context.Context) {
		ticker := time.NewTicker(s.owners.every())
		defer ticker.Stop()
		for ctx.Err() == nil {
			s.beat(ctx)
			select {
			case <-ctx.Done():
			case <-ticker.C:
			}
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), beatMost)
		defer cancel()
		if _, err := s.owners.Beat(ctx, s.owners.Run, false, s.owners.silence()); err != nil {
			logx.Errorf("give the products up: %v", err)
		}
	})
}

// beat is one time. While the database cannot be asked, everybody keeps what he has, and until
// the others have been able to say a word again.
func (s *Supervisor) beat(ctx context.Context) {
	o := &s.owners
	leaving := o.Leaving()
	consumes := !leaving && s.isAble(ctx)
	within, cancel := context.WithTimeout(ctx, o.silence())
	defer cancel()
	runs, err := o.Beat(within, o.Run, consumes, o.silence())
	switch {
	case ctx.Err() != nil:
		return
	case err == nil:
		if o.failing {
			o.healedAt, o.before = time.Now(), o.heard
		}
		o.heard = runs
		s.divide(o.known(runs, time.Now()), leaving)
	case !o.failing:
		logx.Errorf("products stay with the replicas that they are with: %v", err)
	}
	o.failing = err != nil
}

// known returns the runs that count as alive: those that have said so, and, when nobody could
// for a while, those that did just before.
func (o *owners) known(runs []string, now time.Time) []string {
	if now.Sub(o.healedAt) >= handoverBeats*o.every() {
		return runs
	}
	all := slices.Concat(runs, o.before)
	slices.Sort(all)
	return slices.Compact(all)
}

// isAble reports whether this process reaches what it needs to consume, and has begun to. Of the
// former it asks less often, which costs a command for each server, unless something is missing.
func (s *Supervisor) isAble(ctx context.Context) bool {
	a, missing := &s.owners.able, s.Check(ctx) != nil
	if missing || time.Since(a.askedAt) >= s.owners.silence() {
		within, cancel := context.WithTimeout(ctx, s.owners.silence())
		defer cancel()
		a.reaches, a.askedAt = s.owners.Able(within) == nil, time.Now()
	}
	return a.follow(!missing, time.Now())
}

// divide follows who takes part. Whoever does not, but for being about to end, consumes
// everything, as if there were no owners: it cannot tell why it is not able, and what the
// others see.
func (s *Supervisor) divide(runs []string, leaving bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := &s.owners
	divided := len(runs) > 0 && (leaving || slices.Contains(runs, o.Run))
	if divided == o.divided && slices.Equal(runs, o.runs) && o.handing == 0 && !o.again {
		return
	}
	if !slices.Equal(runs, o.runs) {
		logx.Infof("replicas that share the products: %v; this one is %s", runs, o.Run)
	}
	if divided != o.divided || !slices.Equal(runs, o.runs) {
		o.since = time.Now()
	}
	o.divided, o.runs, o.by, o.again = divided, runs, seckill.NewOwners(runs), false
	for _, p := range s.products {
		s.followOne(p)
	}
	s.settleLanes()
}

// handOver gives up a product that another replica owns, once that one knows.
func (s *Supervisor) handOver(m *member) {
	o, now := &s.owners, time.Now()
	switch {
	case m.gone:
	case m.ownedElsewhere.IsZero():
		m.ownedElsewhere = now
		o.handing++
	case now.Sub(m.ownedElsewhere) >= handoverBeats*o.every():
		o.standby[m.productID] = true
		s.release(m)
	}
}

// takeBack has a product that was given up consumed for some beats more: something has been left
// that the database did not take, and the owner would wait for ClaimIdle to take it over.
func (s *Supervisor) takeBack(m *member) {
	m.gone = false
	delete(s.owners.standby, m.productID)
	s.handOver(m)
}

// keep notes that a product is not about to be given up.
func (s *Supervisor) keep(m *member) {
	if !m.ownedElsewhere.IsZero() {
		m.ownedElsewhere = time.Time{}
		s.owners.handing--
	}
}
