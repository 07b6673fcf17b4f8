package seckill

import "time"

const (
	// leastRetry is when the first of those who were turned away may come back.
	leastRetry = time.Second
	// leastSpread and mostSpread bound the time over which they come back.
	leastSpread, mostSpread = 2 * time.Second, 30 * time.Second
	// returnsPerSecond is how many of them are welcome in a second: as many attempts as
	// the gate passes at ease.
	returnsPerSecond = 2000
)

// RetryAfter is when somebody who was turned away is to come back. All told the same would
// come back in the same second, and be turned away together again: so they are spread, over
// the longer the more of them there are (crowd, in a second) and the longer the backlog
// takes. least is the time before which coming back is of no use; chance, from 0 to
// below 1, is the caller's place.
func RetryAfter(least, backlog time.Duration, crowd int64, chance float64) time.Duration {
	crowded := time.Duration(min(crowd, int64(mostSpread/time.Second)*returnsPerSecond)) * time.Second / returnsPerSecond
	spread := min(max(leastSpread, backlog/2, crowded), mostSpread)
	return max(least, leastRetry) + time.Duration(chance*float64(spread))
}
