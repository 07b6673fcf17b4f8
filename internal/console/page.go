package console

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed dist
var dist embed.FS

const (
	// folder is where the page is served, with a slash behind it.
	folder = "/console/"
	// index is the file of the page itself.
	index = "index.html"
	// hashed are the files whose names change with what is in them.
	hashed = "assets/"

	forever   = "public, max-age=31536000, immutable"
	askAgain  = "no-cache"
	tagLength = 16 // bytes of a hash; enough to tell versions apart
)

// headers of every answer. The page takes nothing from elsewhere, sends nothing elsewhere,
// and cannot be framed; its scripts cannot make markup out of text. Permissions leave out
// clipboard-write, by which a button copies an ID.
var headers = map[string]string{
	"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
		"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
		"require-trusted-types-for 'script'; trusted-types 'none'",
	"X-Content-Type-Options":       "nosniff",
	"Referrer-Policy":              "no-referrer",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Permissions-Policy": "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), " +
		"fullscreen=(), geolocation=(), gyroscope=(), hid=(), magnetometer=(), microphone=(), midi=(), payment=(), " +
		"picture-in-picture=(), publickey-credentials-get=(), screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()",
}

// Page is the built page.
type Page struct {
	files map[string]file // by path below the folder
}

// file is one file of the page, in each encoding that there is.
type file struct {
	kind  string // Content-Type
	cache string // Cache-Control
	tag   string // of the content, for an ETag
	forms []form // the shortest first; the last is the file as it is
}

// form is a file in one encoding.
type form struct {
	encoding string // Content-Encoding; "" = as it is
	data     []byte
}

// kinds are the Content-Types, by the end of the name; the system's own table may be anything.
var kinds = map[string]string{
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".svg":  "image/svg+xml",
	".txt":  "text/plain; charset=utf-8",
}

// encodings are those in which the build writes its files, the better first.
var encodings = []struct{ name, suffix string }{{"br", ".br"}, {"gzip", ".gz"}}

// New reads the page that is in the binary.
func New() (*Page, error) {
	built, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil, fmt.Errorf("open the console: %w", err)
	}
	return read(built)
}

// read reads a page that was built into a folder.
func read(built fs.FS) (*Page, error) {
	p := &Page{files: map[string]file{}}
	err := fs.WalkDir(built, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || isPacked(name) {
			return err
		}
		p.files[name], err = readFile(built, name)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the console: %w", err)
	}
	if _, found := p.files[index]; !found {
		return nil, fmt.Errorf("read the console: %s is not there", index)
	}
	return p, nil
}

// isPacked reports whether a file is another one, compressed.
func isPacked(name string) bool {
	for _, encoding := range encodings {
		if strings.HasSuffix(name, encoding.suffix) {
			return true
		}
	}
	return false
}

// readFile reads a file and what the build has compressed beside it.
func readFile(built fs.FS, name string) (file, error) {
	data, err := fs.ReadFile(built, name)
	if err != nil {
		return file{}, fmt.Errorf("read %s: %w", name, err)
	}
	hash := sha256.Sum256(data)
	f := file{kind: kinds[path.Ext(name)], cache: askAgain, tag: hex.EncodeToString(hash[:tagLength])}
	if strings.HasPrefix(name, hashed) {
		f.cache = forever
	}
	for _, encoding := range encodings {
		if packed, err := fs.ReadFile(built, name+encoding.suffix); err == nil {
			f.forms = append(f.forms, form{encoding.name, packed})
		}
	}
	f.forms = append(f.forms, form{"", data})
	return f, nil
}

// ServeHTTP answers GET and HEAD of the page and its files.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for name, value := range headers {
		w.Header().Set(name, value)
	}
	name, below := strings.CutPrefix(r.URL.Path, folder)
	if !below {
		// Relative, as only the client knows what stands in front of our path.
		w.Header().Set("Location", strings.TrimPrefix(folder, "/"))
		w.WriteHeader(http.StatusFound)
		return
	}
	if name == "" {
		name = index
	}
	f, found := p.files[name]
	if !found {
		http.NotFound(w, r)
		return
	}
	f.serve(w, r)
}

// serve answers with the form that the client takes, or that it has it already.
func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	sent := f.forms[len(f.forms)-1]
	for _, candidate := range f.forms {
		if accepts(r.Header.Values("Accept-Encoding"), candidate.encoding) {
			sent = candidate
			break
		}
	}
	header := w.Header()
	tag := strconv.Quote(strings.TrimSuffix(f.tag+"-"+sent.encoding, "-"))
	header.Set("Cache-Control", f.cache)
	header.Set("Vary", "Accept-Encoding")
	header.Set("ETag", tag)
	if holds(r.Header.Values("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Content-Type", f.kind)
	header.Set("Content-Length", strconv.Itoa(len(sent.data)))
	if sent.encoding != "" {
		header.Set("Content-Encoding", sent.encoding)
	}
	_, _ = w.Write(sent.data) // a client that has gone is nobody's concern
}
