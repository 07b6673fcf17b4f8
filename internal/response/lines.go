package response

import (
	"context"
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/zeromicro/go-zero/core/logx"
	"github.com/zeromicro/go-zero/rest/httpx"
)

// The types of answers of one row a line.
const (
	ndjsonType = "application/x-ndjson"
	csvType    = "text/csv"
	// exportSuffix ends the path of answers that are always of this kind.
	exportSuffix = "/export"
	// lineTimeout is how long a client may take for a part of such an answer.
	lineTimeout = 30 * time.Second
)

// refusedWeight is how Accept says that a type is not taken (RFC 9110, section 12.4.2).
var refusedWeight = regexp.MustCompile(`^0(\.0*)?$`)

// acceptKey finds what a client accepts, of a request whose header says something else.
type acceptKey struct{}

// endless reports whether an answer is of one row a line, as many as there are.
func endless(r *http.Request) bool {
	return strings.HasSuffix(r.URL.Path, exportSuffix) || accepts(r.Header.Values("Accept"), ndjsonType)
}

// keepAccept returns the request with what its client accepts, for AcceptsNDJSON and
// AcceptsCSV.
func keepAccept(r *http.Request) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), acceptKey{}, r.Header.Values("Accept")))
}

// AcceptsNDJSON reports whether a client asks for one JSON object a line.
func AcceptsNDJSON(r *http.Request) bool { return accepted(r, ndjsonType) }

// AcceptsCSV reports whether a client asks for CSV.
func AcceptsCSV(r *http.Request) bool { return accepted(r, csvType) }

func accepted(r *http.Request, mediaType string) bool {
	values, ok := r.Context().Value(acceptKey{}).([]string)
	if !ok {
		values = r.Header.Values("Accept")
	}
	return accepts(values, mediaType)
}

// accepts reports whether a type is named in the values of Accept, and not with q=0. A
// wildcard does not name it: who takes everything gets the usual answer.
func accepts(values []string, mediaType string) bool {
	named := func(value string) bool { return strings.Contains(strings.ToLower(value), mediaType) }
	if !slices.ContainsFunc(values, named) { // of nearly all requests, and all of a rush: without an allocation
		return false
	}
	for part := range strings.SplitSeq(strings.Join(values, ","), ",") {
		name, params, err := mime.ParseMediaType(part)
		if err == nil && name == mediaType && !refusedWeight.MatchString(params["q"]) {
			return true
		}
	}
	return false
}

// Lines writes an answer of one row a line, of any length, part by part.
type Lines struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

// NewNDJSON begins an answer of JSON objects.
func NewNDJSON(w http.ResponseWriter) *Lines { return newLines(w, ndjsonType) }

// NewCSV begins an answer of CSV, with a first row that names the columns.
func NewCSV(w http.ResponseWriter) *Lines {
	return newLines(w, csvType+"; charset=utf-8; header=present")
}

func newLines(w http.ResponseWriter, mediaType string) *Lines {
	l := &Lines{w: w, control: http.NewResponseController(w)}
	_ = l.control.SetReadDeadline(time.Time{}) // a writer without deadlines is one without time limits
	w.Header().Set(contentType, mediaType)
	return l
}

// Send sends a part: some whole lines.
func (l *Lines) Send(part []byte) error {
	_ = l.control.SetWriteDeadline(time.Now().Add(lineTimeout))
	if _, err := l.w.Write(part); err != nil {
		return fmt.Errorf("send lines: %w", err)
	}
	if err := l.control.Flush(); err != nil {
		return fmt.Errorf("send lines: %w", err)
	}
	return nil
}

// Break ends an answer that has begun and cannot be completed: the connection breaks, by
// which the client knows that there is more.
func (l *Lines) Break() { _ = l.control.SetWriteDeadline(time.Unix(1, 0)) }

// SendPart sends a part of an answer, unless the part could not be made.
type SendPart func(part []byte, err error) error

// SendLines answers a request with the lines that produce sends. An error before the first
// of them is answered as any other; later the connection breaks.
func SendLines(w http.ResponseWriter, r *http.Request, begin func(http.ResponseWriter) *Lines, produce func(send SendPart) error) {
	var lines *Lines
	err := produce(func(part []byte, err error) error {
		if err != nil {
			return err
		}
		if lines == nil {
			lines = begin(w)
		}
		return lines.Send(part)
	})
	switch {
	case err == nil:
	case lines == nil:
		httpx.ErrorCtx(r.Context(), w, err)
	default:
		lines.Break()
		logx.WithContext(r.Context()).Errorf("answer of lines broken off: %v", err)
	}
}
