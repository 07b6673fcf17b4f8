package response

import (
	"bufio"
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

	statusHeader = "Seckill-Status" // the status that an answer has; it does not leave the process
	contentType  = "Content-Type"
	jsonType     = "application/json; charset=utf-8"
)

// Router is go-zero's router with two things around it: the credentials of a
// request are hidden from go-zero's log, and an error that go-zero answers itself
// (404, 405, 413, the 503 of its timeout, breaker and shedder, the 500 after a
// panic, each empty or plain text) gets our body. Headers such as Allow stay.
type Router struct {
	httpx.Router
}

// NewRouter makes a Router, to be given to rest.WithRouter.
func NewRouter() Router { return Router{Router: router.NewRouter()} }

// ServeHTTP routes r.
func (s Router) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	writer := &errorWriter{ResponseWriter: w}
	// go-zero lets an answer take its time, and leaves it the connection, only if the
	// client says that it expects events, which not every client does.
	if slow(r.URL) {
		r.Header.Set("Accept", "text/event-stream")
	}
	s.Router.ServeHTTP(writer, auth.HideCredentials(r))
	writer.finish(r)
}

// slow reports whether an answer may take its time.
func slow(u *url.URL) bool {
	return strings.HasSuffix(u.Path, eventsSuffix) ||
		strings.HasSuffix(u.Path, resultSuffix) && strings.Contains(u.RawQuery, "wait=")
}

// errorWriter passes an answer through unless it is an error without a JSON body:
// of such a one it keeps the status alone.
type errorWriter struct {
	http.ResponseWriter
	decided  bool // the status has been set
	replaced int  // the status of the error to be answered by finish; 0 = passed through
}

// WriteHeader sets the status of the answer; like net/http, the first call counts.
func (e *errorWriter) WriteHeader(status int) {
	if e.decided {
		return
	}
	e.decided = true
	if meant, err := strconv.Atoi(e.Header().Get(statusHeader)); err == nil {
		e.Header().Del(statusHeader)
		status = meant
	}
	invite(e.Header(), status)
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

// Flush sends what has been written so far.
func (e *errorWriter) Flush() {
	if flusher, ok := e.ResponseWriter.(http.Flusher); ok && e.replaced == 0 {
		flusher.Flush()
	}
}

// Hijack gives the connection away, to whoever asks the writer itself and not its
// controller.
func (e *errorWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return http.NewResponseController(e.ResponseWriter).Hijack()
}

// Unwrap serves http.ResponseController.
func (e *errorWriter) Unwrap() http.ResponseWriter { return e.ResponseWriter }

// finish writes our body in place of the one that was held back.
func (e *errorWriter) finish(r *http.Request) {
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
