package docs

import (
	"regexp"
	"strings"
	"testing"
)

// masks replace what differs from run to run, on both sides of a comparison, in this order.
var masks = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`eyJ[\w-]+(?:\.[\w-]+\.[\w-]+|\.{3})`), "<token>"},
	{regexp.MustCompile(`(?i)(traceparent: )\S+`), "${1}<trace>"},
	{regexp.MustCompile(`\b[0-9a-f]{32}\b`), "<trace>"},
	{regexp.MustCompile(`\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b`), "<uuid>"},
	{regexp.MustCompile(`\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( ?(Z|[+-]\d\d(:?\d\d)?))?`), "<time>"},
	{regexp.MustCompile(`\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT`), "<time>"},
	{regexp.MustCompile(`\b\d{13}-\d+\b`), "<stream ID>"},
	{regexp.MustCompile(`\b\d{13}\b`), "<milliseconds>"},
	{regexp.MustCompile(`(localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\]):\d+`), "<address>"},
	{regexp.MustCompile(`("(?:orderId|id|nextId|pollAfterMs|idleMs|oldestPendingMs|entriesPerSecond)":"?)[\d.e+-]+`), "${1}<n>"},
	{regexp.MustCompile(`(\border[: ]+)\d+`), "${1}<n>"},
	{regexp.MustCompile(`(\(audit )\d+`), "${1}<n>"},
	{regexp.MustCompile(`^(request +)[A-Z2-7]{26}`), "${1}<request>"},
	{regexp.MustCompile(`( -p )\d+`), "${1}<port>"},
	{regexp.MustCompile(`(\bepoch )\d+`), "${1}<n>"},
	{regexp.MustCompile(`(\bcaller=[\w/.]+:)\d+`), "${1}<n>"},
	{regexp.MustCompile(`^(retry: )\d+`), "${1}<n>"},
	{regexp.MustCompile(`(?i)(content-length: )\d+`), "${1}<n>"},
	{regexp.MustCompile(`(?i)\b(pid|process)([= :]+)\d+`), "${1}${2}<n>"},
	{regexp.MustCompile(`\b(\d+h)?(\d+m)?\d+(\.\d+)? ?(ns|µs|us|ms|s)\b`), "<duration>"},
	{regexp.MustCompile(`-{3,}`), "---"}, // psql draws lines as wide as the columns
	{regexp.MustCompile(`[ \t]+`), " "},
}

func mask(text string) string {
	for _, m := range masks {
		text = m.pattern.ReplaceAllString(text, m.with)
	}
	return strings.TrimSpace(text)
}

// alike reports whether lines are those of a page. There a line that is … stands for any
// number of lines, and a … within a line for any text.
func alike(want, got []string) bool {
	if len(want) == 0 {
		return len(got) == 0
	}
	if strings.TrimSpace(want[0]) == "…" {
		for skip := range len(got) + 1 {
			if alike(want[1:], got[skip:]) {
				return true
			}
		}
		return false
	}
	return len(got) > 0 && sameLine(mask(want[0]), mask(got[0])) && alike(want[1:], got[1:])
}

// sameLine compares two lines whose … are any text.
func sameLine(want, got string) bool {
	parts := strings.Split(want, "…")
	for i, part := range parts {
		parts[i] = regexp.QuoteMeta(part)
	}
	return regexp.MustCompile("^" + strings.Join(parts, ".*") + "$").MatchString(got)
}

func TestOutputIsComparedWithoutWhatDiffersFromRunToRun(t *testing.T) {
	for name, c := range map[string]struct {
		want, got string
		alike     bool
	}{
		"the same":                     {"a\nb", "a\nb", true},
		"another number":               {`{"stockLeft":10}`, `{"stockLeft":9}`, false},
		"another status":               {`{"status":"SUCCESS"}`, `{"status":"FAILED"}`, false},
		"a line more":                  {"a", "a\nb", false},
		"a line less":                  {"a\nb", "a", false},
		"times":                        {`"at":"2026-11-23T23:57:50.668281Z"`, `"at":"2031-01-02T03:04:05.1Z"`, true},
		"times of psql":                {"2026-11-23 23:57:50.668281+00", "2031-01-02 03:04:05+00", true},
		"a time against none":          {`"at":"2026-11-23T23:57:50Z"`, `"at":""`, false},
		"stream IDs":                   {"1795478270667-0", "1895478270667-12", true},
		"tokens":                       {"eyJh.eyJz.abc-_", "eyJi.eyJ0.def", true},
		"tokens that a page cuts":      {"Bearer eyJh...'", "Bearer eyJi.eyJ0.def'", true},
		"epochs and lines of code":     {"epoch 1 caller=books/load.go:49", "epoch 60028993699207 caller=books/load.go:56", true},
		"other files of code":          {"caller=books/load.go:49", "caller=books/open.go:49", false},
		"orders":                       {`{"orderId":15,"userId":3}`, `{"orderId":1,"userId":3}`, true},
		"users":                        {`{"orderId":15,"userId":3}`, `{"orderId":15,"userId":4}`, false},
		"durations":                    {"took 1m2.5s", "took 20ms", true},
		"widths of columns":            {"a    | b\n----+---", "a | b\n------+-----", true},
		"any lines":                    {"a\n…\nd", "a\nb\nc\nd", true},
		"any lines, none":              {"a\n…\nd", "a\nd", true},
		"any lines, but not the last":  {"a\n…\nd", "a\nb\nc", false},
		"any text within a line":       {"a … d", "a b c d", true},
		"any text, but not of the end": {"a … d", "a b c", false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := alike(strings.Split(c.want, "\n"), strings.Split(c.got, "\n")); got != c.alike {
				t.Errorf("alike(%q, %q) = %v", c.want, c.got, got)
			}
		})
	}
}
