package bench

import (
	"net/http"
	"testing"
	"time"
)

const (
	// admissionTime is how long one load is measured.
	admissionTime = 4 * time.Second
	// plenty is stock for everybody.
	plenty = 50_000_000
	// resultUsers is how many users ask for their results.
	resultUsers = 1000

	attemptPath = "/api/v1/products/1/attempts"
	attemptBody = `{"userId":` + markUser + `}`
	requestBody = `{"userId":` + markUser + `,"requestId":"request-` + markSerial + `"}`
	resultPath  = "/api/v1/products/1/users/" + markUser + "/result"
)

// report reports the service against the bare server, before and after.
func report(b *testing.B, service, before, after loaded) (limit float64) {
	b.Helper()
	limit = (before.Rate + after.Rate) / 2
	b.ReportMetric(service.Rate, "requests/s")
	b.ReportMetric(limit, "bare/s")
	b.ReportMetric(service.Rate/limit, "ratio")
	b.ReportMetric((before.cost()+after.cost())/2/service.cost(), "ratio_cpu")
	b.ReportMetric(service.Server, "server-us")
	b.ReportMetric(service.Redis, "redis-us")
	b.ReportMetric(service.Client, "client-us")
	b.ReportMetric(0, "ns/op")
	return limit
}

// BenchmarkAdmission measures how many requests a second the service answers, over 128
// connections, against a bare go-zero route that only parses and answers the same bytes.
// All run on the same processors: the server, the generator of the load, and Redis and
// PostgreSQL. Reported are, for each kind of answer,
//
//	requests/s   of the service
//	bare/s       of the bare route, the mean of a run before and one after
//	ratio        of the two; wanted are at least 0.55 of admitted attempts, 0.85 of
//	             those that are sold out, 0.7 of results that are final
//	ratio_cpu    of the processor time that a request costs server, generator and Redis,
//	             bare to service: what ratio would be if nothing else ran here
//	server-us    processor time that a request costs the service, microseconds
//	redis-us     the same of Redis, and client-us of the generator
//
// Attempts are admitted while nothing is settled, so that the ratio is that of admission;
// ratio_consuming is of the same while the service settles what it admits. Latencies are
// taken at half of the admitted attempts a second that this run has shown, from when a
// request was due; at most 10 ms is wanted at the 99th percentile.
func BenchmarkAdmission(b *testing.B) {
	for _, tt := range []struct {
		name    string
		measure func(*testing.B)
	}{{"admitted", admitted}, {"sold_out", soldOut}, {"terminal_results", terminalResults}, {"latency", latency}, {"batch", batched}, {"traced", traced}} {
		b.Run(tt.name, func(b *testing.B) {
			for range b.N {
				tt.measure(b)
			}
		})
	}
}

func admitted(b *testing.B) {
	g := newGateway(b, plenty)
	l := load{Request: g.request(attemptPath, attemptBody)}
	before := g.bare(l)
	stop := g.serve()
	release := g.hold()
	alone := g.ask(l, http.StatusAccepted)
	release()
	g.balanced()
	consuming := g.ask(l, http.StatusAccepted)
	g.balanced()
	stop()
	limit := report(b, alone, before, g.bare(l))
	b.ReportMetric(consuming.Rate, "consuming/s")
	b.ReportMetric(consuming.Rate/limit, "ratio_consuming")
}

func soldOut(b *testing.B) {
	g := newGateway(b, 0)
	plain := load{Request: g.request(attemptPath, attemptBody)}
	marked := load{Request: g.request(attemptPath, requestBody)}
	before := g.bare(plain)
	stop := g.serve()
	refused := g.ask(plain, http.StatusConflict)
	asked := g.ask(marked, http.StatusConflict)
	stop()
	limit := report(b, refused, before, g.bare(plain))
	b.ReportMetric(asked.Rate, "with_request_id/s")
	b.ReportMetric(asked.Rate/limit, "ratio_with_request_id")
}

func terminalResults(b *testing.B) {
	g := newGateway(b, plenty)
	l := load{Request: g.request(resultPath, ""), Users: resultUsers}
	before := g.bare(l)
	list := make([]int64, resultUsers)
	for i := range list {
		list[i] = user(i)
	}
	g.preload(product, list[1:])
	stop := g.serve() // the first one tries the gate
	g.drained(resultUsers)
	won := g.ask(l, http.StatusOK)
	stop()
	report(b, won, before, g.bare(l))
}

func latency(b *testing.B) {
	g := newGateway(b, plenty)
	l := load{Request: g.request(attemptPath, attemptBody)}
	stop := g.serve()
	release := g.hold()
	most := g.ask(l, http.StatusAccepted).Rate
	l.Rate = most / 2
	alone := g.ask(l, http.StatusAccepted)
	release()
	g.balanced()
	consuming := g.ask(l, http.StatusAccepted)
	g.balanced()
	stop()
	bare := g.bare(l)
	b.ReportMetric(l.Rate, "requests/s")
	b.ReportMetric(bare.P50, "p50-bare-ms")
	b.ReportMetric(bare.P99, "p99-bare-ms")
	b.ReportMetric(alone.P50, "p50-ms")
	b.ReportMetric(alone.P99, "p99-ms")
	b.ReportMetric(alone.Max, "max-ms")
	b.ReportMetric(consuming.P50, "p50-consuming-ms")
	b.ReportMetric(consuming.P99, "p99-consuming-ms")
	b.ReportMetric(0, "ns/op")
}
