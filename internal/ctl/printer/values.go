package printer

import (
	"strconv"
	"time"
)

// Number writes a number.
func Number[T ~int | ~int64](n T) string { return strconv.FormatInt(int64(n), 10) }

// Optional writes a number that may be absent.
func Optional(n *int64) string {
	if n == nil {
		return ""
	}
	return Number(*n)
}

// Time writes a time for people: UTC, to the second; "" for the zero time.
func Time(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05Z")
}

// YesNo writes a truth.
func YesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

// Seconds writes a duration that is given in seconds, such as 10m0s.
func Seconds(n int64) string { return (time.Duration(n) * time.Second).String() }

// Millis writes a duration that is given in milliseconds, such as 1.5s.
func Millis(n int64) string { return (time.Duration(n) * time.Millisecond).String() }
