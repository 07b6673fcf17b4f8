package console

import (
	"testing"
	"time"
)

// TestRedisStopsWhileThePageIsOpen: what cannot be known is left out or said to be old, never shown
// as if it held now; and the page recovers by itself.
func TestRedisStopsWhileThePageIsOpen(t *testing.T) {
	s := newSite(t, "")
	s.product(2001, 50, "Phone")
	s.rush(2001, 1, 20)
	b := s.open(1440, "en", "light")
	b.expect("503", "Failed to load resource")
	b.signIn(s.token("operator", time.Hour), "#/sales/2001")
	b.until("the sale is shown", `[...document.querySelectorAll(".stat")].some((e) => /^Left in the gate\s+30/.test(e.innerText))`)

	if err := s.redis.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.until("the gate's number is gone, or said to be old", `document.querySelector(".stats.stale, .as-of") ||
		[...document.querySelectorAll(".stat")].some((e) => /^Left in the gate\s+–/.test(e.innerText))`)
	b.until("it says what is wrong", `/Redis cannot be looked at|The connection is lost/.test(document.querySelector("main").innerText)`)
	b.accessible("a sale while Redis is away")
	b.picture("away")

	if err := s.redis.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.until("the gate's number is back", `[...document.querySelectorAll(".stat")].some((e) => /^Left in the gate\s+30/.test(e.innerText))`)
	b.until("nothing is said to be old", `!document.querySelector(".stats.stale, .as-of") &&
		!/Redis cannot be looked at|The connection is lost/.test(document.querySelector("main").innerText)`)
}

// TestTheServiceIsGoneWhileThePageIsOpen: the numbers turn old, with their time, and the page goes on
// once a service answers at its address again.
func TestTheServiceIsGoneWhileThePageIsOpen(t *testing.T) {
	s := newSite(t, "")
	s.product(2001, 50, "Phone")
	b := s.open(1440, "en", "dark")
	b.expect("ERR_CONNECTION", "Failed to load resource", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_EMPTY_RESPONSE")
	b.signIn(s.token("operator", time.Hour), "#/sales/2001")
	b.read(".stat", "50")
	s.kill()
	b.see(".stats.stale")
	b.read(".as-of", "as of ")
	b.read("main", "The connection is lost")
	b.accessible("a sale while the service is away")
	b.picture("gone")
	s.start()
	b.until("the numbers are live again", `document.querySelector(".stats") && !document.querySelector(".stats.stale, .as-of")`)
	b.read(".stat", "50")
}
