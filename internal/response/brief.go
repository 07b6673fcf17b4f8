package response

import (
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	// longestLogged is the most bytes of a path, of a header or of any other text of a
	// client that may stand in the log.
	longestLogged = 256
	// longestMethod is more than the longest method that there is.
	longestMethod = 16
)

// readPrefixes begin the names of headers that somebody in this process reads, beside
// those of [read]: our handlers, go-zero's, and OpenTelemetry's propagators.
var readPrefixes = []string{"Accept", "Access-Control-Request-", "B3", "Content-", "If-", "X-B3-"}

// read reports whether somebody in this process reads a header.
func read(name string) bool {
	switch name {
	case "Accept", "Accept-Encoding", "Content-Type", "Content-Length", "User-Agent", // of nearly every request
		"Baggage", "Last-Event-Id", "Origin", "Range", "Traceparent", "Tracestate", "Upgrade",
		"X-Forwarded-For", "X-Real-Ip", "X-Request-Id":
		return true
	}
	return slices.ContainsFunc(readPrefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// abridge makes r, a copy of the request that came, fit for go-zero's log, which holds the
// method, the path, the address and the agent of each request, and all of one that is
// answered 500 or above. What nobody reads, such as a cookie, is taken out, and what is
// only written is cut. The path that is routed is not cut.
func abridge(r *http.Request) {
	r.Method = cut(r.Method, longestMethod)
	r.RequestURI = cut(r.RequestURI, longestLogged)
	r.Host = cut(r.Host, longestLogged)
	for name, values := range r.Header {
		switch {
		case !read(name):
			delete(r.Header, name)
		case len(values) == 1 && len(values[0]) <= longestLogged:
		case name == "User-Agent" || name == "Origin" || strings.HasPrefix(name, "X-"):
			r.Header[name] = []string{cut(values[0], longestLogged)}
		}
	}
}

// cut shortens a text to so many bytes.
func cut(text string, longest int) string {
	if len(text) <= longest {
		return text
	}
	for longest > 0 && !utf8.RuneStart(text[longest]) {
		longest--
	}
	return text[:longest] + "…"
}
