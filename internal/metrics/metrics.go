// Package metrics holds what operators see of the pipeline on /metrics of the
// DevServer (contract section 7), beside the metrics of go-zero itself.
package metrics

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"seckill/internal/seckill"
)

// namespace begins the name of every metric.
const namespace = "seckill"

// reasonOther stands for every reason that a caller of the status route made up: a
// label must not take whatever somebody types.
const reasonOther = "OTHER"

// Metrics are the collectors of one process.
type Metrics struct {
	entries       *prometheus.CounterVec
	logs          *prometheus.CounterVec
	entrySeconds  prometheus.Histogram
	batchEntries  prometheus.Histogram
	storeSeconds  prometheus.Histogram
	lag           *prometheus.GaugeVec
	length        *prometheus.GaugeVec
	trimHeld      *prometheus.GaugeVec
	ahead         *prometheus.GaugeVec
	pending       *prometheus.GaugeVec
	oldestPending *prometheus.GaugeVec
	lost          *prometheus.CounterVec
	consumersUp   *prometheus.GaugeVec
	deadOpen      *prometheus.GaugeVec
	orders        *prometheus.CounterVec
	late          *prometheus.CounterVec
	surplus       *prometheus.CounterVec
	unknown       prometheus.Counter
	foundAgain    *prometheus.CounterVec
	booksLost     *prometheus.CounterVec
	stock         *prometheus.GaugeVec
	drift         *prometheus.GaugeVec
	attempts      *prometheus.CounterVec
	redisUp       prometheus.Gauge
	postgresUp    prometheus.Gauge
}

// New makes the collectors and registers them. prometheus.DefaultRegisterer is
// what go-zero's DevServer shows.
func New(registerer prometheus.Registerer) *Metrics {
	m := &Metrics{
		entries: counters("entries_total", "Stream entries by what became of them: stored, duplicate (stored before) or dead (a dead letter).", "product", "outcome"),
		logs:    counters("logs_total", "Logs by the status that they took; a reason in a caller's own words counts as OTHER.", "product", "status", "reason"),
		entrySeconds: histogram("entry_seconds", "From the arrival of an entry, by Redis's clock, to its commit, by ours.",
			prometheus.ExponentialBuckets(0.0005, 2, 20)),
		batchEntries: histogram("batch_entries", "Entries of a batch, which is one transaction.",
			prometheus.ExponentialBuckets(1, 2, 15)),
		storeSeconds: histogram("store_seconds", "Time to store a batch, which is one transaction.", prometheus.ExponentialBuckets(0.0005, 2, 16)),
		lag:          gauges("stream_lag", "Entries not yet delivered to the group.", "product"),
		length:       gauges("stream_length", "Entries in the stream, those that are done with included.", "product"),
		trimHeld: gauges("stream_trim_held_seconds",
			"How long beyond the retention a group has held up the trimming of the stream.", "product", "group"),
		ahead: gauges("stream_ahead_seconds",
			"By how much the last ID of the stream is ahead of Redis's clock; 0 when it is not.", "product"),
		pending: gauges("stream_pending", "Entries delivered and not acknowledged.", "product"),
		oldestPending: gauges("stream_oldest_pending_seconds",
			"Age of the oldest entry that is delivered and not acknowledged; 0 when there is none.", "product"),
		lost: counters("stream_lost_entries_total",
			"Entries that somebody deleted or trimmed from the stream before they were stored; alarm on any.", "product"),
		consumersUp: gauges("consumers_up", "1 while this process consumes the product.", "product"),
		deadOpen:    gauges("dead_letters_open", "Dead letters that nobody has dealt with.", "product"),
		orders:      counters("orders_total", "Orders by the status that they took: PENDING_PAYMENT, CONFIRMED, PAID, CANCELLED or EXPIRED.", "product", "status"),
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
		attempts: counters("attempts_total", "Attempts at our own gate: admitted, repeated (a known request ID), unavailable (Redis did not answer), or the code of the "+
			"refusal in lower case.", "product", "outcome"),
		drift: gauges("books_drift",
			"Units by which the books of a product are off; alarm on anything but 0 that lasts half a minute.", "product"),
		redisUp:    gauge("redis_up", "1 while Redis answers and takes writes."),
		postgresUp: gauge("postgres_up", "1 while PostgreSQL answers and takes writes."),
	}
	registerer.MustRegister(m.entries, m.logs, m.entrySeconds, m.batchEntries, m.storeSeconds, m.lag, m.length, m.trimHeld, m.ahead, m.pending,
		m.oldestPending, m.lost, m.consumersUp, m.deadOpen, m.orders, m.late, m.surplus, m.unknown,
		m.foundAgain, m.booksLost, m.stock, m.drift, m.attempts, m.redisUp, m.postgresUp)
	return m
}

