package live

import (
	"context"
	"sync"
	"time"

	"seckill/internal/role"
)

const (
	// interval is how often a sample is made.
	interval = time.Second
	// heartbeat is how long a stream is silent at most.
	heartbeat = 15 * time.Second
	// overview is the watch of all products.
	overview = 0
)

// Out takes what a watcher is sent; response.Events does.
type Out interface {
	// SendWire sends an event as it stands. It may be shared, and is not changed.
	SendWire(wire []byte) error
	// Alive sends nothing that means anything.
	Alive() error
}

// Hub lets those who watch follow the samples. It is safe for concurrent use.
type Hub struct {
	from Sources

	mu       sync.Mutex
	watches  map[int64]*watch // by product, and overview
	watchers int
	sampler  *sampler // nil while nobody watches
	stopped  bool
	stopping chan struct{}
	samplers sync.WaitGroup
}

// watch is what is known of one thing that is watched, or was of late.
type watch struct {
	productID int64
	watchers  int
	ring      ring
	given     int64         // the last second that has been told of
	changed   chan struct{} // closed with the next sample
	gone      bool          // there is no such product any more
	fresh     bool          // the sampler has not looked at it yet
	forget    *time.Timer   // drops it a while after the last watcher has left

	opening sync.Mutex // who makes the history; others wait and share it
	history history
}

// New makes a hub.
func New(from Sources) *Hub {
	return &Hub{from: from, watches: map[int64]*watch{}, stopping: make(chan struct{})}
}

// Role makes the role at whose end the streams end.
func (h *Hub) Role() *role.Role {
	return role.New(func(ctx context.Context) {
		<-ctx.Done()
		h.stop()
		h.samplers.Wait()
	})
}

func (h *Hub) stop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stopped {
		return
	}
	h.stopped = true
	close(h.stopping)
	for id, w := range h.watches {
		w.stopForgetting()
		delete(h.watches, id)
	}
	if h.sampler != nil {
		h.sampler.cancel()
	}
}

// FollowAll sends the overview, a sample a second, until ctx ends, the hub stops or nothing
// can be sent. Whoever comes back with the ID of the last event that it has got (0 = none)
// is sent what it has missed, if this process has kept it.
func (h *Hub) FollowAll(ctx context.Context, last int64, out Out) error {
	return h.follow(ctx, overview, last, out)
}

// Follow is FollowAll for one product, which begins with its history unless last is known.
// It ends, too, when the product is deleted.
func (h *Hub) Follow(ctx context.Context, productID, last int64, out Out) error {
	return h.follow(ctx, productID, last, out)
}

func (h *Hub) follow(ctx context.Context, id, last int64, out Out) error {
	w := h.enter(id)
	if w == nil {
		return nil
	}
	defer h.leave(w)
	last, err := h.begin(ctx, w, last, out)
	if err != nil {
		return err
	}
	silent := time.NewTimer(heartbeat)
	defer silent.Stop()
	for {
		entries, changed, gone := h.after(w, last)
		for n := range entries {
			if err := out.SendWire(entries[n].event()); err != nil {
				return err
			}
			last = entries[n].id
			silent.Reset(heartbeat)
		}
		switch {
		case gone:
			return nil
		case len(entries) > 0 && ctx.Err() == nil:
			continue // more may have come meanwhile
		}
		select {
		case <-changed:
		case <-silent.C:
			if err := out.Alive(); err != nil {
				return err
			}
			silent.Reset(heartbeat)
		case <-ctx.Done():
			return nil
		case <-h.stopping:
			return nil
		}
	}
}

// enter begins to watch; nil when the hub has stopped.
func (h *Hub) enter(id int64) *watch {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stopped {
		return nil
	}
	w := h.watches[id]
	if w == nil {
		w = &watch{productID: id, changed: make(chan struct{}), given: completeAt(time.Now())}
		h.watches[id] = w
	}
	w.stopForgetting()
	if w.watchers == 0 {
		w.fresh, w.gone = true, false
	}
	w.watchers++
	h.watchers++
	if h.sampler == nil {
		h.sampler = newSampler(h)
		h.samplers.Go(h.sampler.run)
	} else if w.fresh {
		h.sampler.hurry()
	}
	return w
}

// leave ends to watch. When nobody is left the sampler ends; what was kept is for those who
// come back soon.
func (h *Hub) leave(w *watch) {
	h.mu.Lock()
	defer h.mu.Unlock()
	w.watchers--
	h.watchers--
	if w.watchers == 0 && !h.stopped {
		w.forget = time.AfterFunc(keep, func() { h.drop(w) })
	}
	if h.watchers == 0 && h.sampler != nil {
		h.sampler.cancel()
		h.sampler = nil
	}
}

// drop forgets a watch that nobody has come back to.
func (h *Hub) drop(w *watch) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if w.watchers == 0 && h.watches[w.productID] == w {
		delete(h.watches, w.productID)
	}
}

func (w *watch) stopForgetting() {
	if w.forget != nil {
		w.forget.Stop()
		w.forget = nil
	}
}

// after returns the samples of a watch after the one of an ID, and what is closed when there
// is another; gone says that there will be none.
func (h *Hub) after(w *watch, id int64) (entries []entry, changed <-chan struct{}, gone bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if last := w.ring.last(); last > id {
		entries = w.ring.after(id)
	}
	return entries, w.changed, w.gone
}

// begin sends what a watcher gets first, and returns the ID of the sample after which it goes
// on: the one that it names if that is kept; else the last one of the history, and in the
// overview the one before the last.
func (h *Hub) begin(ctx context.Context, w *watch, last int64, out Out) (int64, error) {
	h.mu.Lock()
	known := last != 0 && w.ring.has(last)
	newest := w.ring.last()
	seen := !w.fresh
	h.mu.Unlock()
	switch {
	case known:
		return last, nil
	case w.productID == overview && seen:
		return newest - 1, nil
	case w.productID == overview:
		return newest, nil
	}
	wire, newest, err := h.historyOf(ctx, w)
	if err != nil {
		return 0, err
	}
	return newest, out.SendWire(wire)
}
