package docs

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// stars are the marks around what is emphasised.
var stars = regexp.MustCompile(`\*{1,3}`)

// TestEmphasisIsShown: a star between a letter and a punctuation mark, on the wrong side of
// each, stays a star in the picture of the page (CommonMark, section 6.2). In English a space
// stands there; in Chinese nothing does, as in **甲：**乙.
func TestEmphasisIsShown(t *testing.T) {
	for _, p := range pages(t) {
		for _, l := range p.paragraphs() {
			if mark := starThatStays(l.text); mark != "" {
				t.Errorf("%s:%d: %s is shown as it stands", p.path, l.number, mark)
			}
		}
	}
}

// paragraphs returns the prose between empty lines, each with the line where it begins.
func (p *page) paragraphs() []line {
	all := []line{{}}
	for _, l := range p.prose {
		last := &all[len(all)-1]
		switch {
		case strings.TrimSpace(l.text) == "":
			all = append(all, line{})
		case last.text == "":
			*last = l
		default:
			last.text += "\n" + l.text
		}
	}
	return all
}

// starThatStays returns the first mark of a paragraph that does not emphasise, with what is beside it.
func starThatStays(text string) string {
	text = code.ReplaceAllStringFunc(text, func(c string) string { return "`" + strings.Repeat("x", len(c)-2) + "`" })
	for i, at := range stars.FindAllStringIndex(text, -1) {
		before, _ := utf8.DecodeLastRuneInString(text[:at[0]])
		after, _ := utf8.DecodeRuneInString(text[at[1]:])
		outside, inside := before, after
		if i%2 == 1 { // it closes
			outside, inside = after, before
		}
		if isWord(outside) && !isWord(inside) {
			return string(before) + text[at[0]:at[1]] + string(after)
		}
	}
	return ""
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }

func TestStarsThatStayAreFound(t *testing.T) {
	for text, good := range map[string]bool{
		"**甲：**乙":              false,
		"**甲**：乙":              true,
		"甲*乙*（丙）":              true,
		"甲**“乙”**丙":            false,
		"甲 **`乙`**，丙":          true,
		"甲**`乙`**":             false,
		"a **b:** c, *d* e":    true,
		"`GET *` and `POST *`": true,
	} {
		if got := starThatStays(text); (got == "") != good {
			t.Errorf("%s: %q", text, got)
		}
	}
}
