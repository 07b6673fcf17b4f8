package bench

import (
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"seckill/internal/seckill"
)

const (
	latencyEntries  = 10_000
	latencyInterval = time.Millisecond
)

// latencies sends entries at their rate, and returns in order how long each took from just before
// its XADD to the moment when a second connection saw its row.
func (d *bed) latencies() []time.Duration {
	d.b.Helper()
	d.warm()
	sent := make([]time.Time, latencyEntries+1)
	var wg sync.WaitGroup
	wg.Go(func() { d.send(sent) })
	seen := d.watch()
	wg.Wait()
	took := make([]time.Duration, latencyEntries)
	for i := range took {
		took[i] = seen[i+1].Sub(sent[i+1])
	}
	slices.Sort(took)
	return took
}

// BenchmarkLatency measures the time from just before an XADD to the moment when a
// second connection sees the row, at 1,000 entries a second. It reports the median
// (at most 3 ms is wanted) and the 99th percentile (at most 15 ms).
func BenchmarkLatency(b *testing.B) {
	for range b.N {
		d := newBed(b)
		_, stop := d.start(256, "[1]")
		took := d.latencies()
		stop()
		b.ReportMetric(milliseconds(took[len(took)/2]), "p50-ms")
		b.ReportMetric(milliseconds(took[len(took)*99/100]), "p99-ms")
		b.ReportMetric(milliseconds(took[len(took)-1]), "max-ms")
		b.ReportMetric(0, "ns/op")
	}
}

// warm pushes one entry, that of no counted user, through the whole way.
func (d *bed) warm() {
	d.b.Helper()
	d.preload(product, []int64{latencyEntries + 1})
	d.drained(1)
}

// send adds an entry a millisecond and notes when.
func (d *bed) send(sent []time.Time) {
	ticker := time.NewTicker(latencyInterval)
	defer ticker.Stop()
	for uid := 1; uid < len(sent); uid++ {
		<-ticker.C
		sent[uid] = time.Now()
		err := d.client.XAdd(d.b.Context(), &redis.XAddArgs{
			Stream: seckill.StreamKey(product), Values: []string{"uid", strconv.Itoa(uid)},
		}).Err()
		if err != nil {
			d.b.Error(err)
			return
		}
	}
}

// watch looks for new rows again and again and notes when each user's is seen.
func (d *bed) watch() []time.Time {
	d.b.Helper()
	seen := make([]time.Time, latencyEntries+2)
	deadline := time.Now().Add(2 * time.Minute)
	last, user := int64(0), int64(0)
	for count := 0; count < latencyEntries; {
		if time.Now().After(deadline) {
			d.b.Fatalf("%d of %d rows seen within two minutes", count, latencyEntries)
		}
		rows, err := d.pool.Query(d.b.Context(), "SELECT id, user_id FROM seckill_logs WHERE id > $1", last)
		if err != nil {
			d.b.Fatal(err)
		}
		id := int64(0)
		_, err = pgx.ForEachRow(rows, []any{&id, &user}, func() error {
			last = max(last, id)
			if user <= latencyEntries {
				seen[user] = time.Now()
				count++
			}
			return nil
		})
		if err != nil {
			d.b.Fatal(err)
		}
		time.Sleep(200 * time.Microsecond) // leaves the processors to what is measured
	}
	return seen
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
