package printer

// Paint is a colour of a terminal, and a meaning.
type Paint string

// The paints: what is well, what somebody should look at, what is wrong, what is minor.
const (
	Plain Paint = ""
	Good  Paint = "32" // green
	Warn  Paint = "33" // yellow
	Bad   Paint = "31" // red
	Faint Paint = "2"
)

// Painted returns text in a colour, where p prints to a terminal that has them (ECMA-48,
// SGR).
func (p *Printer) Painted(text string, paint Paint) string {
	if !p.colour || paint == Plain {
		return text
	}
	return "\x1b[" + string(paint) + "m" + text + "\x1b[0m"
}
