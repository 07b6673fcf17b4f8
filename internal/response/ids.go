package response

import (
	"net/http"
	"net/url"
	"strings"

	"seckill/internal/openapi"
	"seckill/internal/request"
	"seckill/internal/seckill"
)

// longestIDName is the length, in bytes, of the longest name that can be one of an ID.
const longestIDName = 64

// wantsTextIDs reports whether every ID of the answer is to be text, as a JavaScript client
// needs it: its numbers are exact up to 2^53 only. Asked for anything else, it fails with
// CodeInvalidArgument.
func wantsTextIDs(u *url.URL) (bool, error) {
	if !strings.Contains(u.RawQuery, request.IDsParameter+"=") { // of most requests, and all of a rush
		return false, nil
	}
	values := u.Query()[request.IDsParameter]
	for _, value := range values {
		if value != "string" {
			return false, seckill.Errorf(seckill.CodeInvalidArgument, "ids must be string, or left out")
		}
	}
	return len(values) > 0, nil
}

// idWriter writes the IDs of an answer as text, whatever it is made of: one JSON document,
// one a line, or events. CSV has only text.
type idWriter struct {
	http.ResponseWriter

	ids idScanner
	out []byte
}

// WriteHeader sets the status of the answer. Its length is another one than was meant.
func (w *idWriter) WriteHeader(status int) {
	w.Header().Del("Content-Length")
	w.ResponseWriter.WriteHeader(status)
}

// Write writes a part of the body.
func (w *idWriter) Write(p []byte) (int, error) {
	if strings.HasPrefix(w.Header().Get(contentType), csvType) {
		return w.ResponseWriter.Write(p)
	}
	w.out = w.ids.append(w.out[:0], p)
	if _, err := w.ResponseWriter.Write(w.out); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Flush sends what has been written so far.
func (w *idWriter) Flush() { _ = http.NewResponseController(w.ResponseWriter).Flush() }

// Unwrap serves http.ResponseController.
func (w *idWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// idScanner puts the numbers of IDs into quotes, in JSON that comes in parts. Text between
// documents, as events have it, passes through.
type idScanner struct {
	name     []byte // the string that was read last
	inString bool
	escaped  bool // the next byte belongs to a \ before it
	named    bool // name may be the name of a value: nothing has come after it
	value    bool // what comes next is an ID
	list     bool // within a list of IDs
	number   bool // within the number of an ID
}

// append appends the next part to out.
func (s *idScanner) append(out, part []byte) []byte {
	for _, c := range part {
		switch {
		case s.inString:
			s.readString(c)
		case s.number && isNumeral(c):
		case s.number:
			out, s.number = append(out, '"'), false
			s.read(c)
		case (s.value || s.list) && isNumeral(c):
			out, s.number, s.value = append(out, '"'), true, false
		default:
			s.read(c)
		}
		out = append(out, c)
	}
	return out
}

func isNumeral(c byte) bool { return c >= '0' && c <= '9' || c == '-' }

// readString reads a byte of a string.
func (s *idScanner) readString(c byte) {
	switch {
	case s.escaped:
		s.escaped = false
	case c == '\\':
		s.escaped = true
	case c == '"':
		s.inString, s.named = false, true
		return
	}
	if len(s.name) <= longestIDName {
		s.name = append(s.name, c)
	}
}

// read reads a byte between strings and numbers.
func (s *idScanner) read(c byte) {
	switch c {
	case '"':
		s.inString, s.name = true, s.name[:0]
		s.value = false
	case ':':
		s.value, s.named = s.named && len(s.name) <= longestIDName && openapi.IDName.Match(s.name), false
	case '[':
		s.list, s.value = s.value, false
	case ' ', '\t', '\r':
	case ',':
		s.value, s.named = false, false
	default:
		s.value, s.named, s.list = false, false, false
	}
}
