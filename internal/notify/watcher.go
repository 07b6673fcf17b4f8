package notify

import "seckill/model"

// Watcher receives the result of one user for one product whenever it changes. It
// costs a few hundred bytes, and neither a goroutine nor a timer.
type Watcher struct {
	hub        *Hub
	key        key
	c          chan *model.UserResult
	prev, next *Watcher // the others of the same result; guarded by the shard, as all below
	mark       uint64   // of the result that was given last
	closed     bool
}

// C is the channel of results: after each change the present one, which must not be
// modified. A result that was not received yet is replaced by the next. The first
// one may be what the caller knows already, because all that is watched is looked up
// every few seconds; later ones differ from the one before. It is never closed.
func (w *Watcher) C() <-chan *model.UserResult { return w.c }

// Close ends the watch. Closing twice is closing once.
func (w *Watcher) Close() {
	s := w.hub.shard(w.key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if w.closed {
		return
	}
	w.closed = true
	w.hub.watchers.Add(-1)
	if w.next != nil {
		w.next.prev = w.prev
	}
	switch {
	case w.prev != nil:
		w.prev.next = w.next
	case w.next != nil:
		s.watchers[w.key] = w.next
	default:
		delete(s.watchers, w.key)
	}
	w.prev, w.next = nil, nil
}

// give puts a result into the channel, in place of one that is there still. Only
// the shard gives, under its lock, so that there is room after the channel was
// emptied.
func (w *Watcher) give(result *model.UserResult, mark uint64) {
	if w.mark == mark {
		return
	}
	w.mark = mark
	select {
	case <-w.c:
	default:
	}
	w.c <- result
}
