package seckill_test

import (
	"testing"
	"time"

	"seckill/internal/seckill"
)

func TestTimesHaveSixDigitsOfASecond(t *testing.T) {
	east := time.FixedZone("", 8*3600)
	for want, at := range map[string]time.Time{
		"2026-01-17T10:00:00.000000Z": time.Date(2026, 1, 17, 10, 0, 0, 0, time.UTC),
		"2026-01-17T10:00:00.500000Z": time.Date(2026, 1, 17, 18, 0, 0, 500_000_000, east),
		"2026-01-17T10:00:00.123456Z": time.Date(2026, 1, 17, 10, 0, 0, 123_456_999, time.UTC),
		"2026-12-31T20:00:00.000001Z": time.Date(2027, 1, 1, 4, 0, 0, 1_000, east),
		"0999-01-01T00:00:00.000000Z": time.Date(999, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		if got := seckill.FormatTime(at); got != want {
			t.Errorf("%v = %s, want %s", at, got, want)
		}
	}
}
