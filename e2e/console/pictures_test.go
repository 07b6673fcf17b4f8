package console

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestPictures takes the pictures of the documents into the folder that SECKILL_PICTURES names
// (make pictures): a sale in full swing, and what an operator looks at before and after.
func TestPictures(t *testing.T) {
	folder := os.Getenv("SECKILL_PICTURES")
	if folder == "" {
		t.Skip("SECKILL_PICTURES names no folder")
	}
	s := newSite(t, "")
	furnish(s)
	s.product(2010, 2000, "Phone 17")
	bought := make(chan struct{})
	go func() { // some forty seconds of a sale that grows and calms down again
		defer close(bought)
		user := int64(1)
		for second := range 40 {
			next := user + int64(10+3*min(second, 40-second))
			s.rush(2010, user, next)
			user = next + 1
			time.Sleep(time.Second) // the pace of the sale
		}
	}()
	for _, one := range []struct{ name, lang, theme, address string }{
		{"sales", "en", "light", "#/sales"},
		{"sale", "en", "light", "#/sales/2010"},
		{"sale-dark", "en", "dark", "#/sales/2010"},
		{"sale-zh", "zh", "light", "#/sales/2010"},
		{"books", "en", "light", "#/books/2010"},
		{"preflight", "en", "light", "#/preflight/2010"},
		{"dead-letters", "en", "light", "#/dead-letters"},
	} {
		b := s.open(1280, one.lang, one.theme)
		b.signIn(s.token("operator", time.Hour), one.address)
		b.see("main h1")
		if one.name == "sale" {
			<-bought
		}
		b.until("the page is settled", `!document.querySelector(".skeleton")`)
		b.writePicture(filepath.Join(folder, "console-"+one.name+".png"))
	}
}
