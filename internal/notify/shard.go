package notify

import (
	"context"
	"fmt"
	"hash/maphash"
	"sync"
	"time"

	"seckill/model"
)

// shards is how many locks the results of a hub are spread over, a power of two.
const shards = 64

// key names a result.
type key struct{ productID, userID int64 }

// shard returns the number of the shard of a result. The factors are odd numbers
// without a pattern, so that neighbouring users are spread.
func (k key) shard() uint64 {
	mixed := (uint64(k.userID) + uint64(k.productID)*0x9FB21C651E98DF25) * 0x9E3779B97F4A7C15 //nolint:gosec // bits, not numbers
	return mixed >> 58
}

// shard is what a hub knows of some results.
type shard struct {
	mu       sync.Mutex
	watchers map[key]*Watcher // the first of those of each result
	lookups  map[key]*lookup
	memory   memory
}

// lookup is the look-up of one result, from the moment that it is wanted until it is
// answered. Whoever makes one hands its key to the finder.
type lookup struct {
	asked bool          // the sources have been asked, and not answered yet
	again bool          // the result has changed since they were asked
	done  chan struct{} // closed with the answer; nil while nobody waits for it

	answer answer
}

// answer is what a look-up has come to. A user without a result is no error.
type answer struct {
	result *model.UserResult
	err    error
}

// wait waits for the answer of a look-up, which somebody has asked for.
func (l *lookup) wait(ctx context.Context, k key) (*model.UserResult, error) {
	select {
	case <-ctx.Done():
		return nil, fmt.Errorf("result of user %d for product %d: %w", k.userID, k.productID, ctx.Err())
	case <-l.done:
	}
	if l.answer.err == nil && l.answer.result == nil {
		return nil, model.ErrNotFound
	}
	return l.answer.result, l.answer.err
}

// ask returns a result that is remembered, or else its look-up, and whether the
// caller has to hand it to the finder.
func (s *shard) ask(k key, remembers bool, now time.Duration) (result *model.UserResult, l *lookup, fresh bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if remembers {
		if result = s.memory.get(k, now); result != nil {
			return result, nil, false
		}
	}
	l = s.lookups[k]
	if l == nil {
		l, fresh = &lookup{}, true
		s.lookups[k] = l
	}
	if l.done == nil {
		l.done = make(chan struct{})
	}
	return nil, l, fresh
}

// changed forgets a result, and reports whether the caller has to hand its key to
// the finder, because it is watched. It is the hot path: most results that change
// are of no interest to this replica.
func (s *shard) changed(k key) (fresh bool) {
	s.mu.Lock()
	s.memory.forget(k)
	if l := s.lookups[k]; l != nil {
		l.again = l.asked
	} else if s.watchers[k] != nil {
		s.lookups[k] = &lookup{}
		fresh = true
	}
	s.mu.Unlock()
	return fresh
}

// asking notes that the sources are about to be asked.
func (s *shard) asking(k key) {
	s.mu.Lock()
	s.lookups[k].asked = true
	s.mu.Unlock()
}

// answer ends a look-up: wakes those who wait for it, hands the result to its
// watchers, and remembers it until the given time, if that is to come. A look-up
// that was overtaken by a change is not answered: the caller has to hand its key to
// the finder again.
func (s *shard) answer(k key, a answer, now, until time.Duration) (again bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.lookups[k]
	if l.again {
		l.asked, l.again = false, false
		return true
	}
	delete(s.lookups, k)
	l.answer = a
	if l.done != nil {
		close(l.done)
	}
	if a.result == nil {
		return false
	}
	if until > now {
		s.memory.put(k, a.result, until)
	}
	s.hand(k, a.result)
	return false
}

// markSeed makes the marks of results by which watchers tell them apart.
var markSeed = maphash.MakeSeed()

// hand gives a result to each of its watchers who does not have it yet.
func (s *shard) hand(k key, result *model.UserResult) {
	first := s.watchers[k]
	if first == nil {
		return
	}
	mark := maphash.Comparable(markSeed, *result)
	for w := first; w != nil; w = w.next {
		w.give(result, mark)
	}
}

// renew forgets everything: each look-up under way is to be repeated, and each
// result that is watched to be looked up. It appends the keys that the caller has
// to hand to the finder.
func (s *shard) renew(keys []key) []key {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.memory = memory{}
	for _, l := range s.lookups {
		l.again = l.asked
	}
	return s.wanted(keys)
}

// sweep ages what is remembered. It appends the keys of what is watched, which the
// caller has to hand to the finder.
func (s *shard) sweep(keys []key) []key {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.memory.age()
	return s.wanted(keys)
}

// wanted makes look-ups of what is watched and not looked up already.
func (s *shard) wanted(keys []key) []key {
	for k := range s.watchers {
		if s.lookups[k] == nil {
			s.lookups[k] = &lookup{}
			keys = append(keys, k)
		}
	}
	return keys
}

// forgetAll drops what is remembered.
func (s *shard) forgetAll() {
	s.mu.Lock()
	s.memory = memory{}
	s.mu.Unlock()
}
