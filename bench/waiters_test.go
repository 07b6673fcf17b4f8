package bench

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"seckill/internal/auth"
	"seckill/internal/servertest"
)

const (
	// waiters is how many long polls hang at once, each on a connection of its own.
	waiters = 9_500
	// settling is how many of them get their result at once: as many as a few batches,
	// for a rush has the consumer settle one batch after the other.
	settling = 1_000
	// singles is how many get theirs one after another.
	singles = 300
)

// BenchmarkWaiters lets long polls hang on one of two replicas, either of which settles
// what some of them wait for. Reported are
//
//	MB/10k      resident memory that ten thousand long polls cost; below 200 is wanted
//	p50-ms …    from the commit of a result to its answer at the client, of results that
//	            come one after another; 50 is wanted
//	burst-…     the same of a thousand at once, the clients being on the same processors
func BenchmarkWaiters(b *testing.B) {
	for range b.N {
		d, port := newBed(b), servertest.FreePort(b)
		d.keepCommitTimes()
		d.sell(1, waiters)
		pid, stop := d.launch("seckill", port, "Consumer: {Count: 256, Instance: here}\n")
		_, stopOther := d.launch("seckill", servertest.FreePort(b), "Consumer: {Count: 256, Instance: there}\n")
		d.drainedProduct(product)
		before := residentMemory(b, pid)
		profiled := d.profile(pid, 0, 5*workTime)
		answers := d.hang(port)
		b.ReportMetric((peakMemory(b, pid)-before)/waiters*10_000, "MB/10k")
		list := users(settling + singles)
		d.preload(product, list[:settling])
		burst := receive(answers, settling)
		var single []answer
		for _, user := range list[settling:] {
			d.preload(product, []int64{user})
			single = append(single, receive(answers, 1)...)
		}
		profiled()
		stopOther()
		stop() // answers the rest
		d.reportLatencies("burst-", burst)
		d.reportLatencies("", single)
		b.ReportMetric(0, "ns/op")
	}
}

// keepCommitTimes has PostgreSQL remember when each transaction was committed.
func (d *bed) keepCommitTimes() {
	d.b.Helper()
	_, err := d.pool.Exec(d.b.Context(), "ALTER SYSTEM SET track_commit_timestamp = on")
	d.pool.Reset()
	if err = errors.Join(err, d.postgres.Pause(d.b.Context()), d.postgres.Resume(d.b.Context())); err != nil {
		d.b.Fatal(err)
	}
}

// answer is when the result of a user has arrived.
type answer struct {
	user    int64
	arrived time.Time
}

func receive(answers <-chan answer, n int) []answer {
	list := make([]answer, n)
	for i := range list {
		list[i] = <-answers
	}
	return list
}

// reportLatencies reports how long answers have taken from their commits.
func (d *bed) reportLatencies(what string, answers []answer) {
	d.b.Helper()
	rows, err := d.pool.Query(d.b.Context(), "SELECT user_id, pg_xact_commit_timestamp(xmin) FROM seckill_logs")
	if err != nil {
		d.b.Fatal(err)
	}
	committed := map[int64]time.Time{}
	var user int64
	var at time.Time
	if _, err := pgx.ForEachRow(rows, []any{&user, &at}, func() error { committed[user] = at; return nil }); err != nil {
		d.b.Fatal(err)
	}
	latencies := make([]time.Duration, len(answers))
	for i, a := range answers {
		latencies[i] = a.arrived.Sub(committed[a.user])
	}
	slices.Sort(latencies)
	n := len(latencies)
	d.b.ReportMetric(milliseconds(latencies[n/2]), what+"p50-ms")
	d.b.ReportMetric(milliseconds(latencies[n*99/100]), what+"p99-ms")
	d.b.ReportMetric(milliseconds(latencies[n-1]), what+"max-ms")
}

// hang begins the long polls, and returns their answers as they come.
func (d *bed) hang(port int) <-chan answer {
	d.b.Helper()
	token, err := auth.IssueToken(secret, "bench", "bff", time.Hour)
	if err != nil {
		d.b.Fatal(err)
	}
	answers := make(chan answer, waiters)
	for user := 1; user <= waiters; user++ {
		conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			d.b.Fatal(err)
		}
		d.b.Cleanup(func() { _ = conn.Close() })
		if _, err := fmt.Fprintf(conn, "GET /api/v1/products/%d/users/%d/result?wait=30s HTTP/1.1\r\nHost: bench\r\n"+
			"Authorization: Bearer %s\r\n\r\n", product, user, token); err != nil {
			d.b.Fatal(err)
		}
		go await(conn, answers)
	}
	time.Sleep(3 * time.Second) // nothing tells from outside that the last of them hangs
	return answers
}

// await reads one answer; one without a result tells nothing.
func await(conn net.Conn, answers chan<- answer) {
	response, err := http.ReadResponse(bufio.NewReaderSize(conn, 1024), nil)
	if err != nil {
		return
	}
	arrived := time.Now()
	defer func() { _ = response.Body.Close() }()
	var result struct {
		UserID int64 `json:"userId"`
	}
	if err := json.NewDecoder(response.Body).Decode(&result); err == nil && response.StatusCode == http.StatusOK {
		answers <- answer{result.UserID, arrived}
	}
}

var resident = regexp.MustCompile(`VmRSS:\s+(\d+) kB`)

// residentMemory returns the resident memory of a process, in MB.
func residentMemory(b *testing.B, pid int) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Skipf("resident memory is read from /proc: %v", err)
	}
	kb, err := strconv.ParseFloat(string(resident.FindSubmatch(status)[1]), 64)
	if err != nil {
		b.Fatal(err)
	}
	return kb / 1024
}
