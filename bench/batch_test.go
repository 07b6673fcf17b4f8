package bench

import (
	"net/http"
	"strings"
	"testing"
)

const (
	batchPath = attemptPath + "/batch"
	// batchSize is how many attempts a batch has, as many as it may have.
	batchSize = 512
	// gatherers is how many connections send batches: those of a BFF that gathers.
	gatherers = 16
	// rounds is how often what is compared is measured, one after the other.
	rounds = 3
)

// batched measures attempts a second by one request each and in batches, one after the other,
// while nothing is settled; then all that was admitted must be. Reported are the medians of
//
//	single/s, attempts/s   attempts a second, alone and in batches
//	times                  of the two, round by round; at least 5 is wanted
//	server-us, redis-us    processor time that an attempt of a batch costs, microseconds
func batched(b *testing.B) {
	g := newGateway(b, plenty)
	alone := load{Request: g.request(attemptPath, attemptBody)}
	body := `{"items":[` + strings.Repeat(attemptBody+",", batchSize-1) + attemptBody + `]}`
	together := load{Request: g.request(batchPath, body), Batch: batchSize, Clients: gatherers}
	stop := g.serve()
	var single, many, times, server, redis []float64
	for range rounds {
		release := g.hold()
		one, all := g.ask(alone, http.StatusAccepted), g.ask(together, http.StatusOK)
		release()
		g.balanced()
		single, many, times = append(single, one.Rate), append(many, all.Rate), append(times, all.Rate/one.Rate)
		server, redis = append(server, all.Server), append(redis, all.Redis)
	}
	stop()
	b.ReportMetric(median(single), "single/s")
	b.ReportMetric(median(many), "attempts/s")
	b.ReportMetric(median(times), "times")
	b.ReportMetric(median(server), "server-us")
	b.ReportMetric(median(redis), "redis-us")
	b.ReportMetric(0, "ns/op")
}
