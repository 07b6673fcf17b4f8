package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// root is the folder of the repository, seen from this package.
const root = ".."

// page is a Markdown file.
type page struct {
	path     string // from the root of the repository, with slashes
	text     string
	headings []heading
	blocks   []block
	links    []link
	tables   []table
	prose    []line // what is outside of blocks and comments
}

type line struct {
	number int // from 1
	text   string
}

type heading struct {
	level  int
	text   string
	anchor string
}

// block is a fenced block, or a comment that begins with the word console: commands that
// the reader need not see.
type block struct {
	line   int
	info   string
	text   string
	hidden bool
}

type link struct {
	line   int
	target string
}

type table struct{ line, columns, rows int }

// pages are the documents: those at the root, and all below docs.
func pages(t *testing.T) []page {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(".", func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && strings.HasSuffix(path, ".md") {
			files = append(files, filepath.Join(root, "docs", path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var all []page
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		path, err := filepath.Rel(root, file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, parse(filepath.ToSlash(path), string(text)))
	}
	return all
}

var (
	fence     = regexp.MustCompile("^\\s*(```+|~~~+)\\s*(.*?)\\s*$")
	title     = regexp.MustCompile(`^(#{1,6}) +(.*?)(?: +#+)?\s*$`)
	delimiter = regexp.MustCompile(`^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$`)
	code      = regexp.MustCompile("(`+)(.+?)(`+)")
	inline    = regexp.MustCompile(`\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)`)
	linkBelow = regexp.MustCompile(`^\s*\[[^\]]+\]:\s*(\S+)`)
	htmlLink  = regexp.MustCompile(`(?:href|src)="([^"]+)"`)
	htmlID    = regexp.MustCompile(`<a (?:id|name)="([^"]+)"`)
	aText     = regexp.MustCompile(`!?\[([^\]]*)\]\([^)]*\)`)
)

// parse reads what the tests need of a page.
func parse(path, text string) page {
	p := page{path: path, text: text}
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		switch found := fence.FindStringSubmatch(lines[i]); {
		case found != nil:
			i = p.readBlock(lines, i, found[1], found[2])
		case strings.HasPrefix(lines[i], "<!--"):
			i = p.readComment(lines, i)
		default:
			p.prose = append(p.prose, line{i + 1, lines[i]})
		}
	}
	p.readProse()
	return p
}

// readBlock reads the block whose fence opens at line i, and returns its last line.
func (p *page) readBlock(lines []string, i int, mark, info string) int {
	indent := len(lines[i]) - len(strings.TrimLeft(lines[i], " "))
	var text []string
	end := i + 1
	for ; end < len(lines) && strings.TrimSpace(lines[end]) != mark; end++ {
		cut := min(indent, len(lines[end])-len(strings.TrimLeft(lines[end], " ")))
		text = append(text, lines[end][cut:])
	}
	p.blocks = append(p.blocks, block{line: i + 1, info: info, text: strings.Join(text, "\n")})
	return end
}

// readComment reads a comment that begins at line i, and returns its last line.
func (p *page) readComment(lines []string, i int) int {
	end := i
	for end < len(lines)-1 && !strings.Contains(lines[end], "-->") {
		end++
	}
	if strings.TrimSpace(lines[i]) == "<!-- console" {
		text := strings.Join(lines[i+1:end], "\n")
		p.blocks = append(p.blocks, block{line: i + 1, info: "console", text: text, hidden: true})
	}
	return end
}

func (p *page) readProse() {
	seen := map[string]int{}
	for i, l := range p.prose {
		if found := title.FindStringSubmatch(l.text); found != nil {
			p.headings = append(p.headings, heading{len(found[1]), found[2], anchor(found[2], seen)})
		}
		if delimiter.MatchString(l.text) && strings.Contains(l.text, "|") && i > 0 {
			rows := 0
			for rows < len(p.prose)-i-1 && strings.HasPrefix(strings.TrimSpace(p.prose[i+1+rows].text), "|") {
				rows++
			}
			p.tables = append(p.tables, table{l.number, strings.Count(strings.Trim(strings.TrimSpace(l.text), "|"), "|") + 1, rows})
		}
		bare := code.ReplaceAllString(l.text, "`code`")
		for _, kind := range []*regexp.Regexp{inline, linkBelow, htmlLink} {
			for _, found := range kind.FindAllStringSubmatch(bare, -1) {
				p.links = append(p.links, link{l.number, found[1]})
			}
		}
	}
}

// anchor makes the anchor of a heading as GitHub does: small letters, spaces to hyphens,
// without whatever is neither a letter, a mark, a digit, a hyphen nor a low line; the second
// of a name has -1.
func anchor(text string, seen map[string]int) string {
	text = aText.ReplaceAllString(text, "$1")
	made := strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
			return unicode.ToLower(r)
		default:
			return -1
		}
	}, strings.TrimSpace(text))
	n := seen[made]
	seen[made]++
	if n > 0 {
		return made + "-" + strconv.Itoa(n)
	}
	return made
}

// anchors are all that a link into the page may name.
func (p *page) anchors() []string {
	var all []string
	for _, h := range p.headings {
		all = append(all, h.anchor)
	}
	for _, found := range htmlID.FindAllStringSubmatch(p.text, -1) {
		all = append(all, found[1])
	}
	return all
}

// find returns the page of a path, nil when there is none.
func find(all []page, path string) *page {
	i := slices.IndexFunc(all, func(p page) bool { return p.path == path })
	if i < 0 {
		return nil
	}
	return &all[i]
}
