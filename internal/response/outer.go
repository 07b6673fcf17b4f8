package response

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/klauspost/compress/gzhttp"
	"github.com/zeromicro/go-zero/rest/httpx"
)

const (
	// attemptsSuffix and batchSuffix end the paths that a rush calls. Answers to the first are
	// short; those to the second go to who is near.
	attemptsSuffix, batchSuffix = "/attempts", "/attempts/batch"
	// leastCompressed is the size, in bytes, from which an answer is compressed: below it
	// fits into one packet as it is.
	leastCompressed = 1024
)

// Outer is a router with what holds for every answer around it: unless its handler says
// otherwise nobody keeps it, neither a browser nor a proxy, since it tells of people and
// of this moment; a long one is compressed for who takes that; and the log has a line.
type Outer struct {
	httpx.Router

	compressed http.Handler
	access     bool
}

// NewOuter puts an Outer around inner. access says that requests are logged.
func NewOuter(inner httpx.Router, access bool) (Outer, error) {
	compress, err := gzhttp.NewWrapper(gzhttp.MinSize(leastCompressed), gzhttp.EnableZstd(false),
		gzhttp.ExceptContentTypes([]string{"text/event-stream"}))
	if err != nil {
		return Outer{}, fmt.Errorf("compress answers: %w", err)
	}
	return Outer{Router: inner, compressed: compress(inner), access: access}, nil
}

// ServeHTTP answers r.
func (o Outer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set(cacheControl, noStore)
	if !o.access {
		o.serve(w, r)
		return
	}
	line := begin(w)
	o.serve(line, line.note(r))
	line.log(r)
}

// serve compresses what is worth it. Events and answers that take their time leave at once
// or take the connection, and nobody's buffer may be between; a rush has no time for it.
func (o Outer) serve(w http.ResponseWriter, r *http.Request) {
	if slow(r.URL) || strings.HasSuffix(r.URL.Path, attemptsSuffix) || strings.HasSuffix(r.URL.Path, batchSuffix) {
		o.Router.ServeHTTP(w, r)
		return
	}
	o.compressed.ServeHTTP(w, r)
}
