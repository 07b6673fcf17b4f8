package bench

import (
	"testing"
	"time"
)

// BenchmarkFeed measures what it costs winners that order events are written with them: the
// SQL of a settlement in a bare loop, whose batches are settled with the trigger and without
// it by turns, on the same tables, so that whatever else the machine does hits both alike.
// Reported are
//
//	with/s, without/s  winners a second, by the median batch
//	cost-%             by how much longer that takes with events; less than 5 is wanted
func BenchmarkFeed(b *testing.B) {
	for range b.N {
		d, list := newBed(b), users(settleEntries)
		d.sell(1, settleEntries)
		var took [2][]time.Duration
		for n := range len(list) / settleCount {
			side, from := (n+n/2)%2, n*settleCount // ABBA: tables that grow hit both alike
			d.tells([]string{"DISABLE", "ENABLE"}[side])
			began := time.Now()
			d.settleBatch(list[from:from+settleCount], from)
			took[side] = append(took[side], time.Since(began))
		}
		without, with := median(took[0]), median(took[1])
		b.ReportMetric(settleCount/with.Seconds(), "with/s")
		b.ReportMetric(settleCount/without.Seconds(), "without/s")
		b.ReportMetric(100*(float64(with)/float64(without)-1), "cost-%")
		b.ReportMetric(0, "ns/op")
	}
}

// tells switches the events of new orders on (ENABLE) or off (DISABLE).
func (d *bed) tells(how string) {
	d.b.Helper()
	if _, err := d.pool.Exec(d.b.Context(), "ALTER TABLE seckill_orders "+how+" TRIGGER seckill_orders_told"); err != nil {
		d.b.Fatal(err)
	}
}
