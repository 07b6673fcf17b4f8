package admission

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"seckill/internal/stream"
)

// gaugeAfter makes a gauge that has taken the given measurements, one a quarter of a
// second as the role does.
func gaugeAfter(backlogs ...stream.Backlog) *pressureGauge {
	g := &pressureGauge{rate: assumedRate}
	now := time.Unix(1_800_000_000, 0)
	for i, b := range backlogs {
		g.observe(now.Add(time.Duration(i)*pressureInterval), b)
	}
	return g
}

// run is a product's backlog over n measurements: so many arrive between two of them,
// and as many settle as the pattern says, over and over.
func run(n int, waiting, arrive int64, settle ...int64) []stream.Backlog {
	backlogs := make([]stream.Backlog, 0, n)
	b := stream.Backlog{Waiting: waiting}
	for i := range n {
		backlogs = append(backlogs, b)
		done := min(settle[i%len(settle)], b.Waiting+arrive)
		b.Waiting += arrive - done
		b.Done += done
	}
	return backlogs
}

func TestTheRateIsWhatCanBeSettled(t *testing.T) {
	const most = 1 << 40
	tests := []struct {
		name      string
		backlogs  []stream.Backlog
		low, high float64 // entries a second
	}{
		{"nothing measured", nil, assumedRate, assumedRate},
		{"one measurement tells no rate", run(1, 50_000, 0, 9), assumedRate, assumedRate},
		{"idle", run(100, 0, 0, 0), assumedRate, assumedRate},
		{"little to do says little: the rate does not fall", run(100, 0, 10, most), assumedRate, assumedRate},
		{"busy and never behind: at least what was done", run(100, 0, 2500, most), 10_000, 10_000},
		{"busy after a rest, which does not count", append(run(12, 0, 0, 0), stream.Backlog{Done: 2500}), 10_000, 10_000},
		{"saturated and fast", run(100, 1_000_000, 0, 5000), 19_500, 20_500},
		{"saturated and slow", run(100, 1_000_000, 0, 25), 95, 105},
		{"a slow database that takes a second for each batch", run(100, 1_000_000, 0, 0, 0, 0, 256), 240, 272},
		{"and one that takes two", run(160, 1_000_000, 0, 0, 0, 0, 0, 0, 0, 0, 256), 120, 136},
		{"nothing at all is settled: the rate stays", run(100, 1000, 500, 0), assumedRate, assumedRate},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if g := gaugeAfter(tt.backlogs...); g.rate < tt.low || g.rate > tt.high {
				t.Errorf("%.1f entries a second, want %.1f to %.1f", g.rate, tt.low, tt.high)
			}
		})
	}
}

func TestTheDelayIsTheBacklogAtTheRate(t *testing.T) {
	var hanging []stream.Backlog // one always waits, and one is settled every 240 measurements
	for i := range int64(240 * 60) {
		hanging = append(hanging, stream.Backlog{Waiting: 1, Done: i / 240})
	}
	tests := []struct {
		name      string
		backlogs  []stream.Backlog
		low, high time.Duration
	}{
		{"idle", run(10, 0, 0, 0), 0, 0},
		{"at first the rate is assumed", run(1, 10_000, 0, 0), 5 * time.Second, 5 * time.Second},
		{"saturated: 20,000 a second", run(100, 1_000_000, 5000, 5000), 48 * time.Second, 52 * time.Second},
		{"slow: 256 a second", run(100, 2560, 64, 0, 0, 0, 256), 9 * time.Second, 11 * time.Second},
		{"one entry hangs while others come once a minute: the rest in between tells no rate", hanging, 0, 5 * time.Second},
		{"stalled: the backlog grows and the delay with it", run(41, 0, 1000, 0), 20 * time.Second, 20 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if d := time.Duration(gaugeAfter(tt.backlogs...).delay.Load()); d < tt.low || d > tt.high {
				t.Errorf("%s, want %s to %s", d, tt.low, tt.high)
			}
		})
	}
}

