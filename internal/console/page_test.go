package console

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// ask asks a page for a path, with headers by name and value.
func ask(t *testing.T, p *Page, target string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return w
}

func built(t *testing.T) *Page {
	t.Helper()
	p, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestBudget: the page is to be there at once, on any line.
func TestBudget(t *testing.T) {
	const kB = 1000
	sizes := map[string]int{}
	for name, f := range built(t).files {
		packed := f.forms[len(f.forms)-1].data
		for _, form := range f.forms {
			if form.encoding == "gzip" {
				packed = form.data
			}
		}
		sizes[path.Ext(name)] += len(packed)
		sizes["all"] += len(packed)
	}
	for kind, most := range map[string]int{".js": 90 * kB, ".css": 10 * kB, "all": 120 * kB} {
		if sizes[kind] == 0 || sizes[kind] > most {
			t.Errorf("%s: %d bytes, at most %d", kind, sizes[kind], most)
		}
	}
}

func TestEveryFileIsThereInEachEncoding(t *testing.T) {
	for name, f := range built(t).files {
		if len(f.forms) != len(encodings)+1 || f.kind == "" {
			t.Errorf("%s: %d forms, kind %q", name, len(f.forms), f.kind)
			continue
		}
		reader, err := gzip.NewReader(bytes.NewReader(f.forms[1].data))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if text, err := io.ReadAll(reader); err != nil || !bytes.Equal(text, f.forms[2].data) {
			t.Errorf("%s.gz is not %[1]s (%v)", name, err)
		}
	}
}

// TestThePageNamesItsFilesRelatively: it is served below any path.
func TestThePageNamesItsFilesRelatively(t *testing.T) {
	p := built(t)
	text := string(p.files[index].forms[len(encodings)].data)
	names := regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllStringSubmatch(text, -1)
	if len(names) < 3 {
		t.Errorf("the page names %v", names)
	}
	for _, name := range names {
		if _, found := p.files[strings.TrimPrefix(name[1], "./")]; !found || !strings.HasPrefix(name[1], "./assets/") {
			t.Errorf("the page names %s", name[1])
		}
	}
}

// TestNothingOfThePageNeedsMarkupMadeFromText: the policy would refuse it, in some corner that
// no test of a browser opens.
func TestNothingOfThePageNeedsMarkupMadeFromText(t *testing.T) {
	err := fs.WalkDir(dist, ".", func(name string, _ fs.DirEntry, _ error) error {
		if path.Ext(name) != ".js" {
			return nil
		}
		text, err := fs.ReadFile(dist, name)
		for _, word := range []string{"insertAdjacentHTML", "document.write", "new Function(", "eval(", "createContextualFragment"} {
			if bytes.Contains(text, []byte(word)) {
				t.Errorf("%s holds %s", name, word)
			}
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestHeaders(t *testing.T) {
	p := built(t)
	for _, target := range []string{"/console", "/console/", "/console/index.html", "/console/nowhere"} {
		answer := ask(t, p, target)
		for name, want := range headers {
			if got := answer.Header().Get(name); got != want {
				t.Errorf("%s: %s is %q", target, name, got)
			}
		}
	}
	policy := headers["Content-Security-Policy"]
	for _, part := range []string{"default-src 'none'", "script-src 'self';", "frame-ancestors 'none'", "trusted-types 'none'"} {
		if !strings.Contains(policy, part) {
			t.Errorf("the policy lacks %s", part)
		}
	}
}

func TestWithoutTheSlashThePageIsRedirectedRelatively(t *testing.T) {
	answer := ask(t, built(t), "/console")
	if answer.Code != http.StatusFound || answer.Header().Get("Location") != "console/" {
		t.Errorf("%d to %q", answer.Code, answer.Header().Get("Location"))
	}
}

func small(t *testing.T) *Page {
	t.Helper()
	p, err := read(fstest.MapFS{
		"index.html": {Data: []byte("the page")}, "index.html.gz": {Data: []byte("gz")}, "index.html.br": {Data: []byte("br")},
		"assets/a-1.js": {Data: []byte("a script")}, "assets/a-1.js.gz": {Data: []byte("gz")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestTheClientChoosesTheEncoding(t *testing.T) {
	p := small(t)
	for accepted, want := range map[string]string{
		"":                          "",
		"gzip":                      "gzip",
		"gzip, deflate, br":         "br",
		"GZIP;q=0.5":                "gzip",
		"br;q=0, gzip;q=0.1":        "gzip",
		"br;q=0, *":                 "gzip",
		"*;q=0":                     "",
		"*":                         "br",
		"identity":                  "",
		"br ; q=0.000, gzip ; q=0.": "",
	} {
		answer := ask(t, p, "/console/", "Accept-Encoding", accepted)
		length := strconv.Itoa(answer.Body.Len())
		if got := answer.Header().Get("Content-Encoding"); got != want || answer.Header().Get("Content-Length") != length {
			t.Errorf("Accept-Encoding %q: %q, %v", accepted, got, answer.Header())
		}
		if answer.Header().Get("Vary") != "Accept-Encoding" {
			t.Errorf("Accept-Encoding %q: Vary is %q", accepted, answer.Header().Get("Vary"))
		}
	}
}

func TestBrowsersKeepWhatCannotChange(t *testing.T) {
	p := small(t)
	for target, want := range map[string]string{"/console/": askAgain, "/console/assets/a-1.js": forever} {
		if got := ask(t, p, target).Header().Get("Cache-Control"); got != want {
			t.Errorf("%s: %q", target, got)
		}
	}
}

func TestWhoHasThePageIsNotSentIt(t *testing.T) {
	p := small(t)
	plain, packed := ask(t, p, "/console/").Header().Get("ETag"), ask(t, p, "/console/", "Accept-Encoding", "br").Header().Get("ETag")
	if plain == packed {
		t.Errorf("both encodings have the tag %s", plain)
	}
	for held, want := range map[string]int{
		plain: http.StatusNotModified, "W/" + plain: http.StatusNotModified, `"other", ` + plain: http.StatusNotModified,
		"*": http.StatusNotModified, packed: http.StatusOK, `"other"`: http.StatusOK,
	} {
		answer := ask(t, p, "/console/", "If-None-Match", held)
		if answer.Code != want || (answer.Body.Len() == 0) != (want == http.StatusNotModified) {
			t.Errorf("If-None-Match %s: %d %q", held, answer.Code, answer.Body)
		}
	}
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	p := small(t)
	for _, target := range []string{"/console/assets", "/console/assets/", "/console/index.html.gz", "/console/../x", "/console/a"} {
		if answer := ask(t, p, target); answer.Code != http.StatusNotFound {
			t.Errorf("%s: %d", target, answer.Code)
		}
	}
}

func TestAPageWithoutAnIndexIsNone(t *testing.T) {
	if _, err := read(fstest.MapFS{"assets/a.js": {}}); err == nil {
		t.Error("it is read")
	}
}
