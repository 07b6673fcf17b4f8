// Package metrics holds what operators see of the pipeline on /metrics of the
// DevServer (contract section 7), beside the metrics of go-zero itself.
//
// Counters count what this process has done. Those of a product are there, at 0, from the
// moment that the product is known, so that the first event is a rise. Gauges are what was
// seen last: what cannot be seen any more is shown no more, and facts that outlive the look
// at them (status, mode and window of a product) are as old as
// seckill_collected_timestamp_seconds says.
package metrics

import (
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"seckill/internal/seckill"
)

// namespace begins the name of every metric.
const namespace = "seckill"

// Metrics are the collectors of one process. It is safe for concurrent use.
type Metrics struct {
	flows
	sales
	looks
	servers

	tally    Tally
	products sync.Map       // by product ID: *product
	mu       sync.Mutex     // held while series of a product are made, set or dropped
	ups      map[int64]bool // which products have a consumer here; under mu
}

// New makes the collectors and registers them. prometheus.DefaultRegisterer is
// what go-zero's DevServer shows.
func New(registerer prometheus.Registerer) *Metrics {
	m := &Metrics{tally: nobody{}, flows: newFlows(), sales: newSales(), looks: newLooks(), servers: newServers(), ups: map[int64]bool{}}
	for _, group := range [][]prometheus.Collector{m.flows.all(), m.sales.all(), m.looks.all(), m.servers.all()} {
		registerer.MustRegister(group...)
	}
	return m
}

// Tally counts beside, second by second, what happens to products; live.Tally is it.
type Tally interface {
	AttemptDecided(productID int64, outcome string)
	LogsWritten(productID int64, status seckill.Status, n int)
	EntryStored(productID int64, took time.Duration)
	Forget(productID int64)
}

// nobody is a Tally that counts nothing.
type nobody struct{}

// AttemptDecided implements Tally.
func (nobody) AttemptDecided(int64, string) {}

// LogsWritten implements Tally.
func (nobody) LogsWritten(int64, seckill.Status, int) {}

// EntryStored implements Tally.
func (nobody) EntryStored(int64, time.Duration) {}

// Forget implements Tally.
func (nobody) Forget(int64) {}

// Tell names who counts beside. It is called before anything is counted.
func (m *Metrics) Tell(t Tally) { m.tally = t }

// flows are what becomes of entries and attempts.
type flows struct {
	entries, logs, dead, lost           *prometheus.CounterVec
	entrySeconds, batchEntries, storing prometheus.Histogram
	attempts                            *prometheus.CounterVec
	admission                           *prometheus.HistogramVec
	admissions                          [len(outcomes)]prometheus.Observer // of admission
	consumersUp                         *prometheus.GaugeVec
}

func newFlows() flows {
	f := flows{
		entries: counters("entries_total", "Stream entries by what became of them: stored, duplicate (stored before) or dead (a dead letter).", "product", "outcome"),
		logs:    counters("logs_total", "Logs by the status that they took; a reason in a caller's own words counts as OTHER.", "product", "status", "reason"),
		dead:    counters("dead_letters_total", "Entries that became a dead letter, by the rule that they broke.", "product", "reason"),
		lost: counters("stream_lost_entries_total",
			"Entries that somebody deleted or trimmed from the stream before they were stored; alarm on any.", "product"),
		entrySeconds: histogram("entry_seconds", "From the arrival of an entry, by Redis's clock, to its commit, by ours.",
			prometheus.ExponentialBuckets(0.0005, 2, 20)),
		batchEntries: histogram("batch_entries", "Entries of a batch, which is one transaction.",
			prometheus.ExponentialBuckets(1, 2, 15)),
		storing: histogram("store_seconds", "Time to store a batch, which is one transaction.", prometheus.ExponentialBuckets(0.0005, 2, 16)),
		attempts: counters("attempts_total", "Attempts at our own gate: admitted, repeated (a known request ID), unavailable (Redis did not answer), or the code of the "+
			"refusal in lower case.", "product", "outcome"),
		admission: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: "admission_seconds",
			Help:    "Time to decide an attempt at our own gate, by its outcome as in seckill_attempts_total.",
			Buckets: prometheus.ExponentialBuckets(0.000125, 2, 15),
		}, []string{"outcome"}),
		consumersUp: gauges("consumers_up", "1 while this process consumes the product.", "product"),
	}
	for i, outcome := range outcomes {
		f.admissions[i] = f.admission.WithLabelValues(outcome)
	}
	return f
}

func (f *flows) all() []prometheus.Collector {
	return []prometheus.Collector{
		f.entries, f.logs, f.dead, f.lost, f.entrySeconds, f.batchEntries, f.storing, f.attempts, f.admission, f.consumersUp,
	}
}

// sales are orders, payments and the books.
type sales struct {
	orders, late, surplus *prometheus.CounterVec
	unknown               prometheus.Counter
	foundAgain, booksLost *prometheus.CounterVec
	stock, drift          *prometheus.GaugeVec
}

func newSales() sales {
	return sales{
		orders: counters("orders_total", "Orders by the status that they took: PENDING_PAYMENT, CONFIRMED, PAID, CANCELLED or EXPIRED.", "product", "status"),
		late: counters("late_payments_total",
			"Payments, by reference, that came for an order that had expired or was cancelled: to be given back.", "product"),
		surplus: counters("surplus_payments_total",
			"Payments, by reference, that came for an order that was paid already (second) or needed none (needless): to be given back.",
			"product", "kind"),
		unknown: prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Name: "unknown_payments_total",
			Help: "Payments, by reference, that came for an order that is not in the books: somebody has to look where it went."}),
		foundAgain: counters("books_found_again_total",
			"Entries that PostgreSQL had lost after they were acknowledged, and that were stored again from the stream.", "product"),
		booksLost: counters("books_lost_total",
			"Entries that PostgreSQL had lost after they were acknowledged, and that the stream has lost as well.", "product"),
		stock: gauges("stock", "Units of stock by place: total, left and sold (live orders) in PostgreSQL, redis (left in the gate), in_flight between; "+
			"the last two are absent while the gate is not open.", "product", "place"),
		drift: gauges("books_drift",
			"Units by which the books of a product are off; alarm on anything but 0 that lasts half a minute.", "product"),
	}
}

func (s *sales) all() []prometheus.Collector {
	return []prometheus.Collector{s.orders, s.late, s.surplus, s.unknown, s.foundAgain, s.booksLost, s.stock, s.drift}
}

func counters(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
}

func gauges(name, help string, labels ...string) *prometheus.GaugeVec {
	return prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}, labels)
}

func gauge(name, help string) prometheus.Gauge {
	return prometheus.NewGauge(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help})
}

func histogram(name, help string, buckets []float64) prometheus.Histogram {
	return prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets})
}

func label(productID int64) string { return strconv.FormatInt(productID, 10) }

func boolean(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
