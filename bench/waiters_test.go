package bench

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

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
//	p50-ms …    from the begin of a result's transaction, a bit before its commit, to the
//	            answer at its client, of results that come one after another; 50 is wanted
//	burst-…     the same of a thousand at once, the clients being on the same processors
func BenchmarkWaiters(b *testing.B) {
	for range b.N {
		d, port := newBed(b), servertest.FreePort(b)
		d.sell(1, waiters)
		pid, stop := d.launch("seckill", port, "Consumer: {Count: 256, Instance: here}\n")
		_, stopOther := d.launch("seckill", servertest.FreePort(b), "Consumer: {Count: 256, Instance: there}\n")
		d.drainedProduct(product)
		before := residentMemory(b, pid)
		took := d.hang(port)
		b.ReportMetric((peakMemory(b, pid)-before)/waiters*10_000, "MB/10k")
		list := users(settling + singles)
		d.preload(product, list[:settling])
		reportLatencies(b, "burst-", receive(took, settling))
		latencies := make([]time.Duration, 0, singles)
		for _, user := range list[settling:] {
			d.preload(product, []int64{user})
			latencies = append(latencies, receive(took, 1)...)
		}
		reportLatencies(b, "", latencies)
		stopOther()
		stop() // answers the rest
		b.ReportMetric(0, "ns/op")
	}
}

func receive(took <-chan time.Duration, n int) []time.Duration {
	latencies := make([]time.Duration, n)
	for i := range latencies {
		latencies[i] = <-took
	}
	return latencies
}

func reportLatencies(b *testing.B, what string, latencies []time.Duration) {
	b.Helper()
	slices.Sort(latencies)
	n := len(latencies)
	b.ReportMetric(milliseconds(latencies[n/2]), what+"p50-ms")
	b.ReportMetric(milliseconds(latencies[n*99/100]), what+"p99-ms")
	b.ReportMetric(milliseconds(latencies[n-1]), what+"max-ms")
}

// hang begins the long polls, and returns how long each answer has taken from its
// transaction, as the answers come.
func (d *bed) hang(port int) <-chan time.Duration {
	d.b.Helper()
	token, err := auth.IssueToken(secret, "bench", "bff", time.Hour)
	if err != nil {
		d.b.Fatal(err)
	}
	took := make(chan time.Duration, waiters)
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
		go await(conn, took)
	}
	time.Sleep(3 * time.Second) // nothing tells from outside that the last of them hangs
	return took
}

// await reads one answer; one without a result tells nothing.
func await(conn net.Conn, took chan<- time.Duration) {
	answer, err := http.ReadResponse(bufio.NewReaderSize(conn, 1024), nil)
	if err != nil {
		return
	}
	arrived := time.Now()
	defer func() { _ = answer.Body.Close() }()
	var result struct {
		UpdatedAt time.Time `json:"updatedAt"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&result); err == nil && answer.StatusCode == http.StatusOK {
		took <- arrived.Sub(result.UpdatedAt)
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
