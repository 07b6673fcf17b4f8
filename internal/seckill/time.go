package seckill

import "time"

// timeForm is RFC 3339 with the microseconds that PostgreSQL keeps, all six digits always:
// times of one length sort as texts, and a reader without fractions fails at once instead
// of once in a million (contract section 6).
const timeForm = "2006-01-02T15:04:05.000000Z"

// FormatTime writes a time as every answer does: in UTC, with six digits of a second.
func FormatTime(t time.Time) string { return t.UTC().Format(timeForm) }

// ClockSkew returns by how much another clock is ahead of ours, at least: it said theirs
// at some moment between before and after. Negative when it is behind.
func ClockSkew(before, after, theirs time.Time) time.Duration {
	switch {
	case theirs.Before(before):
		return theirs.Sub(before)
	case theirs.After(after):
		return theirs.Sub(after)
	default:
		return 0
	}
}
