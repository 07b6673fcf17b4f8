package stream

import (
	"errors"
	"fmt"
	"strconv"

	"seckill/internal/seckill"
)

// ErrReply tells that a server has answered what the command cannot be answered with: it
// is no Redis, or something in between garbles its answers. Nothing is concluded from such
// an answer, least of all a zero.
var ErrReply = errors.New("reply of a wrong shape")

// Reading takes the values of a reply one after the other, and keeps the first thing
// that is wrong with them.
type Reading struct {
	values []any
	at     int
	err    error
}

// NewReading begins to read a reply that must have the given number of values; err is the
// error of its command.
func NewReading(values []any, err error, count int) *Reading {
	if err == nil && len(values) != count {
		err = fmt.Errorf("%d values instead of %d: %w", len(values), count, ErrReply)
	}
	return &Reading{values: values, err: err}
}

// Absent reports whether the reply is right so far and its next value is nil.
func (r *Reading) Absent() bool { return r.err == nil && r.values[r.at] == nil }

// Text returns the next value, a string.
func (r *Reading) Text() string {
	text, ok := r.next().(string)
	if !ok {
		r.fail("a string")
	}
	return text
}

// OptionalText returns the next value, a string or "" of a nil.
func (r *Reading) OptionalText() string {
	if r.Absent() {
		r.at++
		return ""
	}
	return r.Text()
}

// Integer returns the next value, a number or the text of one.
func (r *Reading) Integer() int64 {
	switch value := r.next().(type) {
	case int64:
		return value
	case string:
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			r.fail("a number")
		}
		return n
	default:
		r.fail("a number")
		return 0
	}
}

// StreamID returns the next value, the ID of an entry as Redis writes it.
func (r *Reading) StreamID() string {
	id := r.Text()
	if _, err := seckill.ParseStreamID(id); err != nil {
		r.fail("a stream ID")
	}
	return id
}

// Natural returns the next value, a number that is not negative.
func (r *Reading) Natural() int64 {
	n := r.Integer()
	if n < 0 {
		r.fail("a number from 0 on")
	}
	return n
}

// Err returns the first thing that was wrong.
func (r *Reading) Err() error { return r.err }

func (r *Reading) next() any {
	if r.err != nil {
		return nil
	}
	r.at++
	return r.values[r.at-1]
}

func (r *Reading) fail(wanted string) {
	if r.err == nil {
		r.err = fmt.Errorf("value %d is %T, not %s: %w", r.at, r.values[r.at-1], wanted, ErrReply)
	}
}

// mostEntries is more than any stream, group or hash holds.
const mostEntries = 1 << 40

// Within fails unless each number that a server has told is within bounds.
func Within(low, high int64, numbers ...int64) error {
	for _, n := range numbers {
		if n < low || n > high {
			return fmt.Errorf("number %d: %w", n, ErrReply)
		}
	}
	return nil
}

// within adds to the error of a command what is wrong with the number that answers it.
func within(low, high int64, reply interface{ Result() (int64, error) }) error {
	n, err := reply.Result()
	if err != nil {
		return err
	}
	return Within(low, high, n)
}

// isOK adds to the error of a command that its answer is not "OK".
func isOK(answer string, err error) error {
	if err == nil && answer != "OK" {
		err = fmt.Errorf("%.40q in place of OK: %w", answer, ErrReply)
	}
	return err
}

// checkWhole fails unless each ID can be read; it may be 0-0.
func checkWhole(ids ...string) error {
	for _, id := range ids {
		if _, err := seckill.ParseStreamID(id); err != nil {
			return fmt.Errorf("%w: %w", err, ErrReply)
		}
	}
	return nil
}

// checkIDs fails unless each ID is one of an entry, above the one before it and above
// after; "" = any.
func checkIDs(after string, ids ...string) error {
	last, _ := seckill.ParseStreamID(after)
	for _, id := range ids {
		next, err := seckill.ParseStreamID(id)
		if err != nil || next.Compare(last) <= 0 {
			return fmt.Errorf("entry %q after %s: %w", id, last, ErrReply)
		}
		last = next
	}
	return nil
}
