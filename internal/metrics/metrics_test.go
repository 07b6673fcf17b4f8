package metrics_test

import (
	"maps"
	"slices"
	"testing"

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
