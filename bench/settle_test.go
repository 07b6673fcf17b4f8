package bench

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"seckill/internal/ledger"
	"seckill/internal/seckill"
	"seckill/model"
)

const (
	// settleEntries is the number of attempts of a measurement.
	settleEntries = 200_000
	// settleCount is the batch size of the settlement benchmarks.
	settleCount = 1000
)

// silent is an observer that nobody listens to.
type silent struct{}

func (silent) LogsWritten(int64, seckill.Status, seckill.Reason, int) {}
func (silent) OrdersWritten(int64, seckill.OrderStatus, int)          {}
func (silent) DeadLettersWritten(int64, seckill.DeadReason, int)      {}
func (silent) PaymentUnwanted(int64, seckill.Unwanted)                {}

// sell creates products with stock for sale.
func (d *bed) sell(products int, stock int64) {
	d.b.Helper()
	if _, err := d.pool.Exec(d.b.Context(), "TRUNCATE seckill_products"); err != nil {
		d.b.Fatal(err)
	}
	book := ledger.New(d.pool, silent{})
	for id := int64(1); id <= int64(products); id++ {
		_, err := book.CreateProduct(d.b.Context(), "bench", seckill.Product{
			ProductID: id, StockTotal: &stock, PerUserLimit: 1, PaymentWindow: time.Hour,
		})
		if err != nil {
			d.b.Fatal(err)
		}
	}
}

// drainSettled lets the service settle a preloaded stream and returns entries per
// second.
func (d *bed) drainSettled(products int) float64 {
	d.b.Helper()
	pid, stop := d.start(settleCount, "[]")
	defer stop()
	defer d.profile(pid, startTime, workTime)()
	for id := int64(1); id <= int64(products); id++ {
		d.drainedProduct(id)
	}
	return d.rate()
}

// bareSettle is the in-run limit: the same SQL over batches of settleCount, in a bare
// loop, without Redis. It returns entries per second.
func (d *bed) bareSettle(list []int64, serial int) float64 {
	d.b.Helper()
	began := time.Now()
	for from := 0; from < len(list); from += settleCount {
		d.settleBatch(list[from:min(from+settleCount, len(list))], serial+from)
	}
	return float64(len(list)) / time.Since(began).Seconds()
}

// settleBatch is one batch in bare SQL, decided as if nobody had an order yet.
func (d *bed) settleBatch(batch []int64, serial int) {
	ctx := context.Background()
	tx, err := d.pool.BeginSettlement(ctx, product, nil, nil, model.Known{})
	if err != nil {
		d.b.Fatal(err)
	}
	logs, orders := make([]model.NewLog, len(batch)), make([]model.NewOrder, 0, len(batch))
	expires := tx.Product.Now.Add(tx.Product.PaymentWindow).UnixMilli()
	for i, user := range batch {
		id := entryID(serial + i)
		logs[i] = model.NewLog{ProductID: product, UserID: user, StreamID: id, Status: "FAILED", Reason: "SOLD_OUT", EventAtMs: 1234567890000}
		if tx.Product.Left > int64(i) {
			logs[i].Status, logs[i].Reason = "SUCCESS", ""
			orders = append(orders, model.NewOrder{
				ProductID: product, UserID: user, StreamID: id, Status: "PENDING_PAYMENT", Slot: 1, ExpiresAtMs: expires,
			})
		}
	}
	var move *model.Move // raw entries that win are debited from the gate
	if len(orders) > 0 {
		move = &model.Move{Units: -int64(len(orders)), Taken: batch[:len(orders)]}
	}
	if err := tx.Commit(ctx, orders, logs, move); err != nil {
		d.b.Fatal(err)
	}
}

// BenchmarkSettle measures how fast the service settles one hot product, all
// attempts by different users in random order, against the same SQL in a bare loop
// over batches of a read; the service joins those that wait. Reported are, for winners and for losers (sold out),
//
//	entries/s    of the service
//	limit/s      of the bare loop, the mean of a run before and one after
//	ratio        of the two; at least 0.8 is wanted
func BenchmarkSettle(b *testing.B) {
	for _, tt := range []struct {
		name  string
		stock int64
	}{{"winners", settleEntries}, {"losers", 0}} {
		b.Run(tt.name, func(b *testing.B) {
			for range b.N {
				d, list := newBed(b), users(settleEntries)
				bare := func() float64 {
					d.reset()
					d.sell(1, tt.stock)
					return d.bareSettle(list, 0)
				}
				before := bare()
				d.reset()
				d.sell(1, tt.stock)
				d.preload(product, list)
				rate := d.drainSettled(1)
				limit := (before + bare()) / 2
				b.ReportMetric(rate, "entries/s")
				b.ReportMetric(limit, "limit/s")
				b.ReportMetric(rate/limit, "ratio")
				b.ReportMetric(0, "ns/op")
			}
		})
	}
}

// BenchmarkTwentyProducts measures the same number of winners spread over twenty
// products at once, against one product in the same run; the ratio of the totals is
// wanted to be at least 1.
func BenchmarkTwentyProducts(b *testing.B) {
	const products = 20
	for range b.N {
		d, list := newBed(b), users(settleEntries)
		one := func() float64 {
			d.reset()
			d.sell(1, settleEntries)
			d.preload(product, list)
			return d.drainSettled(1)
		}
		before := one()
		d.reset()
		d.sell(products, settleEntries)
		for id := range products {
			d.preload(int64(id+1), list[id*len(list)/products:(id+1)*len(list)/products])
		}
		all := d.drainSettled(products)
		single := (before + one()) / 2
		b.ReportMetric(all, "entries/s")
		b.ReportMetric(single, "one-product/s")
		b.ReportMetric(all/single, "ratio")
		b.ReportMetric(0, "ns/op")
	}
}

// entryID is the ID of the nth entry of a stream to which fifty come in a millisecond. Were all
// of one millisecond, texts would sort them otherwise than they came: "9" behind "10".
func entryID(n int) string {
	const ofOneMillisecond = 50
	return fmt.Sprintf("%d-%d", 1234567890123+n/ofOneMillisecond, n%ofOneMillisecond)
}

// median is the middle of some measurements.
func median[T cmp.Ordered](list []T) T {
	return slices.Sorted(slices.Values(list))[len(list)/2]
}
