package peers

import (
	"fmt"
	"testing"
)

const (
	// entries are drained by each way that writes batches.
	entries = 200_000
	// fewEntries are drained by each way that writes one row after another.
	fewEntries = 5_000
)

// BenchmarkRecordOnly drains the same entries of a record-only product in each way, in one
// run. Reported are rows per second of each, and what the service's are as a ratio of them:
//
//	service/s, service1000/s   the service with reads of 256, which is its default, and of 1000
//	guide256/s, guide64/s      the integration guide's way with gorm; at least 3 times is wanted
//	watermill/s                watermill's subscriber
//	pipeline/s                 the bare pipeline, batches of 1000; at least 0.9 is wanted
//	pipeline8192/s             the same, batches as large as those that the service makes of reads
//	copy/s                     the bare COPY, batches of 1000
func BenchmarkRecordOnly(b *testing.B) {
	for range b.N {
		d := newBed(b)
		db := d.gorm()
		record := func(batch int) float64 {
			d.preload(entries)
			return d.service(entries, fmt.Sprintf("Products: [%d]\nConsumer: {Count: %d}\n", product, batch))
		}
		drain := func(n int, way func() error) float64 {
			d.preload(n)
			must(b, way())
			return d.drained("peer_logs", n)
		}
		before := record(256)
		thousand := record(1000)
		guide := drain(entries, func() error { return d.guide(db, 256) })
		guide64 := drain(entries, func() error { return d.guide(db, 64) })
		watermill := drain(fewEntries, func() error { return d.watermill(fewEntries) })
		pipeline := drain(entries, func() error { return d.pipeline(1000) })
		joined := drain(entries, func() error { return d.pipeline(8192) })
		bare, err := d.bareCopy(1000)
		must(b, err)
		service := (before + record(256)) / 2
		for name, rate := range map[string]float64{
			"service1000": thousand, "guide256": guide, "guide64": guide64, "watermill": watermill, "pipeline": pipeline, "pipeline8192": joined, "copy": bare,
		} {
			b.ReportMetric(rate, name+"/s")
			b.ReportMetric(service/rate, "of_"+name)
		}
		b.ReportMetric(service, "service/s")
		b.ReportMetric(0, "ns/op")
	}
}

// BenchmarkWinners settles a product all of whose attempts win, by the service and with one
// transaction an order; at least 40 times as fast is wanted.
func BenchmarkWinners(b *testing.B) {
	for range b.N {
		d := newBed(b)
		db := d.gorm()
		settle := func() float64 {
			d.preload(entries)
			d.exec(fmt.Sprintf("INSERT INTO seckill_products (product_id, stock_total, stock_left) VALUES (%d, %d, %d)", product, entries, entries))
			return d.service(entries, "Consumer: {Count: 1000}\n")
		}
		before := settle()
		d.preload(fewEntries)
		d.exec(fmt.Sprintf("INSERT INTO peer_products VALUES (%d, %d)", product, fewEntries))
		must(b, d.oneByOne(db))
		single := d.drained("peer_logs", fewEntries)
		service := (before + settle()) / 2
		b.ReportMetric(service, "service/s")
		b.ReportMetric(single, "one-by-one/s")
		b.ReportMetric(service/single, "ratio")
		b.ReportMetric(0, "ns/op")
	}
}
