package stream

import (
	"bytes"
	"fmt"
	"net"
	"syscall"
	"time"
)

const (
	// bulkLimit is the longest text that a server may send, frameLimit the most parts of
	// one reply, and depthLimit how deep they may be within each other. go-redis makes room
	// for what a length announces before anything of it has come, and reads what is within
	// each other by a function that calls itself: a length of a million millions, or a list
	// without an end, ends the process, and no recover helps.
	bulkLimit  = 256 << 20
	frameLimit = 8 << 20
	depthLimit = 32
)

// frames follows what a server sends, from one frame to the next. It looks at lengths
// alone: what go-redis finds wrong in the rest is an error there.
type frames struct {
	line  [24]byte // of the header that is being read
	used  int
	skip  int             // bytes that are left of a text, with the end of its line
	rest  [depthLimit]int // parts that are still to come, of each list around
	depth int
}

// take takes what was received.
func (f *frames) take(data []byte) error {
	for len(data) > 0 {
		if f.skip > 0 {
			n := min(f.skip, len(data))
			f.skip -= n
			if data = data[n:]; f.skip == 0 {
				f.ended()
			}
			continue
		}
		end := bytes.IndexByte(data, '\n')
		line := data
		if end >= 0 {
			line = data[:end]
		}
		if f.used > 0 || end < 0 { // a part of it has come before, or is still to come
			f.used += copy(f.line[f.used:], line)
			line = f.line[:f.used]
		}
		if end < 0 {
			return nil
		}
		data, f.used = data[end+1:], 0
		if err := f.header(line); err != nil {
			return err
		}
	}
	return nil
}

// header takes the first line of a frame.
func (f *frames) header(line []byte) error {
	if len(line) == 0 {
		return nil
	}
	parts := 1
	switch line[0] {
	case '$', '=', '!':
		n, ok := lengthOf(line)
		if !ok || n > bulkLimit {
			return wrongLength(line)
		}
		if f.skip = n + 2; n < 0 { // nil
			f.skip = 0
			f.ended()
		}
		return nil
	case '%', '|':
		parts = 2
	case '*', '~', '>':
	default:
		f.ended()
		return nil
	}
	n, ok := lengthOf(line)
	if !ok || n > frameLimit/parts {
		return wrongLength(line)
	}
	if line[0] == '|' { // an answer follows it, which counts as one more part
		n, parts = 2*n+1, 1
	}
	if n <= 0 {
		f.ended()
		return nil
	}
	if f.depth == depthLimit {
		return fmt.Errorf("lists within each other: %w", ErrReply)
	}
	f.rest[f.depth] = n * parts
	f.depth++
	return nil
}

// ended notes that a frame is complete, and with it perhaps those around it.
func (f *frames) ended() {
	for f.depth > 0 {
		f.rest[f.depth-1]--
		if f.rest[f.depth-1] > 0 {
			return
		}
		f.depth--
	}
}

// lengthOf reads the number of a header; -1 stands for nil.
func lengthOf(line []byte) (int, bool) {
	digits := line[1:]
	if len(digits) > 0 && digits[len(digits)-1] == '\r' {
		digits = digits[:len(digits)-1]
	}
	if string(digits) == "-1" {
		return -1, true
	}
	n := 0
	for _, digit := range digits {
		if digit < '0' || digit > '9' || n > frameLimit*64 {
			return 0, false
		}
		n = 10*n + int(digit-'0')
	}
	return n, len(digits) > 0
}

func wrongLength(line []byte) error {
	return fmt.Errorf("length %.24q: %w", line, ErrReply)
}

// checkedConn is a connection on which no length is taken on trust.
type checkedConn struct {
	net.Conn

	frames frames
	err    error
}

// Read implements net.Conn. After a length that is wrong the connection is of no use.
func (c *checkedConn) Read(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.Conn.Read(p)
	if c.err = c.frames.take(p[:n]); c.err != nil {
		return 0, c.err
	}
	return n, err
}

// looseRead is how long a read without a limit may take.
const looseRead = 3 * time.Second

// SetDeadline implements net.Conn. go-redis takes the deadline away to see whether a
// connection that was idle is sound, and then reads on if something unexpected has come:
// after an attribute without a reply for ever, and the loop that asked hangs with it.
func (c *checkedConn) SetDeadline(t time.Time) error {
	if t.IsZero() {
		t = time.Now().Add(looseRead)
	}
	return c.Conn.SetDeadline(t)
}

// NetConn returns the connection beneath, as that of TLS does.
func (c *checkedConn) NetConn() net.Conn { return c.Conn }

// checkedSocket is one that go-redis can ask whether the other side has closed it.
type checkedSocket struct {
	*checkedConn
	syscall.Conn
}

// checked has the lengths checked that come over a connection.
func checked(conn net.Conn) net.Conn {
	c := &checkedConn{Conn: conn}
	if socket, ok := conn.(syscall.Conn); ok {
		return checkedSocket{checkedConn: c, Conn: socket}
	}
	return c
}
