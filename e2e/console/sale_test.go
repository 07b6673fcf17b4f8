package console

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"seckill/internal/servertest"
)

// rush has users from … to try to buy a unit each, several at a time.
func (s *site) rush(product, from, to int64) {
	s.t.Helper()
	const buyers = 8
	shop := s.api("bff")
	var all sync.WaitGroup
	for buyer := range int64(buyers) {
		all.Go(func() {
			for user := from + buyer; user <= to; user += buyers {
				_, _ = shop.Attempt(s.t.Context(), product, user, "") // many are refused
			}
		})
	}
	all.Wait()
}

// rowsOf is the table of a chart, which has the numbers that its lines have: for each row the last
// cell of the column of a name.
func rowsOf(chart, column string) string {
	return fmt.Sprintf(`(() => {
		const table = [...document.querySelectorAll("figure table")].find((e) => e.caption.textContent === %s);
		const at = [...table.tHead.rows[0].cells].findIndex((e) => e.textContent === %s);
		return [...table.tBodies[0].rows].map((row) => row.cells[at].textContent);
	})()`, quote(chart), quote(column))
}

// TestASaleBurnsDown watches a real rush from the first unit to the last.
func TestASaleBurnsDown(t *testing.T) {
	s := newSite(t, "")
	s.product(2001, 300, "Phone")
	b := s.open(1440, "en", "light")
	b.signIn(s.token("operator", time.Hour), "#/sales/2001")
	b.read(".stat", "300")
	b.read("h1", "Phone")
	s.rush(2001, 1, 500)
	b.until("all is sold", `[...document.querySelectorAll(".stat")].some((e) => /^Sold\s+300/.test(e.innerText)) &&
		[...document.querySelectorAll(".stat")].some((e) => /^Left in the gate\s+0/.test(e.innerText))`)
	b.read(".stat", "Sold out")
	b.read("figcaption", "Left in PostgreSQL")
	b.until("the chart has come down to 0", rowsOf("Stock", "Left in PostgreSQL")+`.length > 0 &&
		[...document.querySelectorAll("figure figcaption")].some((e) => /Left in PostgreSQL\s*0\b/.test(e.innerText))`)
	b.until("refusals of the rush are seen", rowsOf("Attempts a second, by outcome", "Sold out")+".length > 0")
	if drawn := string(b.eval(`[...document.querySelectorAll("figure canvas")].length`)); drawn != "5" {
		t.Errorf("%s charts are drawn", drawn)
	}
	b.accessible("a sale that is sold out")
	b.picture("sold-out")
	b.goToHash("#/sales")
	b.read(".sale-card", "Sold out")
	b.picture("sales")
}

// TestWhatIsDoneToASale: pause, resume, stock and end, each seen on the page and in the books.
func TestWhatIsDoneToASale(t *testing.T) {
	s := newSite(t, "")
	s.product(2001, 10, "Phone")
	b := s.open(1440, "en", "light")
	b.signIn(s.token("operator", time.Hour), "#/sales/2001")
	status := func() string {
		p, err := s.api("viewer").Product(t.Context(), 2001)
		if err != nil {
			t.Fatal(err)
		}
		return string(p.Status)
	}
	b.press("Pause")
	b.read("dialog[open]", "Pause Phone?")
	b.accessible("the question before a pause")
	b.press("Pause")
	b.read(".badge", "Paused")
	servertest.Eventually(t, "the product is paused", func() bool { return status() == "PAUSED" })
	b.until("a paused sale is not paused again", buttonOf("Pause")+`.getAttribute("aria-disabled") === "true"`)
	b.press("Resume")
	b.read("dialog[open]", "Resume")
	b.press("Resume")
	b.read(".badge", "On sale")

	b.press("Stock")
	b.fill("Units", "7")
	b.fill("Why", "a second pallet")
	b.picture("stock")
	b.accessible("the question before a change of stock")
	b.press("Add")
	b.read(".stats", "17")

	b.press("End")
	b.fill("Type 2001", "200")
	b.pressDisabled("End")
	if status() != "ACTIVE" {
		t.Error("it is ended without its number")
	}
	b.fill("Type 2001", "2001")
	b.press("End")
	b.read(".badge", "Ended")
	if status() != "ENDED" {
		t.Errorf("the product is %s", status())
	}
	b.read("main", "a second pallet")
	b.accessible("an ended sale")
	b.picture("ended")
}
