package consumer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/zeromicro/go-zero/core/logx"

	"seckill/internal/role"
	"seckill/internal/seckill"
	"seckill/model"
)

// joinGrace is how long a product that has come at runtime may take to be consumed
// before it makes the process count as not ready.
const joinGrace = 5 * time.Second

// followInterval is how often the table of products is looked at. With blockStep
// it keeps a pause, a resume and a new product within two seconds on every
// replica.
const followInterval = 500 * time.Millisecond

// Supervisor has each product consumed that is not paused: by a loop of its own, or, once they
// share lanes, by a loop while something comes and else by the watch over all that is quiet.
// It is a role: Start blocks until Stop.
type Supervisor struct {
	*role.Role

	prepare func(ctx context.Context) error
	list    func(ctx context.Context) ([]model.ProductState, error)
	recent  func(ctx context.Context, within time.Duration) ([]model.ProductState, error) // nil = the list is read whole
	make    func(productID int64) *Loop

	left func(productID int64) bool // of a product that has ended something is on its way; nil = of all

	database chan struct{} // closed when the database is prepared
	lanes    lanes
	watch    watch
	owners   owners

	mu       sync.Mutex
	prepared bool
	products []model.ProductState // by their IDs
	listed   time.Time            // when all of them were read last
	members  map[int64]*member
}

// NewSupervisor makes a supervisor. prepare brings the database into a state that
// can be worked with (migrations, products of the configuration); it is repeated
// until it succeeds, so that the service may start before its database. list names
// the products, newLoop makes the loop of one.
func NewSupervisor(prepare func(ctx context.Context) error,
	list func(ctx context.Context) ([]model.ProductState, error), newLoop func(productID int64) *Loop) *Supervisor {
	s := &Supervisor{prepare: prepare, list: list, make: newLoop, members: map[int64]*member{}, database: make(chan struct{})}
	s.lanes.tenants = map[*member]struct{}{}
	s.owners.standby = map[int64]bool{}
	s.Role = role.New(s.run)
	return s
}

// SkipEnded names what tells of which of the products that have ended something is on its
// way: the others need no loop. It is called before Start.
func (s *Supervisor) SkipEnded(left func(productID int64) bool) { s.left = left }

// Prepared is closed when the database can be worked with.
func (s *Supervisor) Prepared() <-chan struct{} { return s.database }

// Products returns the products as they were last seen in the database, none
// before that. The slice is shared and must not be changed.
func (s *Supervisor) Products() []model.ProductState {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.products
}

// Served returns the products that are consumed by this process, and those for which it
// stands by.
func (s *Supervisor) Served() []int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.AppendSeq(slices.Collect(maps.Keys(s.members)), maps.Keys(s.owners.standby))
}

// missingShown is how many products that are not consumed are named.
const missingShown = 20

// Check fails unless every product that this process should consume is consumed. What another
// replica owns is that one's.
func (s *Supervisor) Check(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.prepared {
		return errors.New("consumers have not started")
	}
	var missing []int64
	now := time.Now()
	for id, m := range s.members {
		if !m.gone && !m.isJoined() && now.After(m.grace) {
			missing = append(missing, id)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	slices.Sort(missing)
	if more := len(missing) - missingShown; more > 0 {
		return fmt.Errorf("products not consumed: %v and %d more", missing[:missingShown], more)
	}
	return fmt.Errorf("products not consumed: %v", missing)
}

func (s *Supervisor) run(ctx context.Context) {
	defer s.stopAll()
	if !s.prepareUntilDone(ctx) {
		return
	}
	close(s.database)
	var watching sync.WaitGroup
	defer watching.Wait()
	for _, watcher := range s.watchers() {
		watching.Go(watcher.Start)
		defer watcher.Stop()
	}
	if s.owners.divides() {
		beats := s.beats()
		watching.Go(beats.Start)
		defer beats.Stop() // it is the first to stop: the others take over
	}
	ticker := time.NewTicker(followInterval)
	defer ticker.Stop()
	for {
		if err := s.follow(ctx); err != nil && ctx.Err() == nil {
			logx.Errorf("follow products: %v", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (s *Supervisor) prepareUntilDone(ctx context.Context) bool {
	retry := newRetry()
	for {
		err := s.prepare(ctx)
		if err == nil {
			return true
		}
		logx.Errorf("prepare database: %v", err)
		if !role.Sleep(ctx, retry.NextBackOff()) {
			return false
		}
	}
}

// wants reports whether a product is to be consumed, by whichever replica: here it is decided.
// One that has ended is consumed as before until it is noted as drained, and anew only when something was
// seen to be left.
func (s *Supervisor) wants(p model.ProductState) bool {
	switch seckill.ProductStatus(p.Status) {
	case seckill.ProductPaused:
		return false
	case seckill.ProductEnded:
		_, consumed := s.members[p.ProductID]
		return !p.Drained && (consumed || s.left == nil || s.left(p.ProductID))
	default:
		return true
	}
}

// stopAll asks every loop to end, then waits for them: they flush side by side.
func (s *Supervisor) stopAll() {
	s.mu.Lock()
	s.lanes.closed = true
	var loops []*Loop
	for _, m := range s.members {
		if m.running {
			m.loop.Signal()
			loops = append(loops, m.loop)
		}
		s.show(m, false)
	}
	s.mu.Unlock()
	for _, loop := range loops {
		loop.Stop()
	}
}
