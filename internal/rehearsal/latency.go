package rehearsal

import (
	"slices"
	"time"
)

// Latencies are a distribution, in milliseconds.
type Latencies struct {
	Count int     `json:"count"` // how many it is of
	P50   float64 `json:"p50"`
	P90   float64 `json:"p90"`
	P99   float64 `json:"p99"`
	Max   float64 `json:"max"`
}

// latenciesOf returns the distribution of all, which it sorts.
func latenciesOf(all []time.Duration) Latencies {
	if len(all) == 0 {
		return Latencies{}
	}
	slices.Sort(all)
	return Latencies{
		Count: len(all),
		P50:   ms(percentile(all, 50)), P90: ms(percentile(all, 90)), P99: ms(percentile(all, 99)),
		Max: ms(all[len(all)-1]),
	}
}

// percentile returns the smallest of the sorted values that at least p percent do not exceed
// (the nearest rank): one that was measured, never one between two.
func percentile(sorted []time.Duration, p int) time.Duration {
	rank := (len(sorted)*p + 99) / 100
	return sorted[max(rank, 1)-1]
}

// ms is a duration in milliseconds, to a hundredth.
func ms(d time.Duration) float64 {
	return float64(d.Round(10*time.Microsecond)) / float64(time.Millisecond)
}
