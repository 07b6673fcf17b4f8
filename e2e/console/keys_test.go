package console

import (
	"testing"
	"time"
)

func TestKeys(t *testing.T) {
	s := newSite(t, "")
	b := s.open(1440, "en", "light")
	b.signIn(s.token("viewer", time.Hour), "#/settings")
	b.read("h1", "Settings")

	b.key("?")
	b.read("dialog[open] h2", "Keys")
	b.accessible("the map of keys")
	b.picture("keys")
	b.key("\x1b")
	b.until("Escape has closed it", `!document.querySelector("dialog[open]")`)

	b.key("g")
	b.key("s")
	b.read("h1", "Sales")
	b.until("the focus is on the page", `document.activeElement.matches("main, main *")`)
	b.key("/")
	b.until("the focus is in the search field", `document.activeElement.type === "search"`)
	b.key("g")
	b.key("p")
	b.until("keys are text in a field", `document.activeElement.value.endsWith("gp") && location.hash.startsWith("#/sales")`)

	b.eval(`document.activeElement.blur(), location.hash = "#/settings"`)
	b.read("h1", "Settings")
	b.eval(`document.querySelector("[value=off]").click()`)
	b.key("g")
	b.key("s")
	b.key("?")
	b.until("keys are off", `location.hash === "#/settings" && !document.querySelector("dialog[open]")`)
}

// TestTheLookIsTheViewersOwn: language, theme and density outlive a reload; the system's theme counts
// until another is chosen.
func TestTheLookIsTheViewersOwn(t *testing.T) {
	s := newSite(t, "")
	b := s.open(1440, "en", "dark")
	b.signIn(s.token("viewer", time.Hour), "#/settings")
	b.read("h1", "Settings")
	background := func() string { return string(b.eval(`getComputedStyle(document.documentElement).backgroundColor`)) }
	dark := background()
	b.prefer("light")
	if background() == dark {
		t.Error("the system's theme does not count")
	}
	b.eval(`document.querySelector("[value=dark]").click(), document.querySelector("[value=compact]").click(), document.querySelector("[value=zh]").click()`)
	b.read("h1", "设置")
	if background() != dark {
		t.Error("the chosen theme does not count")
	}
	b.eval("location.reload()")
	b.read("h1", "登录")
	b.accessible("sign in, in Chinese")
	b.picture("sign-in-zh")
	b.until("all is as it was", `document.documentElement.lang === "zh-Hans" && document.documentElement.dataset.theme === "dark" &&
		document.documentElement.dataset.density === "compact"`)
}