// TestAfterAnOutageTheRateIsSoonWhatItWas has PostgreSQL come back after a minute: the
// minute counts little, however much it says that was settled in it.
func TestAfterAnOutageTheRateIsSoonWhatItWas(t *testing.T) {
	before := run(100, 1_000_000, 0, 1000)
	last := before[len(before)-1]
	g := gaugeAfter(before...)
	now := g.at
	for range 240 {
		now = now.Add(pressureInterval)
		g.observe(now, last)
	}
	if g.rate < 3900 || g.rate > 4100 {
		t.Errorf("during the outage the rate is %.0f", g.rate)
	}
	lowest := g.rate
	for range 12 { // three seconds
		now = now.Add(pressureInterval)
		last.Done, last.Waiting = last.Done+1000, last.Waiting-1000
		g.observe(now, last)
		lowest = min(lowest, g.rate)
	}
	if lowest < 2500 || g.rate < 3800 {
		t.Errorf("after it the rate fell to %.0f, and is %.0f", lowest, g.rate)
	}
}

// TestAGroupThatBeginsAnewTellsNoRate: what is done counts from 0 again.
func TestAGroupThatBeginsAnewTellsNoRate(t *testing.T) {
	g := gaugeAfter(stream.Backlog{Waiting: 5000, Done: 90_000}, stream.Backlog{Waiting: 5000, Done: 100}, stream.Backlog{Waiting: 5000, Done: 600})
	if g.rate != assumedRate {
		t.Errorf("%.1f entries a second", g.rate) // 500 in a quarter of a second are 2,000
	}
	if d := time.Duration(g.delay.Load()); d != 2500*time.Millisecond {
		t.Errorf("delay %s", d)
	}
}

// measured is a Pressure over given backlogs, and the products that it has asked for.
func measured(backlogs map[int64]stream.Backlog, err *error) (*Pressure, *[]int64) {
	asked := new([]int64)
	return NewPressure(func(_ context.Context, ids []int64) ([]stream.Backlog, error) {
		*asked = slices.Sorted(slices.Values(ids))
		list := make([]stream.Backlog, len(ids))
		for i, id := range ids {
			list[i] = backlogs[id]
		}
		return list, *err
	}), asked
}

func TestProductsAreMeasuredWhileAnybodyAsks(t *testing.T) {
	var err error
	p, asked := measured(map[int64]stream.Backlog{1: {Waiting: 4000}, 2: {Waiting: 2000}}, &err)
	measure := func() {
		t.Helper()
		*asked = nil
		if err := p.Measure(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	measure()
	if len(*asked) != 0 {
		t.Errorf("nobody asked, and %v were measured", *asked)
	}
	if p.Delay(1) != 0 || p.Delay(2) != 0 {
		t.Error("a delay before any measurement")
	}
	measure()
	if !slices.Equal(*asked, []int64{1, 2}) || p.Delay(1) != 2*time.Second || p.Delay(2) != time.Second {
		t.Errorf("measured %v, delays %s and %s", *asked, p.Delay(1), p.Delay(2))
	}
	forget := func(productID int64) {
		found, _ := p.gauges.Load(productID)
		found.(*pressureGauge).asked.Store(int64(time.Since(started) - pressureLife - time.Second))
	}
	forget(1)
	forget(2)
	p.Delay(2) // somebody asks again
	measure()
	if _, known := p.gauges.Load(int64(1)); known || !slices.Equal(*asked, []int64{2}) {
		t.Errorf("measured %v; product 1 known: %v", *asked, known)
	}
	if p.Delay(1) != 0 {
		t.Error("what was known of product 1 is used although it is old")
	}
}

func TestWhatCannotBeMeasuredStaysAsItWas(t *testing.T) {
	var err error
	backlogs := map[int64]stream.Backlog{1: {Waiting: 4000}, 2: {Waiting: 4000}}
	p, _ := measured(backlogs, &err)
	p.Delay(1)
	p.Delay(2)
	if err := p.Measure(t.Context()); err != nil {
		t.Fatal(err)
	}
	err = errors.New("one of the servers is away")
	backlogs[1], backlogs[2] = stream.Backlog{Err: err}, stream.Backlog{Waiting: 8000}
	if got := p.Measure(t.Context()); !errors.Is(got, err) {
		t.Errorf("%v", got)
	}
	if p.Delay(1) != 2*time.Second || p.Delay(2) != 4*time.Second {
		t.Errorf("delays %s of what is not known, and %s", p.Delay(1), p.Delay(2))
	}
}

func TestTheRoleMeasures(t *testing.T) {
	seen := make(chan struct{}, 1)
	p := NewPressure(func(_ context.Context, ids []int64) ([]stream.Backlog, error) {
		select {
		case seen <- struct{}{}:
		default:
		}
		return make([]stream.Backlog, len(ids)), nil
	})
	p.Delay(1)
	r := p.Role()
	go r.Start()
	<-seen
	r.Stop()
}
