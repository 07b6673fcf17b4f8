package bench

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// fleet is replicas of the service.
type fleet struct {
	*bed
	pids []int
	stop func()
}

// deploy starts replicas, and waits until they have divided the products.
func (d *bed) deploy(replicas, products, count int) *fleet {
	d.b.Helper()
	f := &fleet{bed: d}
	var stops []func()
	for n := range replicas {
		pid, stop := d.launch("seckill", servertest.FreePort(d.b), fmt.Sprintf("Products: []\nConsumer: {Instance: \"%d\", Count: %d}\nShutdown: {Drain: 0s}\n", n, count))
		f.pids, stops = append(f.pids, pid), append(stops, stop)
	}
	f.stop = func() {
		for _, stop := range stops {
			stop()
		}
	}
	d.await("the products are divided", func() bool { return f.divided(products) })
	return f
}

// divided reports whether each product is consumed by its owner alone.
func (f *fleet) divided(products int) bool {
	f.b.Helper()
	rows, err := f.pool.Query(f.b.Context(), "SELECT run, name FROM seckill_replicas WHERE consumes_at > clock_timestamp() - interval '3 s'")
	if err != nil {
		f.b.Fatal(err)
	}
	names := map[string]string{}
	var run, name string
	if _, err := pgx.ForEachRow(rows, []any{&run, &name}, func() error { names[run] = name; return nil }); err != nil {
		f.b.Fatal(err)
	}
	by := f.consumers()
	if len(names) != len(f.pids) || len(by) != products {
		return false
	}
	owners := seckill.NewOwners(slices.Collect(maps.Keys(names)))
	for id, replicas := range by {
		if len(replicas) != 1 || names[owners.Of(id)] != strconv.Itoa(replicas[0]) {
			return false
		}
	}
	return true
}

// consumers are the products that are consumed, and by which of the replicas.
func (f *fleet) consumers() map[int64][]int {
	by := map[int64][]int{}
	for n, pid := range f.pids {
		for line := range strings.Lines(f.scrape(pid)) {
			var id int64
			var up int
			if _, err := fmt.Sscanf(line, "seckill_consumers_up{product=\"%d\"} %d", &id, &up); err == nil && up == 1 {
				by[id] = append(by[id], n)
			}
		}
	}
	return by
}

// scrape returns the metrics of a process, "" while there are none.
func (d *bed) scrape(pid int) string {
	return servertest.Scrape(fmt.Sprintf("http://127.0.0.1:%d/metrics", d.devPorts[pid]))
}

// settleBy has replicas settle entries of some products, which wait in the streams, and returns
// entries per second. Nothing is consumed before the replicas know each other: the products are
// paused until everything is in the streams. shared is of how many products both have stored
// some: those that changed hands.
func (d *bed) settleBy(replicas, products int, list []int64) (rate float64, shared int) {
	d.b.Helper()
	d.reset()
	d.sell(products, settleEntries)
	f := d.deploy(replicas, products, settleCount)
	defer f.stop()
	d.setStatus("PAUSED")
	d.await("nothing is consumed", func() bool { return len(f.consumers()) == 0 })
	for id := range products {
		d.preload(int64(id+1), list[id*len(list)/products:(id+1)*len(list)/products])
	}
	d.setStatus("ACTIVE")
	for id := range products {
		d.drainedProduct(int64(id + 1))
	}
	d.allWon(products, len(list))
	return d.rate(), f.shared(products)
}

// allWon fails unless each of so many entries has won one unit, once.
func (d *bed) allWon(products, entries int) {
	d.b.Helper()
	for what, query := range map[string]string{
		"entries that won":      "SELECT count(*) FROM seckill_logs WHERE status = 'SUCCESS'",
		"users with their unit": "SELECT count(DISTINCT (o.product_id, o.user_id)) FROM seckill_orders o JOIN seckill_logs l USING (product_id, stream_id)",
		"orders":                "SELECT count(*) FROM seckill_orders WHERE status = 'PENDING_PAYMENT'",
		"units sold":            fmt.Sprintf("SELECT %d - sum(stock_left) FROM seckill_products", products*settleEntries),
	} {
		if n := servertest.Count(d.b, d.pool, query); n != entries {
			d.b.Fatalf("%d %s of %d", n, what, entries)
		}
	}
}

// shared is of how many products several replicas have stored some.
func (f *fleet) shared(products int) (shared int) {
	texts := make([]string, len(f.pids))
	for n, pid := range f.pids {
		texts[n] = f.scrape(pid)
	}
	for id := range products {
		some := fmt.Sprintf("\nseckill_entries_total{outcome=\"stored\",product=\"%d\"} ", id+1)
		by := 0
		for _, text := range texts {
			if _, n, found := strings.Cut(text, some); found && !strings.HasPrefix(n, "0\n") {
				by++
			}
		}
		if by > 1 {
			shared++
		}
	}
	return shared
}

func (d *bed) setStatus(status string) {
	d.b.Helper()
	d.exec("UPDATE seckill_products SET status = '" + status + "'")
}

// latencyBy is latencies of one settled product.
func (d *bed) latencyBy(replicas int) []time.Duration {
	d.b.Helper()
	d.reset()
	d.sell(1, settleEntries)
	f := d.deploy(replicas, 1, 256)
	defer f.stop()
	took := d.latencies()
	d.allWon(1, latencyEntries+1) // and the one that warms up
	return took
}

// BenchmarkTwoReplicas measures what a second replica costs those products that one settles
// alone as fast: entries per second of one and of two replicas that drain one hot product, and
// twenty, in turn in one run, and how long an entry takes to be stored at 1,000 a second. The
// ratio is wanted to be at least 1, and the 99th percentile no worse.
func BenchmarkTwoReplicas(b *testing.B) {
	for _, products := range []int{1, 20} {
		b.Run(fmt.Sprintf("products=%d", products), func(b *testing.B) {
			for range b.N {
				d, list := newBed(b), users(settleEntries)
				before, _ := d.settleBy(1, products, list)
				two, shared := d.settleBy(2, products, list)
				after, _ := d.settleBy(1, products, list)
				one := (before + after) / 2
				b.ReportMetric(two, "entries/s")
				b.ReportMetric(one, "one-replica/s")
				b.ReportMetric(two/one, "ratio")
				b.ReportMetric(float64(shared), "shared-products")
				b.ReportMetric(0, "ns/op")
			}
		})
	}
	b.Run("latency", func(b *testing.B) {
		for range b.N {
			d := newBed(b)
			for n, name := range []string{"one", "two"} {
				took := d.latencyBy(n + 1)
				b.ReportMetric(milliseconds(took[len(took)/2]), name+"-p50-ms")
				b.ReportMetric(milliseconds(took[len(took)*99/100]), name+"-p99-ms")
			}
			b.ReportMetric(0, "ns/op")
		}
	})
}
