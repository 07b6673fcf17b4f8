package notify

import (
	"math"
	"strconv"
)

// A message is decimal numbers with a space between: the name of the hub that sends
// it, the product, its users. The heartbeat of a hub is its name alone.

// usersPerMessage is the most users that one message names.
const usersPerMessage = 1000

// appendNumber appends a number to a message that has begun already.
func appendNumber(message []byte, n int64) []byte {
	return strconv.AppendInt(append(message, ' '), n, 10)
}

// numbers reads the numbers of a message from its front.
type numbers struct{ rest string }

// next returns the next number, which is positive. It is false at the end, and for
// whatever is no such number, after which nothing can be read any more.
func (r *numbers) next() (n int64, ok bool) {
	s := r.rest
	r.rest = ""
	i := 0
	for ; i < len(s) && s[i] != ' '; i++ {
		digit := int64(s[i]) - '0'
		if digit < 0 || digit > 9 || n > (math.MaxInt64-digit)/10 {
			return 0, false
		}
		n = n*10 + digit
	}
	if n == 0 {
		return 0, false
	}
	if i < len(s) {
		r.rest = s[i+1:]
	}
	return n, true
}
