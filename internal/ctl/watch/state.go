package watch

import (
	"cmp"
	"slices"
	"time"

	"seckill/client"
)

const (
	// StaleAfter is the age at which numbers are marked as old: three samples.
	StaleAfter = 3 * time.Second
	// kept is how much of the past is kept: what the service keeps.
	kept = 15 * time.Minute
	// burnWindow is how much of the past the projection of the end is made from.
	burnWindow = 15 * time.Second
)

// point is how many units were left at a moment.
type point struct {
	at   int64 // Unix seconds
	left int64
}

// State is what is known of a sale.
type State struct {
	ProductID int64
	Last      *client.LiveSample // nil before the first one
	CameAt    time.Time          // when Last came, by the clock of this machine

	seconds []client.LiveSecond // by time, each once
	points  []point             // by time, each once
}

// Add takes an event that has come now.
func (s *State) Add(event client.LiveEvent, now time.Time) {
	if h := event.History; h != nil {
		for i := range h.Samples {
			s.addSample(&h.Samples[i])
		}
		s.addSeconds(h.Seconds)
	}
	if event.Sample != nil {
		s.addSample(event.Sample)
		s.Last, s.CameAt = event.Sample, now
	}
}

func (s *State) addSample(sample *client.LiveSample) {
	s.addSeconds(sample.Seconds)
	if sample.StockLeft != nil {
		p := point{at: sample.At.Unix(), left: *sample.StockLeft}
		s.points = insert(s.points, p, func(p point) int64 { return p.at })
	}
}

func (s *State) addSeconds(seconds []client.LiveSecond) {
	for i := range seconds {
		s.seconds = insert(s.seconds, seconds[i], func(second client.LiveSecond) int64 { return second.At })
	}
}

// insert puts a thing at its time, over one that is there, and forgets what is too old. A
// history that comes again has much of what is known already.
func insert[T any](all []T, thing T, at func(T) int64) []T {
	i, found := slices.BinarySearchFunc(all, at(thing), func(other T, t int64) int { return cmp.Compare(at(other), t) })
	if found {
		all[i] = thing
		return all
	}
	all = slices.Insert(all, i, thing)
	oldest := at(all[len(all)-1]) - int64(kept/time.Second)
	first := 0
	for at(all[first]) <= oldest {
		first++
	}
	return all[first:]
}

// Stale reports whether what is known is not of now.
func (s *State) Stale(now time.Time) bool { return s.Last == nil || now.Sub(s.CameAt) > StaleAfter }

// serverNow is the present moment by the clock of the service, as far as that is known.
func (s *State) serverNow(now time.Time) time.Time {
	if s.Last == nil {
		return now
	}
	return s.Last.At.Add(now.Sub(s.CameAt))
}

// end is the second behind the last one that is complete, Unix time; 0 when there is none.
func (s *State) end() int64 {
	if len(s.seconds) > 0 {
		return s.seconds[len(s.seconds)-1].At + 1
	}
	return 0
}

// row is a quantity, second by second.
type row struct {
	name   string
	values []int64 // one for each second of the window, oldest first
	last   int64   // of the last complete second
	peak   int64
	sum    int64
}

// rows returns one row for each name that counts has in the window, the greatest first.
func (s *State) rows(window time.Duration, counts func(second client.LiveSecond) map[string]int64) []row {
	size := int64(window / time.Second)
	begin := s.end() - size
	byName := map[string]*row{}
	for _, second := range s.seconds {
		if second.At < begin {
			continue
		}
		for name, n := range counts(second) {
			r := byName[name]
			if r == nil {
				r = &row{name: name, values: make([]int64, size)}
				byName[name] = r
			}
			r.values[second.At-begin] = n
			r.sum += n
			r.peak = max(r.peak, n)
		}
	}
	all := make([]row, 0, len(byName))
	for _, r := range byName {
		r.last = r.values[size-1]
		all = append(all, *r)
	}
	slices.SortFunc(all, func(a, b row) int { return cmp.Or(cmp.Compare(b.sum, a.sum), cmp.Compare(a.name, b.name)) })
	return all
}

// attempts returns the attempts at the gate by outcome, those that were admitted first.
func (s *State) attempts(window time.Duration) []row {
	all := s.rows(window, func(second client.LiveSecond) map[string]int64 { return second.Attempts })
	for i, r := range all {
		if r.name == "admitted" {
			return slices.Concat([]row{r}, all[:i], all[i+1:])
		}
	}
	return all
}

// results returns the logs by status.
func (s *State) results(window time.Duration) []row {
	return s.rows(window, func(second client.LiveSecond) map[string]int64 {
		counts := map[string]int64{}
		for status, n := range second.Results {
			counts[string(status)] = n
		}
		return counts
	})
}

// notKnown is of a second of which nobody knows how many units were left.
const notKnown = -1

// left returns how many units were left in each second of the window, oldest first: a second
// in which nobody looked has what the one before has, and before the first look it is
// notKnown. nil when nobody has looked.
func (s *State) left(window time.Duration) []int64 {
	if len(s.points) == 0 {
		return nil
	}
	values := make([]int64, window/time.Second)
	end := s.points[len(s.points)-1].at
	next, last := 0, int64(notKnown)
	for i := range values {
		at := end - int64(len(values)-1-i)
		for next < len(s.points) && s.points[next].at <= at {
			last = s.points[next].left
			next++
		}
		values[i] = last
	}
	return values
}

// soldOutIn is after how long nothing is left if it goes on as in the last seconds; ok is
// false when it does not burn down.
func (s *State) soldOutIn() (in time.Duration, ok bool) {
	values := s.left(burnWindow)
	for len(values) > 0 && values[0] == notKnown {
		values = values[1:]
	}
	if len(values) < 2 {
		return 0, false
	}
	first, last := values[0], values[len(values)-1]
	if last <= 0 || first <= last {
		return 0, false
	}
	perUnit := time.Duration(len(values)-1) * time.Second / time.Duration(first-last)
	return time.Duration(last) * perUnit, true
}

// delay returns the delay from arrival to commit of the last second that has one: half of
// the entries took at most p50, in milliseconds.
func (s *State) delay() (p50, p99 float64, ok bool) {
	for i := len(s.seconds) - 1; i >= 0 && s.seconds[i].At >= s.end()-10; i-- {
		if second := &s.seconds[i]; second.P99Ms > 0 {
			return second.P50Ms, second.P99Ms, true
		}
	}
	return 0, 0, false
}

// worstDelay is the greatest p99 of the window, in milliseconds; 0 when there is none.
func (s *State) worstDelay(window time.Duration) (worst float64) {
	begin := s.end() - int64(window/time.Second)
	for _, second := range s.seconds {
		if second.At >= begin {
			worst = max(worst, second.P99Ms)
		}
	}
	return worst
}
