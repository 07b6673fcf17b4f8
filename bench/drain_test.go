package bench

import (
	"bytes"
	"fmt"
	"testing"
	"time"
)

// drainEntries is the backlog of BenchmarkDrain.
const drainEntries = 200_000

// BenchmarkDrain measures how fast the service drains a backlog of a record-only
// product, against a bare COPY of the same rows in batches of Count on one connection; the
// service joins reads that wait into larger ones. The bare COPY gets its rows encoded
// beforehand, in PostgreSQL's own binary format. Reported are
//
//	rows/s       of the service
//	copy/s       of the bare COPY, the mean of two runs
//	ratio        of the two; at least 0.65 is wanted
//	peak-MB      resident memory of the service; less than 150 is wanted
func BenchmarkDrain(b *testing.B) {
	for _, count := range []int{256, 1000} {
		b.Run(fmt.Sprintf("count=%d", count), func(b *testing.B) {
			for range b.N {
				d := newBed(b)
				d.preload(product, users(drainEntries))
				pid, stop := d.start(count, "[1]")
				profiled := d.profile(pid, startTime, workTime)
				d.drained(drainEntries)
				profiled()
				rate, memory := d.rate(), peakMemory(b, pid)
				stop()
				batches := d.export(count)
				limit := (d.bareCopy(batches) + d.bareCopy(batches)) / 2
				b.ReportMetric(rate, "rows/s")
				b.ReportMetric(limit, "copy/s")
				b.ReportMetric(rate/limit, "ratio")
				b.ReportMetric(memory, "peak-MB")
				b.ReportMetric(0, "ns/op")
			}
		})
	}
}

// logColumns are what the service writes of a log.
const logColumns = "product_id, user_id, stream_id, status, reason, request_id, event_at"

// export returns the logs as the service has stored them, in batches of count rows
// in the binary format of COPY.
func (d *bed) export(count int) [][]byte {
	d.b.Helper()
	conn, err := d.pool.Acquire(d.b.Context())
	if err != nil {
		d.b.Fatal(err)
	}
	defer conn.Release()
	var batches [][]byte
	for from := 0; from < drainEntries; from += count {
		var batch bytes.Buffer
		_, err := conn.Conn().PgConn().CopyTo(d.b.Context(), &batch, fmt.Sprintf(
			"COPY (SELECT %s FROM seckill_logs WHERE id > %d AND id <= %d ORDER BY id) TO STDOUT (FORMAT binary)",
			logColumns, from, from+count))
		if err != nil {
			d.b.Fatal(err)
		}
		batches = append(batches, batch.Bytes())
	}
	return batches
}

// bareCopy returns rows per second of nothing but COPY into an empty table, one
// connection, one transaction a batch.
func (d *bed) bareCopy(batches [][]byte) float64 {
	d.b.Helper()
	d.reset()
	conn, err := d.pool.Acquire(d.b.Context())
	if err != nil {
		d.b.Fatal(err)
	}
	defer conn.Release()
	rows := int64(0)
	began := time.Now()
	for _, batch := range batches {
		tag, err := conn.Conn().PgConn().CopyFrom(d.b.Context(), bytes.NewReader(batch),
			"COPY seckill_logs ("+logColumns+") FROM STDIN (FORMAT binary)")
		if err != nil {
			d.b.Fatal(err)
		}
		rows += tag.RowsAffected()
	}
	if rows != drainEntries {
		d.b.Fatalf("%d rows of %d", rows, drainEntries)
	}
	return float64(rows) / time.Since(began).Seconds()
}
