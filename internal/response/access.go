package response

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/zeromicro/go-zero/core/logx"
	"github.com/zeromicro/go-zero/rest/httpx"
)

const (
	// slowAnswer is how long an answer may take until the log says so.
	slowAnswer = 500 * time.Millisecond
	// longestPath and longestAgent are the most bytes of them that the log shows.
	longestPath, longestAgent = 512, 128
)

// accessLine is the line of one request in the log. It stands in for go-zero's, which logs
// each refusal, and a 5xx with the whole request: while Redis is away, or when all is sold
// out, that would be most of what the service does.
type accessLine struct {
	http.ResponseWriter
	began  time.Time
	status int

	mu   sync.Mutex // a handler that has not ended in time may still tell
	told told
}

// told is what the handler of a request has its line tell.
type told struct {
	quiet              bool // there is to be no line: an attempt was refused, or a page was asked for
	attempts, admitted int  // of a batch
}

func begin(w http.ResponseWriter) *accessLine {
	return &accessLine{ResponseWriter: w, began: time.Now(), status: http.StatusOK}
}

// lineKey finds the line of a request in its context.
type lineKey struct{}

// note returns the request with its line.
func (a *accessLine) note(r *http.Request) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), lineKey{}, a))
}

// NoLine has a request leave no line in the log.
func NoLine(r *http.Request) { tell(r, told{quiet: true}) }

// Attempts has the line of a request count the attempts that it was of, and those of them
// that were admitted. As of one attempt there is no line when all were refused.
func Attempts(r *http.Request, made, admitted int) {
	tell(r, told{quiet: admitted == 0, attempts: made, admitted: admitted})
}

func tell(r *http.Request, what told) {
	if line, ok := r.Context().Value(lineKey{}).(*accessLine); ok {
		line.mu.Lock()
		line.told = what
		line.mu.Unlock()
	}
}

// WriteHeader notes the status.
func (a *accessLine) WriteHeader(status int) {
	if status >= http.StatusOK {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

// Flush sends what has been written so far.
func (a *accessLine) Flush() { _ = http.NewResponseController(a.ResponseWriter).Flush() }

// Hijack gives the connection away.
func (a *accessLine) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return http.NewResponseController(a.ResponseWriter).Hijack()
}

// Unwrap serves http.ResponseController.
func (a *accessLine) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// busy thins the lines of requests that are turned away by the service as a whole.
var busy thinned

// log writes the line, in the form that go-zero's has.
func (a *accessLine) log(r *http.Request) {
	a.mu.Lock()
	told := a.told
	a.mu.Unlock()
	if told.quiet {
		return
	}
	more := 0
	if a.status == http.StatusServiceUnavailable || a.status == http.StatusTooManyRequests {
		var due bool
		if more, due = busy.due(time.Now()); !due {
			return
		}
	}
	took := time.Since(a.began)
	logger := logx.WithContext(r.Context()).WithDuration(took)
	// The trace began behind us; its ID stands in the answer (W3C Trace Context).
	if parts := strings.Split(a.Header().Get("Traceparent"), "-"); len(parts) == 4 {
		logger = logger.WithFields(logx.Field("trace", parts[1]), logx.Field("span", parts[2]))
	}
	form := "[HTTP] %d - %s %s - %s - %s"
	args := []any{
		a.status, cut(r.Method, longestMethod), cut(r.RequestURI, longestPath),
		cut(httpx.GetRemoteAddr(r), longestLogged), cut(r.UserAgent(), longestAgent),
	}
	if told.attempts > 0 {
		form, args = form+" - %d attempts, %d admitted", append(args, told.attempts, told.admitted)
	}
	switch {
	case more > 0:
		logger.Infof(form+" (and %d more were turned away)", append(args, more)...)
	case a.status >= http.StatusInternalServerError:
		logger.Errorf(form, args...)
	case took > slowAnswer && !slow(r.URL):
		logger.Slowf(form+" - slowcall", args...)
	default:
		logger.Infof(form, args...)
	}
}

// thinned lets one line a second through, and counts the others.
type thinned struct {
	mu      sync.Mutex
	last    time.Time
	dropped int
}

// due reports whether a line is to be written at now, and how many were not since the last.
func (t *thinned) due(now time.Time) (dropped int, due bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.last.IsZero() && now.Sub(t.last) < time.Second {
		t.dropped++
		return 0, false
	}
	dropped, t.dropped, t.last = t.dropped, 0, now
	return dropped, true
}
