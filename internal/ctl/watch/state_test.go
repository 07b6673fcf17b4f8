package watch

import (
	"slices"
	"testing"
	"time"

	"seckill/client"
)

// begin is the first second of these tests, Unix time.
const begin = 1_795_000_000

// sampleAt is a sample of a product with 100 units some seconds after the begin.
func sampleAt(second, left int64, seconds ...client.LiveSecond) *client.LiveSample {
	return &client.LiveSample{
		At: time.Unix(begin+second, 0), ProductID: 2001, Name: "Phone", Status: client.Active, Mode: client.Settle,
		StockTotal: new(int64(100)), StockLeft: &left, Seconds: seconds,
	}
}

func secondAt(second, admitted, soldOut int64) client.LiveSecond {
	return client.LiveSecond{At: begin + second, Attempts: map[string]int64{"admitted": admitted, "sold_out": soldOut}}
}

func stateOf(samples ...*client.LiveSample) *State {
	s := &State{ProductID: 2001}
	for _, sample := range samples {
		s.Add(client.LiveEvent{Sample: sample}, sample.At)
	}
	return s
}

func TestAHistoryThatComesAgainCountsNothingTwice(t *testing.T) {
	s := stateOf(sampleAt(1, 90, secondAt(0, 10, 0)), sampleAt(2, 80, secondAt(1, 10, 5)))
	s.Add(client.LiveEvent{History: &client.LiveHistory{
		Seconds: []client.LiveSecond{secondAt(-1, 3, 0), secondAt(0, 10, 0), secondAt(1, 10, 5)},
		Samples: []client.LiveSample{*sampleAt(1, 90), *sampleAt(2, 80)},
	}}, time.Unix(begin+3, 0))
	rows := s.attempts(2 * time.Minute)
	if len(rows) != 2 || rows[0].name != "admitted" || rows[0].sum != 23 || rows[0].peak != 10 || rows[0].last != 10 || rows[1].sum != 5 {
		t.Errorf("%+v", rows)
	}
	if got := s.left(3 * time.Second); !slices.Equal(got, []int64{notKnown, 90, 80}) {
		t.Errorf("left: %v", got)
	}
	if s.Last.At.Unix() != begin+2 {
		t.Error("a history is no sample of now")
	}
}

func TestWhatIsOlderThanTheWindowIsNotCounted(t *testing.T) {
	s := &State{}
	for second := range int64(1000) {
		s.addSeconds([]client.LiveSecond{secondAt(second, 1, 0)})
	}
	if got := s.attempts(2 * time.Minute)[0].sum; got != 120 {
		t.Errorf("%d in two minutes, one a second", got)
	}
	if got := s.attempts(kept)[0].sum; got != 900 || len(s.seconds) != 900 {
		t.Errorf("%d in a quarter of an hour, %d seconds kept", got, len(s.seconds))
	}
}

func TestTheEndIsProjectedFromTheBurnOfTheLastSeconds(t *testing.T) {
	for name, c := range map[string]struct {
		samples []*client.LiveSample
		want    time.Duration
		ok      bool
	}{
		"ten a second":       {[]*client.LiveSample{sampleAt(0, 100), sampleAt(1, 90), sampleAt(2, 80)}, 8 * time.Second, true},
		"a gap":              {[]*client.LiveSample{sampleAt(0, 100), sampleAt(4, 80)}, 16 * time.Second, true},
		"nothing is sold":    {[]*client.LiveSample{sampleAt(0, 80), sampleAt(1, 80)}, 0, false},
		"units come back":    {[]*client.LiveSample{sampleAt(0, 10), sampleAt(1, 30)}, 0, false},
		"sold out":           {[]*client.LiveSample{sampleAt(0, 10), sampleAt(1, 0)}, 0, false},
		"one look":           {[]*client.LiveSample{sampleAt(0, 10)}, 0, false},
		"a burn of long ago": {[]*client.LiveSample{sampleAt(0, 100), sampleAt(1, 50), sampleAt(60, 50)}, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got, ok := stateOf(c.samples...).soldOutIn(); got != c.want || ok != c.ok {
				t.Errorf("%v, %v, want %v, %v", got, ok, c.want, c.ok)
			}
		})
	}
}

func TestNumbersAreOldAfterThreeSeconds(t *testing.T) {
	came := time.Unix(begin, 0)
	s := stateOf(sampleAt(0, 100))
	for after, want := range map[time.Duration]bool{0: false, 3 * time.Second: false, 3001 * time.Millisecond: true} {
		if got := s.Stale(came.Add(after)); got != want {
			t.Errorf("stale after %v: %v", after, got)
		}
	}
	if !(&State{}).Stale(came) {
		t.Error("what has never come is of now")
	}
}

func TestTheDelayIsOfTheLastSecondsThatHaveOne(t *testing.T) {
	with := secondAt(0, 1, 0)
	with.P50Ms, with.P99Ms = 2, 9
	s := stateOf(sampleAt(1, 90, with), sampleAt(2, 90, secondAt(1, 0, 1)))
	if p50, p99, ok := s.delay(); !ok || p50 != 2 || p99 != 9 {
		t.Errorf("%v, %v, %v", p50, p99, ok)
	}
	s.addSeconds([]client.LiveSecond{secondAt(30, 0, 1)})
	if _, _, ok := s.delay(); ok {
		t.Error("a delay of half a minute ago is shown as that of now")
	}
	if got := s.worstDelay(2 * time.Minute); got != 9 {
		t.Errorf("worst %v", got)
	}
}
