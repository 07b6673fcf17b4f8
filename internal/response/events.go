package response

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Events writes server-sent events (WHATWG HTML, "Server-sent events").
type Events struct {
	w       http.ResponseWriter
	control *http.ResponseController
	begun   bool
}

// NewEvents makes the events of one answer. The time limits of the server, made for
// answers of one piece, hold for them no longer.
func NewEvents(w http.ResponseWriter) *Events {
	e := &Events{w: w, control: http.NewResponseController(w)}
	// A writer without deadlines is one without time limits.
	_ = e.control.SetReadDeadline(time.Time{})
	_ = e.control.SetWriteDeadline(time.Time{})
	return e
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
	e.begun = true
	if _, err := e.w.Write([]byte(text)); err != nil {
		return fmt.Errorf("send event: %w", err)
	}
	if err := e.control.Flush(); err != nil {
		return fmt.Errorf("send event: %w", err)
	}
	return nil
}
