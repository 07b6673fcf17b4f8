package request

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"seckill/internal/seckill"
)

// MaxBodyBytes is the most bytes of a body, after decompression and however it is
// sent. go-zero's own limit sees the Content-Length only, so neither a chunked
// body nor a compressed one is held by it.
const MaxBodyBytes = 1 << 20

// parseBody fills the fields that come from the body.
func parseBody(r *http.Request, target reflect.Value) error {
	if nothingRequired(target.Type()) {
		return parseNoBody(r, target)
	}
	if err := checkMediaType(r.Header); err != nil {
		return err
	}
	body, err := readBody(r.Body)
	if err != nil {
		return err
	}
	return decodeBody(body, target)
}

// nothingRequired reports whether every field that comes from the body may be left out: then
// so may the body.
func nothingRequired(of reflect.Type) bool {
	return !slices.ContainsFunc(rulesOf(of).body, func(r rule) bool { return !r.optional })
}

// parseNoBody reads the body of a request that need not have one. Of one that takes none,
// only an empty object is not refused, which some clients send always.
func parseNoBody(r *http.Request, target reflect.Value) error {
	body, err := readBody(r.Body)
	if err != nil {
		return err
	}
	if len(body) == 0 {
		return decodeBody([]byte("{}"), target)
	}
	if err := checkMediaType(r.Header); err != nil {
		return err
	}
	return decodeBody(body, target)
}

// decodeBody fills the fields that come from the body from its bytes.
func decodeBody(body []byte, target reflect.Value) error {
	if err := checkJSON(body); err != nil {
		return err
	}
	return decodeJSON(body, target)
}

// checkMediaType refuses bodies that do not say that they are JSON in UTF-8.
func checkMediaType(h http.Header) error {
	kind, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	charset, given := params["charset"]
	if err != nil || kind != "application/json" || (given && !strings.EqualFold(charset, "utf-8")) {
		return seckill.Errorf(seckill.CodeUnsupportedMediaType, "Content-Type must be application/json")
	}
	// go-zero has undone gzip by now.
	if encoding := h.Get("Content-Encoding"); encoding != "" && encoding != "identity" && encoding != "gzip" {
		return seckill.Errorf(seckill.CodeUnsupportedMediaType, "Content-Encoding must be gzip or left out")
	}
	return nil
}

// byteOrderMark is what some editors and libraries write in front of UTF-8. It may be
// passed over (RFC 8259, section 8.1).
const byteOrderMark = "\xef\xbb\xbf"

// otherMarks begin texts in UTF-16 and UTF-32, which JSON between systems must not be in
// (the same section). Whoever sends one is told so: his text looks right to him.
var otherMarks = []string{"\xff\xfe", "\xfe\xff", "\x00\x00\xfe\xff"}

// readBody reads a body to its end, but for a byte order mark at its beginning.
func readBody(r io.Reader) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, MaxBodyBytes+1))
	if len(body) > MaxBodyBytes {
		return nil, seckill.Errorf(seckill.CodePayloadTooLarge, "body must not exceed %d bytes", MaxBodyBytes)
	}
	if err != nil {
		return nil, seckill.Wrap(err, seckill.CodeInvalidArgument, "body could not be read to its end")
	}
	for _, mark := range otherMarks {
		if bytes.HasPrefix(body, []byte(mark)) {
			return nil, invalid("body is UTF-16 or UTF-32; it must be UTF-8")
		}
	}
	return bytes.TrimPrefix(body, []byte(byteOrderMark)), nil
}

// checkJSON makes sure that body is one JSON value whose texts mean the same to
// everybody: the standard library replaces bytes that are not UTF-8, and escaped
// halves of a surrogate pair, with U+FFFD in silence.
func checkJSON(body []byte) error {
	switch {
	case len(body) == 0:
		return invalid("body must not be empty")
	case !utf8.Valid(body):
		return invalid("body is not valid UTF-8")
	case !json.Valid(body):
		return invalid("body must be exactly one JSON value")
	case hasLoneSurrogate(string(body)):
		return invalid("body escapes half of a surrogate pair")
	}
	return nil
}

// hasLoneSurrogate reports whether valid JSON holds an escape \uD800–\uDFFF that
// is not one of a pair.
func hasLoneSurrogate(s string) bool {
	for i := strings.IndexByte(s, '\\'); i >= 0; {
		next := i + 2 // behind an escape of two bytes
		if s[i+1] == 'u' {
			next = i + 6
			switch half := surrogate(s[i:]); {
			case half < 0, half > 0 && surrogate(s[next:]) >= 0:
				return true
			case half > 0:
				next += 6
			}
		}
		offset := strings.IndexByte(s[next:], '\\')
		if offset < 0 {
			return false
		}
		i = next + offset
	}
	return false
}

// surrogate looks at the escape that s begins with: 1 for the first half of a
// pair, -1 for the second, 0 for anything else.
func surrogate(s string) int {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' || (s[2] != 'd' && s[2] != 'D') {
		return 0
	}
	switch s[3] {
	case '8', '9', 'a', 'b', 'A', 'B':
		return 1
	case 'c', 'd', 'e', 'f', 'C', 'D', 'E', 'F':
		return -1
	default:
		return 0
	}
}
