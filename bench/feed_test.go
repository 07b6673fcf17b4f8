package bench

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
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
		tells := true
		for n := range len(list) / settleCount {
			side, from := (n+n/2)%2, n*settleCount // ABBA: tables that grow hit both alike
			if on := side == 1; on != tells {
				d.tells(on)
				tells = on
			}
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

// silence takes the place of what writes the events, whose name it has while it is switched on.
const silence = `
ALTER FUNCTION seckill_tell_orders(bigint, text, timestamptz, bigint[], text) RENAME TO seckill_told_orders;
CREATE FUNCTION seckill_tell_orders(product bigint, status text, at timestamptz, orders bigint[], server text)
RETURNS void LANGUAGE plpgsql AS 'BEGIN END'`

// tells switches the events of new orders on or off; they are on at first.
func (d *bed) tells(on bool) {
	d.b.Helper()
	sql := silence
	if on {
		sql = `DROP FUNCTION seckill_tell_orders(bigint, text, timestamptz, bigint[], text);
ALTER FUNCTION seckill_told_orders(bigint, text, timestamptz, bigint[], text) RENAME TO seckill_tell_orders`
	}
	if _, err := d.pool.Exec(d.b.Context(), sql, pgx.QueryExecModeSimpleProtocol); err != nil {
		d.b.Fatal(err)
	}
}