// LogsWritten counts logs that took a status.
func (m *Metrics) LogsWritten(productID int64, status seckill.Status, reason seckill.Reason, n int) {
	m.logs.WithLabelValues(label(productID), string(status), reasonLabel(reason)).Add(float64(n))
}

// OrdersWritten counts orders that took a status.
func (m *Metrics) OrdersWritten(productID int64, status seckill.OrderStatus, n int) {
	m.orders.WithLabelValues(label(productID), string(status)).Add(float64(n))
}

// PaymentUnwanted counts a payment that its order has not taken.
func (m *Metrics) PaymentUnwanted(productID int64, kind seckill.Unwanted) {
	switch kind {
	case seckill.PaymentLate:
		m.late.WithLabelValues(label(productID)).Inc()
	case seckill.PaymentSecond:
		m.surplus.WithLabelValues(label(productID), "second").Inc()
	case seckill.PaymentNeedless:
		m.surplus.WithLabelValues(label(productID), "needless").Inc()
	case seckill.PaymentUnknown: // nobody knows of which product
		m.unknown.Inc()
	}
}

// Stock shows where the units of a product are, and by how much its books are off.
func (m *Metrics) Stock(b seckill.Books) {
	if b.StockTotal == nil || b.StockLeft == nil {
		return
	}
	product := label(b.ProductID)
	m.stock.WithLabelValues(product, "total").Set(float64(*b.StockTotal))
	m.stock.WithLabelValues(product, "left").Set(float64(*b.StockLeft))
	m.stock.WithLabelValues(product, "sold").Set(float64(b.LiveOrders))
	if b.Gate != nil {
		m.stock.WithLabelValues(product, "redis").Set(float64(b.Gate.Left))
		m.stock.WithLabelValues(product, "in_flight").Set(float64(b.Gate.InFlight))
	} else { // what they showed is not known any more
		m.stock.DeleteLabelValues(product, "redis")
		m.stock.DeleteLabelValues(product, "in_flight")
	}
	m.drift.WithLabelValues(product).Set(float64(b.Drift()))
}

// AttemptDecided counts an attempt at the gate: admitted, repeated, or the code of its
// refusal in lower case.
func (m *Metrics) AttemptDecided(productID int64, outcome string) {
	m.attempts.WithLabelValues(label(productID), outcome).Inc()
}

// LostEntries counts entries that were deleted before they were stored.
func (m *Metrics) LostEntries(productID int64, n int) {
	m.lost.WithLabelValues(label(productID)).Add(float64(n))
}

// BooksFoundAgain counts entries that the books had lost and that are stored again.
func (m *Metrics) BooksFoundAgain(productID, n int64) {
	m.foundAgain.WithLabelValues(label(productID)).Add(float64(n))
}

// BooksLost counts entries that the books have lost for good.
func (m *Metrics) BooksLost(productID, n int64) {
	m.booksLost.WithLabelValues(label(productID)).Add(float64(n))
}

// ConsumerUp tells whether this process's consumer of a product has joined.
func (m *Metrics) ConsumerUp(productID int64, up bool) {
	m.consumersUp.WithLabelValues(label(productID)).Set(boolean(up))
}

