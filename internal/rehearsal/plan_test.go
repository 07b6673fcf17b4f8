package rehearsal

import (
	"strings"
	"testing"
	"time"

	"seckill/client"
)

func TestALoadIsBounded(t *testing.T) {
	for name, c := range map[string]struct {
		rate   int
		during time.Duration
		want   string
	}{
		"no rate":         {0, time.Second, "it has to be 1 to 5000"},
		"too high a rate": {MaxRate + 1, time.Second, "it has to be 1 to 5000"},
		"no time":         {1, 0, "longer than 0s"},
		"too long":        {1, MaxFor + 1, "at most 10m0s"},
		"too many buyers": {MaxRate, MaxFor, "3000000 buyers: there may be 500000"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Load(1, c.rate, c.during); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

func TestALoadComesEvenly(t *testing.T) {
	plan, err := Load(7, 500, 30*time.Second)
	if err != nil || plan.ProductID != 7 || plan.Buyers != 15_000 {
		t.Fatalf("%+v, %v", plan, err)
	}
	for n, want := range map[int]time.Duration{0: 0, 1: 2 * time.Millisecond, 500: time.Second, 14_999: 29998 * time.Millisecond} {
		if got := plan.Arrival(n); got != want {
			t.Errorf("buyer %d comes after %v, want %v", n, got, want)
		}
	}
	if plan, err = Load(7, 1, time.Millisecond); err != nil || plan.Buyers != 1 {
		t.Errorf("%d buyers, %v: somebody has to come", plan.Buyers, err)
	}
}

func TestSharesAreKeptAmongTheFirstHundred(t *testing.T) {
	acts := map[Act]int{}
	firstTen := map[Act]int{}
	for n := range 100 {
		acts[Shares(60, 10)(n)]++
		if n < 10 {
			firstTen[Shares(60, 10)(n)]++
		}
	}
	if acts[Pay] != 60 || acts[Cancel] != 10 || acts[Ignore] != 30 {
		t.Errorf("%v of a hundred", acts)
	}
	if firstTen[Pay] == 10 || firstTen[Pay] == 0 {
		t.Errorf("%v of the first ten, who are the ones that win", firstTen)
	}
}

func TestARehearsalIsKnownByItsName(t *testing.T) {
	for name, want := range map[string]bool{
		"rehearsal": true, "Rehearsal of Friday": true, "REHEARSAL-1": true,
		"": false, "Phone": false, "the rehearsal": false, "rehears": false,
	} {
		if got := IsRehearsal(client.Product{Name: name}); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}

func TestPercentilesAreMeasuredValues(t *testing.T) {
	var all []time.Duration
	for n := 100; n > 0; n-- {
		all = append(all, time.Duration(n)*time.Millisecond)
	}
	if got, want := latenciesOf(all), (Latencies{Count: 100, P50: 50, P90: 90, P99: 99, Max: 100}); got != want {
		t.Errorf("of 1 to 100 ms: %+v", got)
	}
	if got, want := latenciesOf([]time.Duration{1234 * time.Microsecond}), (Latencies{Count: 1, P50: 1.23, P90: 1.23, P99: 1.23, Max: 1.23}); got != want {
		t.Errorf("of one: %+v", got)
	}
	if got := latenciesOf(nil); got != (Latencies{}) {
		t.Errorf("of none: %+v", got)
	}
}
