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
	"github.com/zeromicro/go-zero/core/threading"

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

// Supervisor keeps one running loop for each product that is not paused. It is a
// role: Start blocks until Stop.
type Supervisor struct {
	*role.Role

	prepare func(ctx context.Context) error
	list    func(ctx context.Context) ([]model.ProductState, error)
	make    func(productID int64) *Loop

	left func(productID int64) bool // of a product that has ended something is on its way; nil = of all

	database chan struct{} // closed when the database is prepared

	mu       sync.Mutex
	prepared bool
	products []model.ProductState
	loops    map[int64]*supervised
}

// supervised is a loop, and until when it need not have joined its group.
type supervised struct {
	*Loop

	grace time.Time
}

// NewSupervisor makes a supervisor. prepare brings the database into a state that
// can be worked with (migrations, products of the configuration); it is repeated
// until it succeeds, so that the service may start before its database. list names
// the products, newLoop makes the loop of one.
func NewSupervisor(prepare func(ctx context.Context) error,
	list func(ctx context.Context) ([]model.ProductState, error), newLoop func(productID int64) *Loop) *Supervisor {
	s := &Supervisor{prepare: prepare, list: list, make: newLoop, loops: map[int64]*supervised{}, database: make(chan struct{})}
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

// Consumed returns the products that are consumed by this process.
func (s *Supervisor) Consumed() []int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Keys(s.loops))
}

// Check fails unless every product that should be consumed is, on this process.
func (s *Supervisor) Check(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.prepared {
		return errors.New("consumers have not started")
	}
	var missing []int64
	for id, loop := range s.loops {
		if !loop.Joined() && time.Now().After(loop.grace) {
			missing = append(missing, id)
		}
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		return fmt.Errorf("products not consumed: %v", missing)
	}
	return nil
}

func (s *Supervisor) run(ctx context.Context) {
	defer s.stopAll()
	if !s.prepareUntilDone(ctx) {
		return
	}
	close(s.database)
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

// follow starts and stops loops as the products say. While the table cannot be
// read, the loops that run go on: they wait for the database by themselves.
func (s *Supervisor) follow(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	products, err := s.list(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	wanted := make(map[int64]bool, len(products))
	for _, p := range products {
		wanted[p.ProductID] = s.wants(p)
	}
	for id, loop := range s.loops {
		if !wanted[id] {
			loop.Signal()
		}
		// A loop that is still flushing keeps its place, so that a product never
		// has two.
		if loop.Ended() {
			delete(s.loops, id)
		}
	}
	for id, want := range wanted {
		if _, running := s.loops[id]; want && !running {
			loop := &supervised{Loop: s.make(id)}
			if s.prepared { // at the start of the process there is no grace
				loop.grace = time.Now().Add(joinGrace)
			}
			s.loops[id] = loop
			threading.GoSafe(loop.Start)
		}
	}
	s.prepared, s.products = true, products
	return nil
}

// wants reports whether a product needs a loop. One that has ended keeps the one that it
// has until it is noted as drained, and gets one only when something was seen to be left.
func (s *Supervisor) wants(p model.ProductState) bool {
	switch seckill.ProductStatus(p.Status) {
	case seckill.ProductPaused:
		return false
	case seckill.ProductEnded:
		_, running := s.loops[p.ProductID]
		return !p.Drained && (running || s.left == nil || s.left(p.ProductID))
	default:
		return true
	}
}

// stopAll asks every loop to end, then waits for them: they flush side by side.
func (s *Supervisor) stopAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, loop := range s.loops {
		loop.Signal()
	}
	for _, loop := range s.loops {
		loop.Stop()
	}
}
