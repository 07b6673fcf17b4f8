package consumer

import (
	"testing"
	"time"

	"seckill/internal/stream"
)

// TestHowSoonAGroupIsLookedAtAgain: in time to take over what is pending, and else rarely, for
// of many quiet products that is most of what they cost.
func TestHowSoonAGroupIsLookedAtAgain(t *testing.T) {
	for _, tt := range []struct {
		name             string
		claimIdle        time.Duration
		dormant, pending bool
		most             time.Duration
	}{
		{"pending", 10 * time.Second, false, true, 5 * time.Second},
		{"nothing pending", 10 * time.Second, false, false, 30 * time.Second},
		{"nothing pending, and patience", 9 * time.Minute, false, false, groupMost},
		{"nothing pending, and more patience", time.Hour, false, false, 30 * time.Minute},
		{"dormant", 10 * time.Second, true, false, groupMost},
		{"dormant, pending", 10 * time.Second, true, true, groupMost},
	} {
		w := watch{Sharing: Sharing{ClaimIdle: tt.claimIdle}}
		for range 100 {
			got := w.lookAgain(&member{dormant: tt.dormant}, stream.Standby{Pending: tt.pending})
			if got > tt.most || got < tt.most*3/4-1 {
				t.Fatalf("%s: after %v, want up to %v", tt.name, got, tt.most)
			}
		}
	}
}
