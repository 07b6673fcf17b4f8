package bench

import (
	"net/http"
	"path/filepath"
	"testing"
)

// traced measures what traces cost an attempt: without a section Telemetry, with one whose
// sampler takes nothing, and with one that takes all, each time with buyers who have not come
// yet, and one after the other, so that a machine that gets slower does not count. Reported
// are the medians of
//
//	requests/s   without Telemetry
//	unsampled    what is left of them when nothing is sampled, and sampled when all are
func traced(b *testing.B) {
	g := newGateway(b, plenty)
	l := load{Request: g.request(attemptPath, attemptBody)}
	spans := filepath.Join(b.TempDir(), "spans.json")
	ways := []string{
		"", "Telemetry: {Endpoint: " + spans + ", Batcher: file, Sampler: 0}\n",
		"Telemetry: {Endpoint: " + spans + ", Batcher: file}\n",
	}
	rates := make([][]float64, len(ways))
	for range rounds {
		for i, way := range ways {
			g.more = way
			stop := g.serve()
			release := g.hold()
			rates[i] = append(rates[i], g.ask(l, http.StatusAccepted).Rate)
			release()
			g.balanced()
			stop()
		}
	}
	unsampled, sampled := make([]float64, rounds), make([]float64, rounds)
	for n := range rounds {
		unsampled[n], sampled[n] = rates[1][n]/rates[0][n], rates[2][n]/rates[0][n]
	}
	b.ReportMetric(median(rates[0]), "requests/s")
	b.ReportMetric(median(unsampled), "unsampled")
	b.ReportMetric(median(sampled), "sampled")
	b.ReportMetric(0, "ns/op")
}
