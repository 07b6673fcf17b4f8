package seckill_test

import (
	"errors"
	"testing"

	"seckill/internal/seckill"
)

func TestAFollowerGoesOnOnlyFromANumberThatIsKnown(t *testing.T) {
	const reset, trimmed = seckill.CodeEventsReset, seckill.CodeEventsTrimmed
	for _, tt := range []struct {
		name  string
		feed  seckill.Feed
		after int64
		want  seckill.Code
	}{
		{"nothing has happened", seckill.Feed{}, 0, ""},
		{"ahead of a feed in which nothing has happened", seckill.Feed{}, 7, reset},
		{"from the beginning", seckill.Feed{Last: 1003, Oldest: 1001, From: 1000}, 0, ""},
		{"in the middle", seckill.Feed{Last: 1003, Oldest: 1001, From: 1000}, 1002, ""},
		{"at the end", seckill.Feed{Last: 1003, Oldest: 1001, From: 1000}, 1003, ""},
		{"ahead", seckill.Feed{Last: 1003, Oldest: 1001, From: 1003}, 1004, reset},
		{"at the end of the stretch before", seckill.Feed{Last: 5003, Oldest: 1001, From: 1000}, 1003, ""},
		{"in a stretch that was lost", seckill.Feed{Last: 5003, Oldest: 1001, From: 5000}, 1004, reset},
		{"before the first number of a stretch", seckill.Feed{Last: 5003, Oldest: 1001, From: 5000}, 5000, ""},
		{"below a reset", seckill.Feed{Last: 5003, Reset: 5000, Oldest: 1001, From: 1000}, 1003, reset},
		{"from the beginning, below a reset", seckill.Feed{Last: 5003, Reset: 5000, Oldest: 1001, From: 1000}, 0, reset},
		{"at a reset", seckill.Feed{Last: 5003, Reset: 5000, Oldest: 1001, From: 5000}, 5000, ""},
		{"at a reset after which a stretch began", seckill.Feed{Last: 9003, Reset: 5000, Oldest: 1001, From: 9000}, 5000, ""},
		{"above a reset, in a stretch that was lost", seckill.Feed{Last: 9003, Reset: 5000, Oldest: 1001, From: 9000}, 5001, reset},
		{"below what was trimmed", seckill.Feed{Last: 1009, Trimmed: 1004, Oldest: 1005, From: 1004}, 1003, trimmed},
		{"from the beginning, which was trimmed", seckill.Feed{Last: 1009, Trimmed: 1004, Oldest: 1005, From: 1004}, 0, trimmed},
		{"at what was trimmed", seckill.Feed{Last: 1009, Trimmed: 1004, Oldest: 1005, From: 1004}, 1004, ""},
		{"at what was trimmed, before a new stretch", seckill.Feed{Last: 5009, Trimmed: 1004, Oldest: 5001, From: 5000}, 1004, ""},
		{"above what was trimmed, in a stretch that was lost", seckill.Feed{Last: 5009, Trimmed: 1004, Oldest: 5001, From: 5000}, 1005, reset},
		{"all was trimmed, and seen", seckill.Feed{Last: 1009, Trimmed: 1009, From: 1009}, 1009, ""},
		{"all was trimmed, and not seen", seckill.Feed{Last: 1009, Trimmed: 1009, From: 1009}, 1008, trimmed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.feed.Follow(tt.after)
			if code := seckill.ErrorCode(err); code != tt.want {
				t.Fatalf("after %d: %q, want %q", tt.after, code, tt.want)
			}
			var refused *seckill.Error
			if errors.As(err, &refused) && tt.feed.Follow(refused.Position.Next) != nil {
				t.Errorf("who goes on after %d as told is refused again", refused.Position.Next)
			}
		})
	}
}
