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
