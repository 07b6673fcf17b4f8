package books

import (
	"context"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"seckill/internal/role"
)

const (
	// rosterInterval is how often the list of products is read.
	rosterInterval = time.Second
	// rosterRate is how many products a second are read, at the most: with more of them the
	// list is read less often.
	rosterRate = 2000
	// rosterTimeout bounds that.
	rosterTimeout = 10 * time.Second
	// unknownFor is how long a product that is not there counts as that without asking.
	unknownFor = time.Second
	// foundFor is how long a product that was asked for counts as there without being
	// found in the list; where nobody reads the list it is asked for again then.
	foundFor = 3 * rosterInterval
	// missingTimeout bounds the question whether there is a product.
	missingTimeout = 500 * time.Millisecond
	// maxUnknown bounds how many products that are not there are remembered.
	maxUnknown = 10_000
)

// roster knows which products there are, so that an attempt for a made-up one costs
// neither a key in Redis nor memory nor a metric. Of the products of the list it answers
// from memory, whatever PostgreSQL does; for others PostgreSQL is asked, one question at a
// time for all that have come meanwhile, and what is not there is remembered for a moment.
type roster struct {
	every func(ctx context.Context) ([]int64, error)
	among func(ctx context.Context, ids []int64) ([]int64, error)
	gone  func(productIDs []int64, were bool) // is told of products that are not there, or not any more

	list atomic.Pointer[map[int64]struct{}] // as it was read last; nil before that
	due  time.Time                          // when it is read again; of its role

	mu      sync.Mutex
	found   map[int64]time.Time // products that were asked for and are there
	unknown map[int64]time.Time // products that were asked for and are not there
	dropped uint64              // counts the products that were deleted, to know an old list
	next    *question
	asking  bool
	silent  time.Time // until when PostgreSQL is not asked, because it has not answered
}

// question is whether there are products, asked for everybody who waits for it.
type question struct {
	ids   []int64
	there map[int64]bool
	err   error
	done  chan struct{}
}

func newRoster(every func(ctx context.Context) ([]int64, error),
	among func(ctx context.Context, ids []int64) ([]int64, error), gone func(productIDs []int64, were bool)) *roster {
	return &roster{every: every, among: among, gone: gone, found: map[int64]time.Time{}, unknown: map[int64]time.Time{}}
}

// has reports whether there is a product; sure is false while nobody can tell.
func (r *roster) has(ctx context.Context, productID int64) (there, sure bool) {
	if list := r.list.Load(); list != nil {
		if _, there := (*list)[productID]; there {
			return true, true
		}
	}
	q, there, sure := r.ask(productID, time.Now())
	if q == nil {
		return there, sure
	}
	select {
	case <-q.done:
		return r.answer(q, productID)
	case <-ctx.Done():
		return false, false
	}
}

// ask answers from what is remembered, or else returns the question to be waited for.
func (r *roster) ask(productID int64, now time.Time) (q *question, there, sure bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if at, ok := r.found[productID]; ok && now.Sub(at) < foundFor {
		return nil, true, true
	}
	if at, ok := r.unknown[productID]; ok && now.Sub(at) < unknownFor {
		return nil, false, true
	}
	if now.Before(r.silent) {
		_, once := r.found[productID]
		return nil, once, once
	}
	if r.next == nil {
		r.next = &question{there: map[int64]bool{}, done: make(chan struct{})}
	}
	r.next.ids = append(r.next.ids, productID)
	if !r.asking {
		r.asking = true
		go r.run()
	}
	return r.next, false, false
}

// answer is what a question has come to for one product.
func (r *roster) answer(q *question, productID int64) (there, sure bool) {
	if q.err == nil {
		return q.there[productID], true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	_, once := r.found[productID]
	return once, once
}

// run asks until nobody waits.
func (r *roster) run() {
	for q := r.take(); q != nil; q = r.take() {
		ctx, cancel := context.WithTimeout(context.Background(), missingTimeout)
		there, err := r.among(ctx, q.ids)
		cancel()
		q.err = err
		for _, id := range there {
			q.there[id] = true
		}
		absent := r.note(q, time.Now())
		close(q.done)
		if len(absent) > 0 {
			r.gone(absent, false)
		}
	}
}

func (r *roster) take() *question {
	r.mu.Lock()
	defer r.mu.Unlock()
	q := r.next
	r.next, r.asking = nil, q != nil
	return q
}

// note remembers the answers to a question, and returns the products that are not there.
func (r *roster) note(q *question, now time.Time) (absent []int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if q.err != nil {
		r.silent = now.Add(missingTimeout)
		return nil
	}
	for _, id := range q.ids {
		if q.there[id] {
			r.found[id] = now
			continue
		}
		if len(r.unknown) >= maxUnknown {
			clear(r.unknown)
		}
		if at, known := r.unknown[id]; !known || now.Sub(at) >= unknownFor {
			absent = append(absent, id)
		}
		r.unknown[id] = now
		delete(r.found, id)
	}
	return absent
}

// add notes that a product is there, one that has just been made above all.
func (r *roster) add(productID int64) {
	if list := r.list.Load(); list != nil {
		if _, there := (*list)[productID]; there {
			return
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.unknown, productID)
	r.found[productID] = time.Now()
}

// drop forgets a product, which is not there any more.
func (r *roster) drop(productID int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.dropped++
	delete(r.found, productID)
	r.unknown[productID] = time.Now()
	if list := r.list.Load(); list != nil {
		shorter := maps.Clone(*list)
		delete(shorter, productID)
		r.list.Store(&shorter)
	}
}

// role makes the role that reads the list again and again.
func (r *roster) role() *role.Role {
	return role.Every(rosterInterval, "list the products", func(ctx context.Context) error {
		if time.Now().Before(r.due) {
			return nil
		}
		err := r.read(ctx)
		if list := r.list.Load(); err == nil && list != nil {
			r.due = time.Now().Add(time.Duration(len(*list)) * time.Second / rosterRate)
		}
		return err
	})
}

// read reads the list of products. One that a product was dropped from meanwhile is read
// by the next.
func (r *roster) read(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, rosterTimeout)
	defer cancel()
	r.mu.Lock()
	dropped := r.dropped
	r.mu.Unlock()
	began := time.Now()
	ids, err := r.every(ctx)
	if err != nil {
		return err
	}
	list := make(map[int64]struct{}, len(ids))
	for _, id := range ids {
		list[id] = struct{}{}
	}
	r.mu.Lock()
	if r.dropped != dropped {
		r.mu.Unlock()
		return nil
	}
	before := r.list.Swap(&list)
	maps.DeleteFunc(r.found, func(_ int64, at time.Time) bool { return at.Before(began) })
	r.mu.Unlock()
	if gone := missingIn(list, before); len(gone) > 0 {
		r.gone(gone, true)
	}
	return nil
}

// missingIn lists the products of the list before that are not on the present one.
func missingIn(list map[int64]struct{}, before *map[int64]struct{}) (gone []int64) {
	if before == nil {
		return nil
	}
	for id := range *before {
		if _, there := list[id]; !there {
			gone = append(gone, id)
		}
	}
	return gone
}
