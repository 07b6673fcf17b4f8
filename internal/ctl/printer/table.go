package printer

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// cell is one value of a table.
type cell struct {
	text   string
	number bool
	paint  Paint
}

// gap stands between two columns.
const gap = "   "

// facts are what is known of one thing, a line each.
func facts[T any](kind Kind[T], thing T) [][2]cell {
	var lines [][2]cell
	for _, column := range kind.Columns {
		if text := column.Value(thing); text != "" {
			lines = append(lines, [2]cell{{text: column.Head}, {text: Clean(text), paint: column.paintOf(thing)}})
		}
	}
	return lines
}

// fields prints lines of a name and a value.
func (p *Printer) fields(lines [][2]cell) error {
	rows := make([][]cell, len(lines))
	for i, line := range lines {
		rows[i] = line[:]
	}
	return p.rows(rows)
}

// rowsOf makes the rows of a table, the heads of its columns first.
func rowsOf[T any](kind Kind[T], things []T, wide bool) [][]cell {
	var columns []Column[T]
	for _, column := range kind.Columns {
		if wide || !column.Wide {
			columns = append(columns, column)
		}
	}
	rows := make([][]cell, 1, len(things)+1)
	for _, column := range columns {
		rows[0] = append(rows[0], cell{text: strings.ToUpper(column.Head), number: column.Number})
	}
	for _, thing := range things {
		row := make([]cell, len(columns))
		for i, column := range columns {
			row[i] = cell{text: orDash(Clean(column.Value(thing))), number: column.Number, paint: column.paintOf(thing)}
		}
		rows = append(rows, row)
	}
	return rows
}

func (c Column[T]) paintOf(thing T) Paint {
	if c.Paint == nil {
		return Plain
	}
	return c.Paint(thing)
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// grid prints a table of several things; without any there is nothing to print.
func (p *Printer) grid(rows [][]cell) error {
	if len(rows) < 2 {
		return nil
	}
	return p.rows(rows)
}

// rows prints rows whose columns are as wide as their widest cell.
func (p *Printer) rows(rows [][]cell) error { return p.lines(rows, widened(nil, rows)) }

// widened returns the widths of columns that rows fit into too.
func widened(widths []int, rows [][]cell) []int {
	for _, row := range rows {
		for i, c := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], Width(c.text))
		}
	}
	return widths
}

// lines prints rows in columns of the given widths.
func (p *Printer) lines(rows [][]cell, widths []int) error {
	var out strings.Builder
	for _, row := range rows {
		var line strings.Builder
		for i, c := range row {
			if i > 0 {
				line.WriteString(gap)
			}
			line.WriteString(p.padded(c, widths[i], i == len(row)-1))
		}
		out.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return p.write([]byte(out.String()))
}

// padded returns a cell of a width; the last one of a row is not filled up.
func (p *Printer) padded(c cell, wide int, last bool) string {
	space := strings.Repeat(" ", wide-Width(c.text))
	text := p.Painted(c.text, c.paint)
	switch {
	case c.number:
		return space + text
	case last:
		return text
	default:
		return text + space
	}
}

// Width returns how many columns of a terminal a text takes.
func Width(text string) int {
	n := 0
	for _, r := range text {
		n += runeWidth(r)
	}
	return n
}

// runeWidth follows Unicode's annex 11: wide and full-width characters take two columns.
func runeWidth(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	default:
		return 1
	}
}

// Clean returns a text of one line, without what would command a terminal: a name that
// comes from outside must not move the cursor.
func Clean(text string) string { return strings.Map(printable, text) }

// CleanLines does so with a text that may have several lines.
func CleanLines(text string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case '\n':
			return r
		case '\t':
			return ' '
		default:
			return printable(r)
		}
	}, text)
}

func printable(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return unicode.ReplacementChar
}
