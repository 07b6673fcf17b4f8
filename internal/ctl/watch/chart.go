package watch

import (
	"strconv"
	"strings"
)

// eighths are columns of one to eight eighths.
var eighths = []rune("▁▂▃▄▅▆▇█")

// spark draws values as columns, width of them at most, between 0 and top. Where there are
// more values than columns, a column is the greatest of its values, so that no peak is lost.
// 0 and what is not known are blank, and whatever is more than 0 can be seen.
func spark(values []int64, width int, top int64) string {
	if width < 1 {
		return ""
	}
	var out strings.Builder
	for _, v := range squeeze(values, width) {
		if v <= 0 || top <= 0 {
			out.WriteByte(' ')
			continue
		}
		step := (min(v, top)*int64(len(eighths)) - 1) / top
		out.WriteRune(eighths[step])
	}
	return out.String()
}

// squeeze makes at most width values of many: each the greatest of those it stands for.
func squeeze(values []int64, width int) []int64 {
	if len(values) <= width {
		return values
	}
	out := make([]int64, width)
	for i := range out {
		out[i] = values[i*len(values)/width]
	}
	for i, v := range values {
		at := i * width / len(values)
		out[at] = max(out[at], v)
	}
	return out
}

// bar draws a share of whole as a bar of width cells. Something shows of every share above
// 0, and it is full for the whole alone.
func bar(share, whole int64, width int) (full, rest string) {
	if width < 1 {
		return "", ""
	}
	cells := 0
	if whole > 0 {
		share = min(max(share, 0), whole)
		cells = int(share * int64(width) / whole)
		if cells == 0 && share > 0 {
			cells = 1
		}
	}
	return strings.Repeat("█", cells), strings.Repeat("░", width-cells)
}

// grouped writes a number with its thousands apart.
func grouped(n int64) string {
	text := strconv.FormatInt(n, 10)
	for at := len(text) - 3; at > 0 && text[at-1] != '-'; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}
