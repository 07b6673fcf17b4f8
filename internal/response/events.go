package response

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"time"
)

// eventsHead begins an answer of events on a connection that was taken from net/http; it
// lasts until the connection is closed.
const eventsHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n" +
	"X-Accel-Buffering: no\r\nConnection: close\r\n\r\n"

// Events writes server-sent events (WHATWG HTML, "Server-sent events").
type Events struct {
	conn  net.Conn            // nil where net/http has the connection
	w     http.ResponseWriter // nil where it has not
	begun bool
}

// NewEvents makes the events of one answer through net/http. The time limits of the
// server, made for answers of one piece, hold for it no longer.
func NewEvents(w http.ResponseWriter) *Events {
	control := http.NewResponseController(w)
	// A writer without deadlines is one without time limits.
	_ = control.SetReadDeadline(time.Time{})
	_ = control.SetWriteDeadline(time.Time{})
	return &Events{w: w}
}

// Begun reports whether something has been sent, so that the status can change no more.
func (e *Events) Begun() bool { return e.begun }

// Send sends an event with a JSON document as its data.
func (e *Events) Send(name string, data any) error {
	body, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("encode event %s: %w", name, err)
	}
	return e.write(fmt.Sprintf("event: %s\ndata: %s\n\n", name, body))
}

// Alive sends a comment, by which both sides and whoever is between see that the
// connection lives.
func (e *Events) Alive() error { return e.write(":\n\n") }

func (e *Events) write(text string) error {
	if e.conn != nil && !e.begun {
		text = eventsHead + text
	}
	e.begun = true
	if err := e.send(text); err != nil {
		return fmt.Errorf("send event: %w", err)
	}
	return nil
}

func (e *Events) send(text string) error {
	if e.conn != nil {
		return writeAll(e.conn, []byte(text))
	}
	if _, err := e.w.Write([]byte(text)); err != nil {
		return err
	}
	return http.NewResponseController(e.w).Flush()
}
