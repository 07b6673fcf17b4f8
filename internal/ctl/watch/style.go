package watch

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// style is a look, as SGR parameters (ECMA-48).
type style string

const (
	plain style = ""
	head  style = "1"
	good  style = "32"
	warn  style = "33"
	bad   style = "1;31"
	faint style = "2"
	tint  style = "36"
)

// painter paints text, or leaves it as it is where there are no colours.
type painter struct {
	colour bool
	stale  bool // everything is faint
}

func (p painter) paint(s style, text string) string {
	if p.stale {
		s = faint
	}
	if !p.colour || s == plain || text == "" {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}

// fit makes text as wide as width: cut with … or filled with blanks. A Chinese character is
// two cells wide.
func fit(text string, width int) string {
	if width <= 0 {
		return ""
	}
	if ansi.StringWidth(text) > width {
		text = ansi.Truncate(text, width, "…")
	}
	return text + strings.Repeat(" ", max(0, width-ansi.StringWidth(text)))
}

// right is fit for numbers, which stand at the right end.
func right(text string, width int) string {
	return strings.Repeat(" ", max(0, width-ansi.StringWidth(text))) + text
}

// cut takes from a line what is beyond the width.
func cut(line string, width int) string { return ansi.Truncate(line, width, "…") }
