package metrics_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"seckill/internal/metrics"
	"seckill/internal/seckill"
)

// places returns the places of stock that a registry shows.
func places(t *testing.T, r *prometheus.Registry) []string {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	for _, f := range families {
		if f.GetName() != "seckill_stock" {
			continue
		}
		for _, m := range f.GetMetric() {
			for _, label := range m.GetLabel() {
				if label.GetName() == "place" {
					shown[label.GetValue()] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(shown))
}

func TestWhatTheGateHeldIsNotShownOnceNobodyKnows(t *testing.T) {
	r := prometheus.NewRegistry()
	m := metrics.New(r)
	total, left := int64(5), int64(3)
	books := seckill.Books{ProductID: 1, StockTotal: &total, StockLeft: &left, LiveOrders: 2, Gate: &seckill.GateAccount{Left: 3}}
	m.Stock(books)
	if got, want := places(t, r), []string{"in_flight", "left", "redis", "sold", "total"}; !slices.Equal(got, want) {
		t.Errorf("with a gate: %v, want %v", got, want)
	}
	books.Gate = nil
	m.Stock(books)
	if got, want := places(t, r), []string{"left", "sold", "total"}; !slices.Equal(got, want) {
		t.Errorf("without: %v, want %v", got, want)
	}
}

func TestAnAttemptIsCountedWithoutAnAllocation(t *testing.T) {
	m := metrics.New(prometheus.NewRegistry())
	m.Know(2_000_001)
	for _, outcome := range []string{"admitted", "sold_out"} {
		n := testing.AllocsPerRun(1000, func() { m.AttemptDecided(2_000_001, outcome, time.Millisecond) })
		if n != 0 {
			t.Errorf("%s: %v allocations", outcome, n)
		}
	}
}

// TestAProductThatSomebodyMadeUpLeavesNothing has things told of a product after it was
// forgotten, and of one that never was.
func TestAProductThatSomebodyMadeUpLeavesNothing(t *testing.T) {
	r := prometheus.NewRegistry()
	m := metrics.New(r)
	m.Forget(1)
	m.StockUnknown(1)
	m.TrimHeld(1, "", 0)
	m.ConsumerUp(2, true)
	m.Forget(2)
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, s := range f.GetMetric() {
			for _, l := range s.GetLabel() {
				if l.GetName() == "product" {
					t.Errorf("%s of product %s", f.GetName(), l.GetValue())
				}
			}
		}
	}
}
