package bench

import (
	"net/http"
	"testing"
)

// latencyRounds is how often each of the two is measured.
const latencyRounds = 5

// BenchmarkAdmissionLatency measures how long an admitted attempt takes at half of the
// attempts a second that this run has shown, from when it was due, beside the bare route under
// the same load: one after the other, while nothing is settled. Reported are the medians of
//
//	requests/s           of both
//	p50-ms, p99-ms       of the service
//	p50-bare-ms, …       of the bare route
//	ratio_p50, ratio_p99 of the two, round by round; at most 2 is wanted at the 99th percentile
func BenchmarkAdmissionLatency(b *testing.B) {
	for range b.N {
		g := newGateway(b, plenty)
		l := load{Request: g.request(attemptPath, attemptBody)}
		barePort, barePid, stopBare := g.serveBare()
		stop := g.serve()
		pid := g.pid
		release := g.hold()
		var most []float64
		for range rounds {
			most = append(most, g.ask(l, http.StatusAccepted).Rate)
		}
		l.Rate = median(most) / 2
		var own, bare, ratios percentiles
		for range latencyRounds {
			g.pid = barePid
			limit := g.load(barePort, l, http.StatusOK)
			g.pid = pid
			measured := g.ask(l, http.StatusAccepted)
			own.add(measured.P50, measured.P99)
			bare.add(limit.P50, limit.P99)
			ratios.add(measured.P50/limit.P50, measured.P99/limit.P99)
		}
		release()
		g.balanced()
		stop()
		stopBare()
		b.ReportMetric(l.Rate, "requests/s")
		own.report(b, "p50-ms", "p99-ms")
		bare.report(b, "p50-bare-ms", "p99-bare-ms")
		ratios.report(b, "ratio_p50", "ratio_p99")
		b.ReportMetric(0, "ns/op")
	}
}

// percentiles are the median and the 99th percentile of each of several rounds.
type percentiles struct{ p50, p99 []float64 }

func (p *percentiles) add(p50, p99 float64) { p.p50, p.p99 = append(p.p50, p50), append(p.p99, p99) }

func (p *percentiles) report(b *testing.B, p50, p99 string) {
	b.Helper()
	b.ReportMetric(median(p.p50), p50)
	b.ReportMetric(median(p.p99), p99)
}
