package response

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"
)

const (
	// eventsHead begins an answer of events on a connection that was taken from net/http; it
	// lasts until the connection is closed.
	eventsHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" + cacheControl + ": " + noStore + "\r\n" +
		"X-Accel-Buffering: no\r\nConnection: close\r\n\r\n"
	// comment is what the reader of events passes over.
	comment = ":\n\n"
	// leastReopen and reopenSpread are after how long a client opens the events anew when
	// they end before their last: not all in the same moment, as when a replica stops.
	leastReopen, reopenSpread = 2 * time.Second, 2 * time.Second
)

// Events writes server-sent events (WHATWG HTML, "Server-sent events").
type Events struct {
	waiter *waiter             // nil where net/http has the connection
	w      http.ResponseWriter // nil where it has not
	begun  bool
}

// NewEvents makes the events of one answer through net/http. The time limits of the
// server, made for answers of one piece, hold for it no longer.
func NewEvents(w http.ResponseWriter) *Events {
	control := http.NewResponseController(w)
	// A writer without deadlines is one without time limits.
	_ = control.SetReadDeadline(time.Time{})
	_ = control.SetWriteDeadline(time.Time{})
	w.Header().Set(cacheControl, noStore) // go-zero's says no-cache
	return &Events{w: w}
}

// Begun reports whether something has been sent, so that the status can change no more.
func (e *Events) Begun() bool { return e.begun }

// Send sends an event with a JSON document as its data. A client that opens the events
// anew names the ID of the last one that it has got.
func (e *Events) Send(name, id string, data any) error {
	body, err := e.encode(data)
	if err != nil {
		return fmt.Errorf("encode event %s: %w", name, err)
	}
	return e.write(fmt.Sprintf("id: %s\nevent: %s\ndata: %s\n\n", id, name, body))
}

// SendWire sends an event that stands as it is sent, as many clients are sent the same.
func (e *Events) SendWire(wire []byte) error {
	if e.waiter != nil && e.waiter.textIDs {
		wire = new(idScanner).append(nil, wire)
	}
	if e.begun && e.waiter != nil {
		if err := e.waiter.write(wire, comment); err != nil {
			return fmt.Errorf("send event: %w", err)
		}
		return nil
	}
	return e.write(string(wire))
}

// encode returns the data of an event. Through net/http the writer sees to the IDs.
func (e *Events) encode(data any) ([]byte, error) {
	if e.waiter != nil {
		return e.waiter.encode(data)
	}
	return json.Marshal(data)
}

// Alive sends a comment, by which both sides and whoever is between see that the
// connection lives.
func (e *Events) Alive() error { return e.write(comment) }

func (e *Events) write(text string) error {
	if !e.begun {
		reopen := leastReopen + rand.N(reopenSpread) //nolint:gosec // it spreads, and hides nothing
		text = fmt.Sprintf("retry: %d\n", reopen.Milliseconds()) + text
		if e.waiter != nil {
			text = eventsHead + text
		}
	}
	e.begun = true
	if err := e.send(text); err != nil {
		return fmt.Errorf("send event: %w", err)
	}
	return nil
}

func (e *Events) send(text string) error {
	if e.waiter != nil {
		return e.waiter.write([]byte(text), comment)
	}
	if _, err := e.w.Write([]byte(text)); err != nil {
		return err
	}
	return http.NewResponseController(e.w).Flush()
}