// StreamState shows how far a product's group is. A lag of nil is not known, and is
// shown no more.
func (m *Metrics) StreamState(productID int64, length int64, lag *int64, pending int64, oldest, ahead time.Duration) {
	product := label(productID)
	if lag != nil {
		m.lag.WithLabelValues(product).Set(float64(*lag))
	} else {
		m.lag.DeleteLabelValues(product)
	}
	m.length.WithLabelValues(product).Set(float64(length))
	m.pending.WithLabelValues(product).Set(float64(pending))
	m.oldestPending.WithLabelValues(product).Set(oldest.Seconds())
	m.ahead.WithLabelValues(product).Set(ahead.Seconds())
}

// StreamUnknown shows the state of a product's stream no more: nobody can tell it, or
// nothing will change in it.
func (m *Metrics) StreamUnknown(productID int64) {
	product := label(productID)
	for _, gauge := range []*prometheus.GaugeVec{m.lag, m.length, m.pending, m.oldestPending, m.ahead} {
		gauge.DeleteLabelValues(product)
	}
}

// TrimHeld shows which group holds up the trimming of a product's stream, "" = none, and
// for how long.
func (m *Metrics) TrimHeld(productID int64, group string, beyond time.Duration) {
	product := label(productID)
	m.trimHeld.DeletePartialMatch(prometheus.Labels{"product": product})
	if group != "" {
		m.trimHeld.WithLabelValues(product, group).Set(beyond.Seconds())
	}
}

// DeadLettersOpen shows the open dead letters of a product.
func (m *Metrics) DeadLettersOpen(productID, n int64) {
	m.deadOpen.WithLabelValues(label(productID)).Set(float64(n))
}

// RedisUp and PostgresUp show whether the servers answer.
func (m *Metrics) RedisUp(up bool) { m.redisUp.Set(boolean(up)) }

// PostgresUp shows whether PostgreSQL answers.
func (m *Metrics) PostgresUp(up bool) { m.postgresUp.Set(boolean(up)) }

// Entries are the counters of one product's entries, looked up once rather than
// for each batch.
type Entries struct {
	stored, duplicate, dead prometheus.Counter
	metrics                 *Metrics
}

// Entries returns the counters of a product.
func (m *Metrics) Entries(productID int64) *Entries {
	product := label(productID)
	m.foundAgain.WithLabelValues(product) // from the start, so that the first loss is a rise
	m.booksLost.WithLabelValues(product)
	return &Entries{
		stored:    m.entries.WithLabelValues(product, "stored"),
		duplicate: m.entries.WithLabelValues(product, "duplicate"),
		dead:      m.entries.WithLabelValues(product, "dead"),
		metrics:   m,
	}
}

// BatchStored counts a batch that has been committed after taking the given time.
func (e *Entries) BatchStored(stored, duplicates, dead int, took time.Duration) {
	e.stored.Add(float64(stored))
	e.duplicate.Add(float64(duplicates))
	e.dead.Add(float64(dead))
	e.metrics.batchEntries.Observe(float64(stored + duplicates + dead))
	e.metrics.storeSeconds.Observe(took.Seconds())
}

// EntryStored counts the way of one entry from its arrival to its commit.
func (e *Entries) EntryStored(took time.Duration) {
	e.metrics.entrySeconds.Observe(took.Seconds())
}

// Forget drops everything that is shown of a product.
func (m *Metrics) Forget(productID int64) {
	of := prometheus.Labels{"product": label(productID)}
	for _, c := range []*prometheus.CounterVec{m.entries, m.logs, m.lost, m.orders, m.late, m.surplus, m.attempts, m.foundAgain, m.booksLost} {
		c.DeletePartialMatch(of)
	}
	for _, g := range []*prometheus.GaugeVec{m.lag, m.pending, m.oldestPending, m.consumersUp, m.deadOpen, m.stock, m.drift} {
		g.DeletePartialMatch(of)
	}
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

func reasonLabel(reason seckill.Reason) string {
	if reason == "" || reason.Settled() {
		return string(reason)
	}
	return reasonOther
}

func boolean(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
