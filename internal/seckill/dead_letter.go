package seckill

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// DeadLetter is a stream entry that cannot become an attempt, kept with its
// fields so that nothing is dropped (contract section 3).
type DeadLetter struct {
	StreamID   string
	Fields     map[string]any // as delivered: the values are strings
	Reason     DeadReason
	Deliveries int64 // how often it was tried, at least 1

	// UserID and Epoch are those of the attempt that it was; 0 of an entry that could
	// not be decoded.
	UserID int64
	Epoch  int64
}

// base64Mark begins the name of a field whose name jsonb cannot hold as it is. A
// name that begins with the mark by itself is encoded too, so that no two
// different names meet.
const base64Mark = "base64:"

// Fingerprint tells the fields of two entries apart, whatever the order in which
// they were written: 32 hexadecimal digits. With it the same stream ID can hold
// two different dead letters, which happens when Redis has lost its tail.
func (d DeadLetter) Fingerprint() string {
	h := sha256.New()
	var size [8]byte
	write := func(s string) {
		binary.BigEndian.PutUint64(size[:], uint64(len(s)))
		h.Write(size[:])
		h.Write([]byte(s))
	}
	for _, name := range slices.Sorted(maps.Keys(d.Fields)) {
		write(name)
		write(fieldText(d.Fields[name]))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// FieldsJSON writes the fields as a JSON object that PostgreSQL's jsonb takes.
// jsonb holds neither a NUL nor bytes that are not UTF-8: such a value becomes
// {"base64": "..."}, such a name "base64:...".
func (d DeadLetter) FieldsJSON() ([]byte, error) {
	out := make(map[string]any, len(d.Fields))
	for name, value := range d.Fields {
		if !holdable(name) || strings.HasPrefix(name, base64Mark) {
			name = base64Mark + base64.StdEncoding.EncodeToString([]byte(name))
		}
		text := fieldText(value)
		if holdable(text) {
			out[name] = text
			continue
		}
		out[name] = map[string]string{"base64": base64.StdEncoding.EncodeToString([]byte(text))}
	}
	body, err := json.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("encode fields of dead letter %s: %w", d.StreamID, err)
	}
	return body, nil
}

func fieldText(value any) string {
	s, ok := value.(string)
	if !ok {
		return fmt.Sprint(value)
	}
	return s
}

func holdable(s string) bool {
	return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0
}
