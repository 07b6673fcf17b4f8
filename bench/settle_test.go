package bench

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"seckill/internal/devstack"
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
		id := fmt.Sprintf("1234567890123-%d", serial+i)
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

// BenchmarkGrowth stores batches on tables that are empty at first, in one run on one set of
// connections, so that a plan made for the empty table would show: five million rows of a
// record-only product, at the defaults of PostgreSQL and with the settings that are recommended,
// and a million winners. It reports the median time of a batch over the
// first, the second and the last tenth, and the ratio of the speeds of the second, by which the
// indexes have grown beyond a few pages, and the last; 0.9 is wanted, a stale plan would make
// it a fiftieth.
//
// The database's cache is filled beforehand, with pages of another table that have
// yet to be written. In a cache that is empty the first pages cost nothing to place,
// and the start would look a quarter faster than any later moment can be.
func BenchmarkGrowth(b *testing.B) {
	b.Run("rows", func(b *testing.B) { growth(b, 5_000_000, "NULL", nil) })
	b.Run("rows-with-settings", func(b *testing.B) { growth(b, 5_000_000, "NULL", recommended[len(recommended)-1].args) })
	b.Run("winners", func(b *testing.B) { growth(b, 1_000_000, "1000000", nil) })
}

// growth stores the entries of one product with the given stock, on a PostgreSQL with settings.
func growth(b *testing.B, entries int, stock string, settings []string) {
	b.Helper()
	for range b.N {
		d, list := newBedWith(b, devstack.Options{Args: settings}), users(entries)
		d.exec(fmt.Sprintf("INSERT INTO seckill_products (product_id, stock_total, stock_left) VALUES (%d, %s, %[2]s)", product, stock))
		d.fillCache()
		book := ledger.New(d.pool, silent{})
		took := make([]time.Duration, 0, entries/settleCount)
		for from := 0; from < entries; from += settleCount {
			took = append(took, d.store(book, list[from:from+settleCount], from))
		}
		tenth := len(took) / 10
		first, second, last := median(took[:tenth]), median(took[tenth:2*tenth]), median(took[len(took)-tenth:])
		b.ReportMetric(milliseconds(first), "first-ms")
		b.ReportMetric(milliseconds(second), "second-ms")
		b.ReportMetric(milliseconds(last), "last-ms")
		b.ReportMetric(float64(second)/float64(last), "ratio")
		b.ReportMetric(0, "ns/op")
	}
}

// fillCache fills PostgreSQL's shared buffers, 128 MB by default, twice over.
func (d *bed) fillCache() {
	d.b.Helper()
	for _, sql := range []string{
		"CREATE TABLE filler (id bigint, filling text)",
		"INSERT INTO filler SELECT n, repeat('x', 400) FROM generate_series(1, 600000) AS n",
	} {
		if _, err := d.pool.Exec(d.b.Context(), sql); err != nil {
			d.b.Fatal(err)
		}
	}
}

// store settles one batch as the service does and returns how long it took.
func (d *bed) store(book *ledger.Ledger, list []int64, serial int) time.Duration {
	d.b.Helper()
	batch := ledger.Batch{ProductID: product}
	for i, user := range list {
		batch.Attempts = append(batch.Attempts, seckill.Attempt{UserID: user, StreamID: fmt.Sprintf("1234567890123-%d", serial+i)})
	}
	began := time.Now()
	if _, err := book.Store(d.b.Context(), batch); err != nil {
		d.b.Fatal(err)
	}
	return time.Since(began)
}

// median is the middle of some measurements.
func median[T cmp.Ordered](list []T) T {
	return slices.Sorted(slices.Values(list))[len(list)/2]
}
