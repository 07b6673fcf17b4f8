package seckill

import (
	"slices"
	"strconv"
)

// Attempt is one purchase attempt: a stream entry that keeps every rule of
// contract section 1.
type Attempt struct {
	UserID    int64
	StreamID  string
	RequestID string // "" when the entry has none
	EventAtMs int64  // the caller's own time, milliseconds since 1970; 0 when the entry has none

	// Admitted says that our own gate wrote the entry, and Epoch under which state of
	// the gate it took a unit of stock for it; 0 = it took none.
	Admitted bool
	Epoch    int64

	// Fields are the entry's fields as delivered, kept for the case that the
	// attempt turns out to be a dead letter after all.
	Fields map[string]any
}

// DeadLetter makes a dead letter of an attempt that could be decoded but not
// stored.
func (a Attempt) DeadLetter(reason DeadReason, deliveries int64) DeadLetter {
	return DeadLetter{StreamID: a.StreamID, Fields: a.Fields, Reason: reason, Deliveries: deliveries, UserID: a.UserID, Epoch: a.Epoch}
}

// EpochField is the field that our own gate adds to the entries that it writes:
// the gate's epoch when it took a unit of stock for the attempt, "0" when the product
// has none. Whoever else writes it claims a unit that was never taken.
const EpochField = "epoch"

// KnownField reports whether a field of an entry is one of contract section 1.
func KnownField(name string) bool {
	return slices.Contains([]string{"uid", "ts", "rid", "tp", EpochField}, name)
}

const (
	// MaxRequestIDLength is the most characters of a rid.
	MaxRequestIDLength = 64
	// firstMillisecondTS is where a ts stops being seconds: 10^11 seconds is the
	// year 5138, 10^11 milliseconds is 1973.
	firstMillisecondTS = 100_000_000_000
	// maxEventAtMs is the last millisecond of the year 9999.
	maxEventAtMs = 253_402_300_799_999
)

// Decode reads the fields of one stream entry. It returns the attempt, or the
// first rule that the entry breaks, in the order uid, ts, rid; the reason is ""
// when it breaks none. Unknown fields are no error.
//
// The values of fields are strings, as the Redis client delivers them; a value of
// another type counts as missing.
func Decode(streamID string, fields map[string]any) (Attempt, DeadReason) {
	a := Attempt{StreamID: streamID, Fields: fields}
	var ok bool
	if a.UserID, ok = decodeUID(fields["uid"]); !ok {
		return Attempt{}, DeadInvalidUID
	}
	if a.EventAtMs, ok = decodeTS(fields["ts"]); !ok {
		return Attempt{}, DeadInvalidTS
	}
	if a.RequestID, ok = decodeRID(fields["rid"]); !ok {
		return Attempt{}, DeadInvalidRID
	}
	a.Epoch, a.Admitted = decodeEpoch(fields[EpochField])
	return a, ""
}

// decodeEpoch reads the mark of our own gate; anything else under its name is a field
// like others, which is never an error.
func decodeEpoch(field any) (epoch int64, admitted bool) {
	s, _ := field.(string)
	if !plainDigits(s) {
		return 0, false
	}
	epoch, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, false
	}
	return epoch, true
}

func decodeUID(field any) (int64, bool) {
	s, _ := field.(string)
	if !plainDigits(s) {
		return 0, false
	}
	uid, err := strconv.ParseInt(s, 10, 64)
	return uid, err == nil && uid > 0
}

// decodeTS returns milliseconds, 0 for an entry without ts.
func decodeTS(field any) (int64, bool) {
	if field == nil {
		return 0, true
	}
	s, _ := field.(string)
	if s == "" || s[0] < '0' || s[0] > '9' { // ParseInt would take a sign
		return 0, false
	}
	ts, err := strconv.ParseInt(s, 10, 64)
	if err != nil || ts <= 0 {
		return 0, false
	}
	if ts < firstMillisecondTS {
		return ts * 1000, true
	}
	return ts, ts <= maxEventAtMs
}

func decodeRID(field any) (string, bool) {
	if field == nil {
		return "", true
	}
	s, _ := field.(string)
	return s, ValidRequestID(s)
}

// ValidRequestID reports whether s may be the mark of a request: 1–64 characters of
// ASCII 0x21–0x7E (contract section 1, "rid").
func ValidRequestID(s string) bool {
	for i := range len(s) {
		if s[i] < 0x21 || s[i] > 0x7E {
			return false
		}
	}
	return s != "" && len(s) <= MaxRequestIDLength
}
