package seckill

import (
	"fmt"
	"strconv"
	"strings"
)

// streamPrefix begins the name of every product's stream (contract section 1).
const streamPrefix = "stream:seckill:"

// StreamKey names the stream of a product.
func StreamKey(productID int64) string {
	return streamPrefix + strconv.FormatInt(productID, 10)
}

// CompanionKey names another key of a product. Its hash tag is the whole name of
// the stream, so that on Redis Cluster it shares the stream's slot.
func CompanionKey(productID int64, what string) string {
	return "{" + StreamKey(productID) + "}:" + what
}

// ConsumerName names the consumer of a product in its group; instance tells
// replicas apart and may be empty.
func ConsumerName(productID int64, instance string) string {
	name := fmt.Sprintf("seckill-consumer-%d", productID)
	if instance == "" {
		return name
	}
	return name + "-" + instance
}

// StreamID is the ID of a stream entry: the milliseconds of Redis's clock at its
// arrival, and a number within that millisecond. Both are unsigned 64-bit
// integers (Redis documentation, "Streams: Entry IDs").
type StreamID struct {
	Ms  uint64
	Seq uint64
}

// ParseStreamID reads an ID in its full form "ms-seq", plain digits on both sides.
func ParseStreamID(s string) (StreamID, error) {
	left, right, found := strings.Cut(s, "-")
	if !found || !plainDigits(left) || !plainDigits(right) {
		return StreamID{}, fmt.Errorf("stream ID %q is not of the form ms-seq", s)
	}
	ms, err := strconv.ParseUint(left, 10, 64)
	if err != nil {
		return StreamID{}, fmt.Errorf("milliseconds of stream ID %q: %w", s, err)
	}
	seq, err := strconv.ParseUint(right, 10, 64)
	if err != nil {
		return StreamID{}, fmt.Errorf("sequence of stream ID %q: %w", s, err)
	}
	return StreamID{Ms: ms, Seq: seq}, nil
}

// String writes the ID as Redis does.
func (id StreamID) String() string {
	return strconv.FormatUint(id.Ms, 10) + "-" + strconv.FormatUint(id.Seq, 10)
}

// Compare orders IDs as the stream does: negative when id comes before other.
func (id StreamID) Compare(other StreamID) int {
	switch {
	case id.Ms < other.Ms:
		return -1
	case id.Ms > other.Ms:
		return 1
	case id.Seq < other.Seq:
		return -1
	case id.Seq > other.Seq:
		return 1
	default:
		return 0
	}
}

// plainDigits reports whether s is a decimal number as Redis prints it: digits
// only, no sign, no leading zero.
func plainDigits(s string) bool {
	if s == "" || (s[0] == '0' && len(s) > 1) {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
