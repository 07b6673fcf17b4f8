package live

import (
	"math"
	"slices"

	"seckill/internal/seckill"
)

// Second is what has happened to a product in a second, on all replicas.
type Second struct {
	At       int64                    `json:"at"` // its begin, Unix time
	Attempts map[string]int64         `json:"attempts"`
	Results  map[seckill.Status]int64 `json:"results"`
	P50Ms    *float64                 `json:"p50Ms,omitempty"` // from arrival to commit, of the entries that were committed in it
	P99Ms    *float64                 `json:"p99Ms,omitempty"`
}

// newSecond makes a second of what has been counted, by the names of the counters.
func newSecond(at int64, counted map[string]int64) Second {
	s := Second{At: at, Attempts: map[string]int64{}, Results: map[seckill.Status]int64{}}
	var times [buckets]int64
	for name, n := range counted {
		bucket, isBucket := bucketNumber(name)
		switch status := seckill.Status(name); {
		case n == 0:
		case isBucket:
			times[bucket] = n
		case slices.Contains(resultStatuses[:], status):
			s.Results[status] = n
		default:
			s.Attempts[name] = n
		}
	}
	s.P50Ms, s.P99Ms = quantile(&times, 0.50), quantile(&times, 0.99)
	return s
}

// quantile estimates below which time, in milliseconds, the given part of the times is; nil
// when there are none. Within a bucket they count as spread evenly.
func quantile(times *[buckets]int64, q float64) *float64 {
	var total int64
	for _, n := range times {
		total += n
	}
	if total == 0 {
		return nil
	}
	rank, below := q*float64(total), 0.0
	for i, n := range times {
		if n == 0 || below+float64(n) < rank {
			below += float64(n)
			continue
		}
		low, high := 0.0, math.Exp2(float64(i))
		if i > 0 {
			low = high / 2
		}
		ms := math.Round((low+(high-low)*(rank-below)/float64(n))*10) / 10
		return &ms
	}
	longest := math.Exp2(buckets - 1) // the sums of floats may fall short
	return &longest
}
