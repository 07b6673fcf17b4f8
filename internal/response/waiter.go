package response

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

const (
	// sweepInterval is how often it is looked for clients that have gone: a client that
	// has is found by two looks, within a second.
	sweepInterval = 500 * time.Millisecond
	// probeInterval is how often a client that sends no more is asked whether it reads. Go's
	// own client takes five interim answers before the final one, and no wait is longer
	// than three times this.
	probeInterval = 10 * time.Second
	// interim is an answer that every client of HTTP/1.1 passes over (RFC 9110, section 15.2).
	interim = "HTTP/1.1 100 Continue\r\n\r\n"
)

// errGone is why the work for a client that has gone ends.
var errGone = errors.New("the client has gone")

// peer is how the other side of a connection stands.
type peer int

const (
	peerThere  peer = iota // nothing says that it is not
	peerSilent             // it sends no more: it has closed its side, or has gone
	peerGone               // it has reset the connection, or the network has given it up
)

// waiter is a client that waits on a connection which was taken from net/http.
type waiter struct {
	conn net.Conn
	gone context.CancelCauseFunc

	textIDs bool // IDs are written as text

	probed time.Time // when it was last asked whether it reads; the sweeper's alone

	mu sync.Mutex // one writes at a time
	// probe is what can be written between the parts of the answer without a meaning; ""
	// = nothing, as for a client of HTTP/1.0, or behind the end of the answer.
	probe string
}

// write writes a part of the answer, behind which probe may be written.
func (w *waiter) write(text []byte, probe string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.probe = probe
	return writeAll(w.conn, text)
}

// check looks after a client. One that has closed its side of the connection may have gone,
// or may have said all it had to say and read on; which, shows only when something is
// written to it: then the system of a client that has gone resets the connection, and the
// next look finds that. A client that cannot be asked counts as gone, as in net/http.
func (w *waiter) check(now time.Time) {
	switch peerOf(w.conn) {
	case peerThere:
	case peerGone:
		w.gone(errGone)
	case peerSilent:
		if now.Sub(w.probed) >= probeInterval {
			w.probed = now
			w.ask()
		}
	}
}

// ask writes what has no meaning. When somebody writes just now, that does as well.
func (w *waiter) ask() {
	if !w.mu.TryLock() {
		return
	}
	defer w.mu.Unlock()
	if w.probe == "" || writeAll(w.conn, []byte(w.probe)) != nil {
		w.gone(errGone)
	}
}

// hangUp closes a connection without losing what has been written: closed with something
// unread in it, as a second request of a client that pipelines, it would be reset, and the
// answer with it.
func (w *waiter) hangUp() {
	defer func() { _ = w.conn.Close() }()
	half, ok := w.conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil || w.conn.SetReadDeadline(time.Now().Add(lingerTime)) != nil {
		return
	}
	var rest [512]byte
	for range lingerReads {
		if _, err := w.conn.Read(rest[:]); err != nil {
			return
		}
	}
}

// lingerTime and lingerReads bound how long a client may take to close its side.
const (
	lingerTime  = 250 * time.Millisecond
	lingerReads = 128
)

// waiters are the clients that wait, and the one goroutine that looks after all of them: it
// runs while there are any.
type waiters struct {
	mu       sync.Mutex
	all      map[*waiter]struct{}
	sweeping bool
}

// add looks after a client from now on.
func (s *waiters) add(w *waiter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = map[*waiter]struct{}{}
	}
	s.all[w] = struct{}{}
	if !s.sweeping {
		s.sweeping = true
		go s.sweep()
	}
}

func (s *waiters) remove(w *waiter) {
	s.mu.Lock()
	delete(s.all, w)
	s.mu.Unlock()
}

func (s *waiters) sweep() {
	ticker := time.NewTicker(sweepInterval)
	defer ticker.Stop()
	var present []*waiter
	for range ticker.C {
		if present = s.present(present[:0]); len(present) == 0 {
			return
		}
		now := time.Now()
		for i, w := range present {
			w.check(now)
			present[i] = nil
		}
	}
}

// present appends the clients that wait. When there are none the sweeper has to end.
func (s *waiters) present(list []*waiter) []*waiter {
	s.mu.Lock()
	defer s.mu.Unlock()
	for w := range s.all {
		list = append(list, w)
	}
	if len(list) == 0 {
		s.all, s.sweeping = nil, false // the room of many, too
	}
	return list
}
