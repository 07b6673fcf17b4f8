package servertest

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// frame is a reply of Redis, taken apart, so that a part of it can be another one.
type frame struct {
	head byte   // the letter by which a frame begins; 0 = text is what is sent, whatever it is
	text string // of a frame without parts
	kids []frame
}

// append writes a frame as it is sent.
func (f frame) append(out []byte) []byte {
	switch f.head {
	case 0:
		return append(out, f.text...)
	case '*', '~', '>', '%', '|':
		n := len(f.kids)
		if f.head == '%' || f.head == '|' {
			n /= 2
		}
		out = fmt.Appendf(out, "%c%d\r\n", f.head, n)
		for _, kid := range f.kids {
			out = kid.append(out)
		}
		return out
	case '$', '=', '!':
		return fmt.Appendf(out, "%c%d\r\n%s\r\n", f.head, len(f.text), f.text)
	default:
		return fmt.Appendf(out, "%c%s\r\n", f.head, f.text)
	}
}

// raw is a frame that is sent as it stands.
func raw(text string) frame { return frame{text: text} }

// readFrame reads one frame.
func readFrame(in *bufio.Reader) (frame, error) {
	line, err := in.ReadString('\n')
	if err != nil {
		return frame{}, err
	}
	text := strings.TrimRight(line[1:], "\r\n")
	f := frame{head: line[0], text: text}
	if !strings.ContainsRune("*~>%|$=!", rune(f.head)) {
		return f, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return frame{}, fmt.Errorf("frame %q: %w", line, err)
	}
	switch {
	case n < 0:
		return raw(line), nil
	case strings.ContainsRune("$=!", rune(f.head)):
		data := make([]byte, n+2)
		_, err = io.ReadFull(in, data)
		f.text = string(data[:n])
		return f, err
	case f.head == '%' || f.head == '|':
		n *= 2
	}
	f.kids = make([]frame, n)
	for i := range f.kids {
		if f.kids[i], err = readFrame(in); err != nil {
			return frame{}, err
		}
	}
	return f, nil
}

// words are the strings of a frame that is a list, as a command is.
func (f frame) words() []string {
	words := make([]string, len(f.kids))
	for i, kid := range f.kids {
		words[i] = kid.text
	}
	return words
}
