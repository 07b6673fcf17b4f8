package bench

import (
	"fmt"
	"testing"
	"time"

	"seckill/internal/devstack"
	"seckill/internal/ledger"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// turnBatches is how many batches a table takes in turn: enough that the caches of the
// processor are its own again for most of them.
const turnBatches = 50

// BenchmarkGrowth stores batches on tables that are empty at first, in one run on one set of
// connections, so that a plan made for the empty table would show: five million rows of a
// record-only product, at the defaults of PostgreSQL and with the settings that are recommended,
// and a million winners. The last tenth is stored by turns with the second tenth on another
// server, for a machine changes its speed within a minute by more than a table that grows.
// Reported are
//
//	first-ms    the median time of a batch of the first tenth
//	second-ms   of the second, by which the indexes have grown beyond a few pages
//	last-ms     of the last
//	ratio       of the speeds of the last and the second; 0.9 is wanted, a stale plan would
//	            make it a fiftieth
//
// The database's cache is filled beforehand, with pages of another table that have
// yet to be written. In a cache that is empty the first pages cost nothing to place,
// and the start would look a quarter faster than any later moment can be.
func BenchmarkGrowth(b *testing.B) {
	b.Run("rows", func(b *testing.B) { growth(b, 5_000_000, "NULL", nil) })
	b.Run("rows-with-settings", func(b *testing.B) { growth(b, 5_000_000, "NULL", recommended[len(recommended)-1].args) })
	b.Run("winners", func(b *testing.B) { growth(b, 1_000_000, "1000000", nil) })
}

// growth stores the entries of one product with the given stock, on PostgreSQLs with settings.
func growth(b *testing.B, entries int, stock string, settings []string) {
	b.Helper()
	for range b.N {
		list, tenth := users(entries), entries/10
		whole, part := newTable(b, list, stock, settings), newTable(b, list, stock, settings)
		first := median(whole.grow(tenth))
		whole.grow(entries - tenth)
		part.grow(tenth)
		var second, last []time.Duration
		for whole.size < entries {
			second = append(second, part.grow(part.size+turnBatches*settleCount)...)
			last = append(last, whole.grow(whole.size+turnBatches*settleCount)...)
		}
		b.ReportMetric(milliseconds(first), "first-ms")
		b.ReportMetric(milliseconds(median(second)), "second-ms")
		b.ReportMetric(milliseconds(median(last)), "last-ms")
		b.ReportMetric(float64(median(second))/float64(median(last)), "ratio")
		b.ReportMetric(0, "ns/op")
		whole.holds()
		part.holds()
	}
}

// table is one that grows, on a server of its own.
type table struct {
	*bed

	book *ledger.Ledger
	list []int64 // the users of its entries
	size int
}

func newTable(b *testing.B, list []int64, stock string, settings []string) *table {
	b.Helper()
	d := newBedWith(b, devstack.Options{Args: settings})
	d.exec(fmt.Sprintf("INSERT INTO seckill_products (product_id, stock_total, stock_left) VALUES (%d, %s, %[2]s)", product, stock))
	d.fillCache()
	return &table{bed: d, book: ledger.New(d.pool, silent{}), list: list}
}

// fillCache fills PostgreSQL's shared buffers one and a half times over, with rows of which a
// page holds 18.
func (d *bed) fillCache() {
	d.b.Helper()
	d.exec("CREATE TABLE filler (id bigint, filling text)")
	d.exec(`INSERT INTO filler SELECT n, repeat('x', 400)
  FROM generate_series(1, pg_size_bytes(current_setting('shared_buffers')) / 8192 * 18 * 3 / 2) AS n`)
}

// grow stores batches as the service does until the table has a size, and returns how long each
// took.
func (t *table) grow(size int) (took []time.Duration) {
	t.b.Helper()
	for ; t.size < size; t.size += settleCount {
		batch := ledger.Batch{ProductID: product}
		for i, user := range t.list[t.size : t.size+settleCount] {
			batch.Attempts = append(batch.Attempts, seckill.Attempt{UserID: user, StreamID: entryID(t.size + i)})
		}
		began := time.Now()
		if _, err := t.book.Store(t.b.Context(), batch); err != nil {
			t.b.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	return took
}

// holds checks that the table holds what was stored.
func (t *table) holds() {
	t.b.Helper()
	if rows := servertest.Count(t.b, t.pool, "SELECT count(*) FROM seckill_logs"); rows != t.size {
		t.b.Errorf("%d rows of %d", rows, t.size)
	}
}
