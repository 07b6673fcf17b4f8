package bench

import (
	"fmt"
	"testing"

	"seckill/internal/servertest"
)

// backUnits are sold by BenchmarkComingBack, of which two fifths come back.
const backUnits = 100_000

// BenchmarkComingBack has two fifths of the orders of a sold-out product expire at one moment,
// and as many users come for the units. Reported are
//
//	back/s       units a second that come back, from the first expired order to the last
//	again/s      winners a second of those units
//	first/s      winners a second of the sale before, in the same run
//
// The books balance after each step, and no unit is sold twice.
func BenchmarkComingBack(b *testing.B) {
	for range b.N {
		d, list := newBed(b), users(backUnits*3/2) // more than come back
		d.sell(1, backUnits)
		d.preload(product, list[:backUnits])
		_, stop := d.start(settleCount, "[]")
		d.drainedProduct(product)
		first := d.rate()
		d.exec("UPDATE seckill_orders SET expires_at = clock_timestamp() WHERE user_id % 5 < 2")
		back := servertest.Count(b, d.pool, "SELECT count(*) FROM seckill_orders WHERE user_id % 5 < 2")
		d.await("every unit that was not paid for has come back", func() bool {
			return servertest.Count(b, d.pool, "SELECT stock_left FROM seckill_products") == back
		})
		b.ReportMetric(d.number(`
SELECT count(*) / extract(epoch FROM max(updated_at) - min(updated_at)) FROM seckill_orders WHERE status = 'EXPIRED'`), "back/s")
		began := d.number("SELECT extract(epoch FROM clock_timestamp())")
		d.preload(product, list[backUnits:backUnits+back])
		d.drainedProduct(product)
		stop()
		b.ReportMetric(d.number(fmt.Sprintf(`
SELECT count(*) FILTER (WHERE created_at > first) / extract(epoch FROM max(created_at) - min(first))
  FROM (SELECT created_at, min(created_at) OVER () AS first FROM seckill_orders WHERE created_at > to_timestamp(%f)) AS o`, began)), "again/s")
		b.ReportMetric(first, "first/s")
		b.ReportMetric(0, "ns/op")
		if left, live := servertest.Count(b, d.pool, "SELECT stock_left FROM seckill_products"), servertest.Count(b, d.pool,
			"SELECT count(*) FROM seckill_orders WHERE status = 'PENDING_PAYMENT'"); left != 0 || live != backUnits {
			b.Errorf("%d units left, %d live orders of %d", left, live, backUnits)
		}
	}
}
