package response

import (
	"bufio"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"seckill/internal/auth"

	"github.com/zeromicro/go-zero/core/logx"
	"github.com/zeromicro/go-zero/rest/httpx"
	"github.com/zeromicro/go-zero/rest/router"
)

const (
	eventsSuffix = "/result/events" // ends the paths that answer with events
	resultSuffix = "/result"        // ends the paths that may be asked to wait
	liveSuffix   = "/live"          // ends the paths that answer with a sample each second

	statusHeader = "Seckill-Status" // the status that an answer has; it does not leave the process
	contentType  = "Content-Type"
	cacheControl = "Cache-Control"
	noStore      = "no-store"
	jsonType     = "application/json; charset=utf-8"

	retryAfterHeader = "Retry-After"
)

// Router is go-zero's router with a few things around it:
//   - what of a request is secret or long is hidden from go-zero's log;
//   - HEAD is answered as GET is, without a body;
//   - an error that go-zero answers itself (404, 405, 413, the 503 of its timeout, breaker
//     and shedder, the 500 after a panic, each empty or plain text) gets our body. Headers
//     such as Allow stay;
//   - IDs are text where the client asks for that;
//   - while the process ends, each answer is the last of its connection, so that whoever
//     keeps connections for later takes them elsewhere.
type Router struct {
	httpx.Router

	closing func() bool
	cors    bool
}

// NewRouter makes a Router, to be given to rest.WithRouter. closing reports whether the
// process ends. cors says that go-zero adds the headers of CORS to answers: those to
// browsers are then written by net/http, which knows them, also if they take long.
func NewRouter(closing func() bool, cors bool) Router {
	return Router{Router: router.NewRouter(), closing: closing, cors: cors}
}

// ServeHTTP routes r.
func (s Router) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	writer := &errorWriter{ResponseWriter: w, closing: s.closing, keep: s.cors && r.Header.Get("Origin") != ""}
	given := auth.HideCredentials(r)
	abridge(given)
	textIDs, err := wantsTextIDs(r.URL)
	if err != nil {
		httpx.ErrorCtx(r.Context(), writer, err)
		writer.finish(given)
		return
	}
	if textIDs {
		writer.ResponseWriter = &idWriter{ResponseWriter: w}
	}
	if r.Method == http.MethodHead {
		var cancel context.CancelFunc
		given, cancel = asGet(given)
		defer cancel()
		writer.head, writer.keep = cancel, true
	}
	// go-zero lets an answer take its time, and leaves it the connection, only if the
	// client says that it expects events, which not every client does.
	if endless(given) {
		given = keepAccept(given)
		given.Header.Set("Accept", "text/event-stream")
	} else if slow(r.URL) {
		given.Header.Set("Accept", "text/event-stream")
	}
	s.Router.ServeHTTP(writer, given)
	writer.finish(given)
}

// slow reports whether an answer may take its time.
func slow(u *url.URL) bool {
	return strings.HasSuffix(u.Path, eventsSuffix) || strings.HasSuffix(u.Path, liveSuffix) ||
		strings.HasSuffix(u.Path, resultSuffix) && strings.Contains(u.RawQuery, "wait=")
}

// errorWriter passes an answer through unless it is an error without a JSON body:
// of such a one it keeps the status alone.
type errorWriter struct {
	http.ResponseWriter
	closing  func() bool        // see Router
	head     context.CancelFunc // ends what answers a HEAD; nil for every other method
	keep     bool               // the connection is not given away
	decided  bool               // the status has been set
	replaced int                // the status of the error to be answered by finish; 0 = passed through
}

// WriteHeader sets the status of the answer; like net/http, the first call counts.
func (e *errorWriter) WriteHeader(status int) {
	if e.decided {
		return
	}
	e.decided = true
	e.setConnection()
	if status == http.StatusMethodNotAllowed {
		allowHead(e.Header())
	}
	if meant, err := strconv.Atoi(e.Header().Get(statusHeader)); err == nil {
		e.Header().Del(statusHeader)
		status = meant
	}
	if status == http.StatusServiceUnavailable && e.Header().Get(retryAfterHeader) == "" {
		e.Header().Set(retryAfterHeader, retryAfter())
	}
	if status >= http.StatusBadRequest && !strings.HasPrefix(e.Header().Get(contentType), "application/json") {
		e.replaced = status
		return
	}
	e.ResponseWriter.WriteHeader(status)
}

// Write writes a part of the body.
func (e *errorWriter) Write(p []byte) (int, error) {
	if !e.decided {
		e.WriteHeader(http.StatusOK)
	}
	if e.replaced != 0 {
		return len(p), nil
	}
	return e.ResponseWriter.Write(p)
}

// setConnection says that the answer is the connection's last, if it is.
func (e *errorWriter) setConnection() {
	if e.closing() {
		e.Header().Set("Connection", "close")
	}
}

// Flush sends what has been written so far. To a HEAD that is all: what else would come
// has no end.
func (e *errorWriter) Flush() {
	if e.head != nil {
		e.head()
	}
	if flusher, ok := e.ResponseWriter.(http.Flusher); ok && e.replaced == 0 {
		flusher.Flush()
	}
}

// Hijack gives the connection away, to whoever asks the writer itself and not its
// controller.
func (e *errorWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if e.keep { // who takes the connection writes a body, and no header but its own
		return nil, nil, http.ErrNotSupported
	}
	return http.NewResponseController(e.ResponseWriter).Hijack()
}

// Unwrap serves http.ResponseController.
func (e *errorWriter) Unwrap() http.ResponseWriter { return e.ResponseWriter }

// finish writes our body in place of the one that was held back.
func (e *errorWriter) finish(r *http.Request) {
	if !e.decided {
		e.setConnection()
	}
	if e.replaced == 0 {
		return
	}
	body, err := json.Marshal(bodyOf(e.replaced))
	if err != nil {
		logx.WithContext(r.Context()).Errorf("write error body: %v", err)
	}
	e.Header().Set(contentType, jsonType)
	e.Header().Del("Content-Length")
	e.ResponseWriter.WriteHeader(e.replaced)
	if _, err := e.ResponseWriter.Write(body); err != nil {
		logx.WithContext(r.Context()).Infof("write error body: %v", err)
	}
}
