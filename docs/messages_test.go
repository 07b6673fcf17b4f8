package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// messages are the texts of the program that a page may quote: string literals with their
// verbs, parts that + joins as one.
type messages []message

// message is a text of the program, and what it can become when its verbs are filled in; nil
// where so little of it stands still that it would be anything.
type message struct {
	text   string
	filled *regexp.Regexp
}

// leastStill is how many letters of a message must stand still.
const leastStill = 4

var (
	verb       = regexp.MustCompile(`%(?:\[\d\])?[-+# 0]*[\d.]*[a-zA-Z]|\b(?:USER|PASSWORD)\b`) // the words are those of internal/stream/diagnose.go
	letters    = regexp.MustCompile(`[A-Za-z]`)
	logLine    = regexp.MustCompile(`^\d{4}-\d\d-\d\dT[\d:.]+Z\s+(?:info|error)\s+(.*?)\s+caller=`)
	changing   = regexp.MustCompile(`\.{3}|…|\b\d[\w.:-]*`)
	ofCheck    = regexp.MustCompile(`^(?:redis|postgres|consumers) \((.*)\)$`) // as /readyz has it
	fromOthers = []string{"redis-cli", "psql", "createdb", "date", "go", "make", "curl", "kubectl", "docker", "seckillctl"}
	// saying is what reads like a message: words alone, or the name of a key and what is wrong with it.
	saying = regexp.MustCompile(`^(?:[a-z…][\w'-]*|[A-Z][\w.]*(?: \w+)?:)(?: [^ ]+){2,}$`)
	// notOurs are pieces of code, and what the system says of a port behind the name of its key.
	notOurs = regexp.MustCompile(`[{}=|$;<>*−\[]|^inter |^TODO|Port: listen tcp `)
)

// readMessages reads the texts of the program from its source.
func readMessages(t *testing.T) messages {
	t.Helper()
	var all messages
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && path != root && (strings.HasPrefix(entry.Name(), ".") || slices.Contains([]string{"bin", "docs", "e2e", "client", "node_modules", "servertest"}, entry.Name())) {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			text, isText := literal(n)
			if isText {
				all = append(all, newMessage(text))
			}
			return !isText
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// literal returns the text of a string literal, or of what + joins: what is no literal there
// is a verb.
func literal(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(n.Value)
		return text, err == nil && n.Kind == token.STRING
	case *ast.BinaryExpr:
		left, isLeft := literal(n.X)
		right, isRight := literal(n.Y)
		if !isLeft {
			left = "%v"
		}
		if !isRight {
			right = "%v"
		}
		return left + right, n.Op == token.ADD && (isLeft || isRight)
	}
	return "", false
}

func newMessage(text string) message {
	m := message{text: text}
	still := verb.Split(text, -1)
	if !utf8.ValidString(text) || len(letters.FindAllString(strings.Join(still, ""), leastStill)) < leastStill {
		return m
	}
	for i := range still {
		still[i] = regexp.QuoteMeta(still[i])
	}
	m.filled = regexp.MustCompile("^" + strings.Join(still, ".*") + "$")
	return m
}

// have reports whether the program can say what a page quotes: as a whole, or as a part of a
// message. Numbers, and what the page leaves out as …, are any text.
func (m messages) have(quoted string) bool {
	still := changing.Split(quoted, -1)
	for i := range still {
		still[i] = regexp.QuoteMeta(strings.TrimSpace(still[i]))
	}
	part := regexp.MustCompile(strings.Join(still, ".*"))
	return slices.ContainsFunc(m, func(one message) bool {
		return part.MatchString(one.text) || one.filled != nil && one.filled.MatchString(quoted)
	})
}

// quotes returns what a page quotes of the log and of errors, with the lines.
func (p *page) quotes() []line {
	var all []line
	for _, l := range p.prose {
		for _, found := range spoken.FindAllStringSubmatch(l.text, -1) {
			text := ofCheck.ReplaceAllString(found[1], "$1")
			first, _, _ := strings.Cut(text, " ")
			if saying.MatchString(text) && !notOurs.MatchString(text) && !slices.Contains(fromOthers, first) {
				all = append(all, line{l.number, text})
			}
		}
	}
	for _, b := range p.blocks {
		for i, text := range strings.Split(b.text, "\n") {
			if found := logLine.FindStringSubmatch(text); found != nil {
				all = append(all, line{b.line + 1 + i, found[1]})
			}
		}
	}
	return all
}

func TestWhatPagesQuoteTheProgramSays(t *testing.T) {
	all, quoted := readMessages(t), 0
	for _, p := range pages(t) {
		if p.path == "CHANGELOG.md" { // tells of what was
			continue
		}
		for _, l := range p.quotes() {
			if quoted++; !all.have(l.text) {
				t.Errorf("%s:%d: nothing in the program says %q", p.path, l.number, l.text)
			}
		}
	}
	if quoted < 50 {
		t.Errorf("only %d quotes were found in all pages", quoted)
	}
}

func TestWhatNothingSaysIsFound(t *testing.T) {
	all := readMessages(t)
	for text, good := range map[string]bool{
		"gate of product ... opened: epoch 2, after 7ms":         true,
		"gate of product … opens":                                false,
		"prepare database: ...":                                  true,
		"expire orders of product …: … lock timeout":             true,
		"admitted entries were deleted":                          true,
		"admitted entries were forgotten":                        false,
		"Auth.AccessSecret: has 0 bytes, at least 32 are needed": true,
		"HTTP address: listen tcp 0.0.0.0:8888":                  false,
	} {
		if all.have(text) != good {
			t.Errorf("%q: have = %v", text, !good)
		}
	}
}
