package console

import (
	"strings"
	"testing"
	"time"
)

func TestSigningIn(t *testing.T) {
	s := newSite(t, "")
	b := s.open(1440, "en", "light")
	b.goTo("")
	b.read("h1", "Sign in")
	b.accessible("sign in")
	b.picture("sign-in")

	t.Log("what is no token, and one that is not signed by the service")
	b.fill("Access token", "nonsense")
	b.press("Sign in")
	b.read(".wrong", "three parts")
	b.expect("401")
	b.fill("Access token", s.token("operator", time.Hour)+"x")
	b.press("Sign in")
	b.read(".wrong", "does not accept")
	b.expect("403")
	b.fill("Access token", s.token("bff", time.Hour))
	b.press("Sign in")
	b.read(".wrong", "role is too small")
	b.accessible("sign in, refused")

	t.Log("by pasting it")
	b.fill("Access token", s.token("operator", time.Hour))
	b.press("Sign in")
	b.see("nav.pages")
	if held := string(b.eval("JSON.stringify({...sessionStorage}) + JSON.stringify({...localStorage}) + document.cookie")); strings.Contains(held, "eyJ") {
		t.Errorf("the browser keeps the token: %s", held)
	}
	b.goTo("")
	b.eval("location.reload()")
	b.read("h1", "Sign in")

	t.Log("kept in the tab when that is wished for")
	b.fill("Access token", s.token("viewer", time.Hour))
	b.eval(fieldOf("Stay signed in") + ".click()")
	b.press("Sign in")
	b.see("nav.pages")
	b.eval("location.reload()")
	b.see("nav.pages")
	b.goTo("#/settings")
	b.press("Sign out")
	b.read("h1", "Sign in")
	if held := string(b.eval("JSON.stringify({...sessionStorage})")); strings.Contains(held, "eyJ") {
		t.Errorf("the tab keeps the token: %s", held)
	}
}

func TestSigningInByTheAddress(t *testing.T) {
	s := newSite(t, "")
	b := s.open(1440, "en", "light")
	token := s.token("operator", time.Hour)
	b.goTo("#token=" + token)
	b.see("nav.pages")
	for what, expression := range map[string]string{
		"the address": "location.href", "the history": "JSON.stringify(history.state)", "what the browser keeps": "JSON.stringify({...sessionStorage})",
	} {
		if text := string(b.eval("String(" + expression + ")")); strings.Contains(text, token) || strings.Contains(text, "token") {
			t.Errorf("%s has the token: %s", what, text)
		}
	}
}

// TestATokenThatExpiresIsAskedForAgain: what was done so far is still there afterwards.
func TestATokenThatExpiresIsAskedForAgain(t *testing.T) {
	s := newSite(t, "")
	s.product(2001, 10, "Phone")
	b := s.open(1440, "en", "light")
	b.expect("401")
	b.signIn(s.token("operator", 20*time.Second), "#/sales/2001")
	b.press("Stock")
	b.fill("Why", "more have come")
	b.read("dialog[open] h2", "Sign in again")
	b.accessible("sign in again")
	b.picture("again")
	b.fill("Access token", s.token("operator", time.Hour))
	b.press("Sign in")
	b.until("the dialog before is back", `document.querySelectorAll("dialog[open]").length === 1`)
	if text := string(b.eval(fieldOf("Why") + ".value")); text != `"more have come"` {
		t.Errorf("what was typed before is %s", text)
	}
	b.fill("Units", "5")
	b.press("Add")
	b.read(".stats", "15")
}

// TestAViewerIsShownWhatHeMayNotDo: a button is there, disabled with the reason; and a call that is
// made all the same is refused by the service.
func TestAViewerIsShownWhatHeMayNotDo(t *testing.T) {
	s := newSite(t, "")
	s.product(2001, 10, "Phone")
	b := s.open(1440, "en", "light")
	b.signIn(s.token("viewer", time.Hour), "#/sales/2001")
	for _, act := range []string{"Pause", "Stock", "End"} {
		b.pressDisabled(act)
		b.read(".toasts", "role (viewer) may not")
		b.until("the reason is the button's description",
			`document.getElementById(`+buttonOf(act)+`.getAttribute("aria-describedby")).textContent.includes("may not")`)
	}
	if dialogs := string(b.eval(`document.querySelectorAll("dialog").length`)); dialogs != "0" {
		t.Errorf("%s dialogs are open", dialogs)
	}
	b.accessible("a sale, as a viewer")
	b.picture("viewer")
	b.expect("403")
	status := b.eval(`fetch("../admin/v1/products/2001/pause", {method: "POST", headers: {Authorization: "Bearer " + ` +
		quote(s.token("viewer", time.Hour)) + `}}).then((answer) => answer.status)`)
	if string(status) != "403" {
		t.Errorf("a forced call is answered %s", status)
	}
}
