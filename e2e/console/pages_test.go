package console

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"seckill/internal/servertest"
)

// addresses are those of the pages that everybody can open, with the name of their pictures. What
// has an ID is of the product that furnish makes; LETTER
// stands for the ID of a dead letter.
var addresses = []struct{ name, address string }{
	{"sales", "#/sales"},
	{"sale", "#/sales/2001"},
	{"books", "#/books"},
	{"books-of-one", "#/books/2001"},
	{"products", "#/products"},
	{"product", "#/products/2001"},
	{"product-new", "#/products/new"},
	{"preflight", "#/preflight"},
	{"attempts", "#/attempts"},
	{"attempts-found", "#/attempts?userId=7"},
	{"streams", "#/streams"},
	{"stream", "#/streams/2001"},
	{"dead-letters", "#/dead-letters"},
	{"dead-letter", "#/dead-letters/LETTER"},
	{"audit", "#/audit"},
	{"runbooks", "#/runbooks"},
	{"runbook", "#/runbooks/SeckillRedisDown"},
	{"settings", "#/settings"},
	{"nowhere", "#/nowhere"},
}

// furnish fills a service with what pages show: products of each kind and state, results,
// orders, dead letters.
func furnish(s *site) {
	s.t.Helper()
	s.product(2001, 100, "Phone")
	s.product(2002, 3, "Headphones, sold out")
	s.product(2003, 50, "Watch, paused")
	operator, bff := s.api("operator"), s.api("bff")
	for user := range int64(40) {
		if _, err := bff.Attempt(s.t.Context(), 2001, user+1, ""); err != nil {
			s.t.Fatal(err)
		}
		_, _ = bff.Attempt(s.t.Context(), 2002, user+1, "") // sold out after three
	}
	if _, err := operator.PauseProduct(s.t.Context(), 2003); err != nil {
		s.t.Fatal(err)
	}
	s.spoil(2001, "uid", "12a")
	s.spoil(2001, "uid", "-7", "ts", "1700000000")
}

// TestEveryPage opens each page in both languages, both themes, narrow and wide, and looks for
// what axe, the policy and the console complain of, and for what sticks out.
func TestEveryPage(t *testing.T) {
	s := newSite(t, "Products: [1]")
	furnish(s)
	letter := strconv.Itoa(servertest.Count(t, s.pool, "SELECT min(id) FROM seckill_dead_letters"))
	for _, lang := range []string{"en", "zh"} {
		for _, width := range []int64{1440, 320} {
			t.Run(fmt.Sprintf("%s-%d", lang, width), func(t *testing.T) {
				b := s.in(t).open(width, lang, "light")
				b.signIn(s.token("operator", time.Hour), "#/settings")
				for _, page := range addresses {
					b.visit(page.name, strings.Replace(page.address, "LETTER", letter, 1), lang, width)
				}
			})
		}
	}
}

// in returns the site for a subtest.
func (s *site) in(t *testing.T) *site {
	copied := *s
	copied.t = t
	return &copied
}

// visit goes to a page and judges it in both themes.
func (b *tab) visit(name, address, lang string, width int64) {
	b.t.Helper()
	b.eval("location.hash = " + quote(address))
	b.see("main h1, main .empty")
	b.until(name+" is settled", `!document.querySelector(".skeleton") && document.readyState === "complete"`)
	for _, theme := range []string{"light", "dark"} {
		b.prefer(theme)
		if (lang == "en") == (width > 1000) { // each language once, each width once
			b.accessible(fmt.Sprintf("%s in %s", name, theme))
		}
		b.picture(fmt.Sprintf("%s-%s", name, theme))
	}
	if wide := string(b.eval("document.documentElement.scrollWidth > innerWidth")); wide == "true" {
		b.t.Errorf("%s is wider than %d px", name, width)
	}
	if lang == "zh" && string(b.eval(`/\p{Script=Han}/u.test(document.querySelector("main").innerText)`)) != "true" {
		b.t.Errorf("%s is not in Chinese: %s", name, b.text("main"))
	}
	b.check()
	if b.t.Failed() && os.Getenv("SECKILL_LOOK") != "" {
		b.writePicture(filepath.Join(os.Getenv("SECKILL_LOOK"), "failed-"+name+".png"))
	}
}
