package consumer

import (
	"testing"
	"time"
)

// TestQuietStreamsAreLookedAtInTime: an entry that comes just behind a look at its stream is
// seen with the next one, which is one round of the ring later.
func TestQuietStreamsAreLookedAtInTime(t *testing.T) {
	for products, bound := range map[int]time.Duration{
		1:     watchPeriod,
		999:   watchPeriod,
		1000:  watchPeriod,
		1001:  watchPeriod,
		10000: 1800 * time.Millisecond, // the rest of two seconds is for the look itself and for storing
	} {
		var r ring
		for range products {
			r.members = append(r.members, &member{ring: &r})
		}
		turns := 0
		for seen := 0; seen < products; turns++ {
			if turns > products {
				t.Fatalf("%d products: no round ends", products)
			}
			seen += len(r.next(r.share(watchRate)))
		}
		if round := time.Duration(turns) * watchTick; round > bound {
			t.Errorf("%d products are looked at once in %v, want %v", products, round, bound)
		}
	}
}
