package seckill_test

import (
	"testing"
	"time"

	"seckill/internal/seckill"
)

func TestWhenToComeBack(t *testing.T) {
	const s = time.Second
	tests := []struct {
		name           string
		least, backlog time.Duration
		crowd          int64
		first, last    time.Duration // of chance 0 and of chance 1
	}{
		{"nobody else", 0, 0, 1, s, 3 * s},
		{"a few others", 0, 0, 4_000, s, 3 * s},
		{"many others", 0, 0, 20_000, s, 11 * s},
		{"more than can be spread", 0, 0, 1 << 62, s, 31 * s},
		{"a backlog", 0, 12 * s, 1, s, 7 * s},
		{"a backlog that is too long by a bit", s / 10, 10*s + s/10, 1, s, 6*s + s/20},
		{"a backlog that is too long", 50 * s, 60 * s, 1, 50 * s, 80 * s},
		{"a backlog and others", 5 * s, 15 * s, 30_000, 5 * s, 20 * s},
		{"a time that is over", -s, 0, 1, s, 3 * s},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			first, last := seckill.RetryAfter(tt.least, tt.backlog, tt.crowd, 0), seckill.RetryAfter(tt.least, tt.backlog, tt.crowd, 1)
			if first != tt.first || last != tt.last {
				t.Errorf("from %v to %v, want from %v to %v", first, last, tt.first, tt.last)
			}
			if middle := seckill.RetryAfter(tt.least, tt.backlog, tt.crowd, 0.5); middle != (first+last)/2 {
				t.Errorf("in the middle %v", middle)
			}
		})
	}
}
