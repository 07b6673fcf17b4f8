package console

import (
	"strings"
	"testing"
	"time"
)

// TestTheWatchSeesWhatMustNotBe does on a page what pages must not do, and expects the browser to
// refuse it and the watch to tell of it.
func TestTheWatchSeesWhatMustNotBe(t *testing.T) {
	s := newSite(t, "")
	b := s.open(1440, "en", "light")
	b.signIn(s.token("viewer", time.Hour), "#/settings")
	b.read("h1", "Settings")
	b.check()
	for act, told := range map[string]string{
		`console.error("something is wrong")`:                                                 "something is wrong",
		`document.body.setAttribute("style", "margin: 1px")`:                                  "style-src",
		`try { document.body.innerHTML = "<p>text</p>" } catch {}`:                            "trusted-types",
		`try { document.createElement("script").text = "1" } catch {}`:                        "trusted-types",
		`fetch("http://127.0.0.1:1/elsewhere").catch(() => 0)`:                                "connect-src",
		`document.body.append(Object.assign(new Image(), {src: "http://127.0.0.1:1/x.png"}))`: "img-src",
		`setTimeout(() => { throw new Error("thrown in the page") })`:                         "thrown in the page",
	} {
		b.expect(told)
		b.eval(act + "; 0")
		heard := func() bool {
			b.mu.Lock()
			defer b.mu.Unlock()
			return strings.Contains(strings.Join(b.found, "\n"), told)
		}
		b.wait("the watch tells of "+act, heard)
	}
	b.expect("The action has been blocked", "violates the following Content Security Policy", "Failed to fetch", "elsewhere", "x.png")
}

// wait waits for something that is not on the page.
func (b *tab) wait(what string, condition func() bool) {
	b.t.Helper()
	for deadline := time.Now().Add(waitTime); !condition(); {
		if time.Now().After(deadline) {
			b.t.Errorf("not within %v: %s", waitTime, what)
			return
		}
		time.Sleep(20 * time.Millisecond) // the pause between two looks
	}
}
