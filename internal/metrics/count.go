package metrics

import (
	"time"

	"seckill/internal/seckill"
)

// reasonOther stands for every reason that a caller of the status route made up: a
// label must not take whatever somebody types.
const reasonOther = "OTHER"

// outcomes are those of attempts at the gate (contract section 7).
var outcomes = [...]string{
	"admitted", "repeated", "unavailable", "sold_out", "limit_reached", "not_started", "ended", "paused",
	"not_loaded", "overloaded", "rate_limited",
}

// outcomeIndex finds an outcome in outcomes.
var outcomeIndex = func() map[string]int {
	index := make(map[string]int, len(outcomes))
	for i, outcome := range outcomes {
		index[outcome] = i
	}
	return index
}()

// AttemptDecided counts an attempt at the gate and the time that it took to decide it:
// admitted, repeated, or the code of its refusal in lower case. It allocates nothing.
func (m *Metrics) AttemptDecided(productID int64, outcome string, took time.Duration) {
	m.tally.AttemptDecided(productID, outcome)
	i, known := outcomeIndex[outcome]
	if !known { // no outcome of the contract; it must not take the process down
		m.attempts.WithLabelValues(m.of(productID).label, outcome).Inc()
		m.admission.WithLabelValues(outcome).Observe(took.Seconds())
		return
	}
	m.of(productID).attempts[i].Inc()
	m.admissions[i].Observe(took.Seconds())
}

// LogsWritten counts logs that took a status.
func (m *Metrics) LogsWritten(productID int64, status seckill.Status, reason seckill.Reason, n int) {
	m.tally.LogsWritten(productID, status, n)
	m.logs.WithLabelValues(m.of(productID).label, string(status), reasonLabel(reason)).Add(float64(n))
}

// OrdersWritten counts orders that took a status.
func (m *Metrics) OrdersWritten(productID int64, status seckill.OrderStatus, n int) {
	m.orders.WithLabelValues(m.of(productID).label, string(status)).Add(float64(n))
}

// DeadLettersWritten counts entries that became a dead letter.
func (m *Metrics) DeadLettersWritten(productID int64, reason seckill.DeadReason, n int) {
	m.dead.WithLabelValues(m.of(productID).label, string(reason)).Add(float64(n))
}

// PaymentUnwanted counts a payment that its order has not taken.
func (m *Metrics) PaymentUnwanted(productID int64, kind seckill.Unwanted) {
	switch kind {
	case seckill.PaymentLate:
		m.of(productID).late.Inc()
	case seckill.PaymentSecond:
		m.of(productID).second.Inc()
	case seckill.PaymentNeedless:
		m.of(productID).needless.Inc()
	case seckill.PaymentUnknown: // nobody knows of which product
		m.unknown.Inc()
	}
}

// LostEntries counts entries that were deleted before they were stored.
func (m *Metrics) LostEntries(productID int64, n int) { m.of(productID).lost.Add(float64(n)) }

// BooksFoundAgain counts entries that the books had lost and that are stored again.
func (m *Metrics) BooksFoundAgain(productID, n int64) { m.of(productID).foundAgain.Add(float64(n)) }

// BooksLost counts entries that the books have lost for good.
func (m *Metrics) BooksLost(productID, n int64) { m.of(productID).booksLost.Add(float64(n)) }

// Entries are the counters of one product's entries.
type Entries struct {
	productID int64
	metrics   *Metrics
}

// Entries returns the counters of a product, which is known from now on.
func (m *Metrics) Entries(productID int64) *Entries {
	m.Know(productID)
	return &Entries{productID: productID, metrics: m}
}

// BatchStored counts a batch that has been committed after taking the given time.
func (e *Entries) BatchStored(stored, duplicates, dead int, took time.Duration) {
	p := e.metrics.of(e.productID)
	p.stored.Add(float64(stored))
	p.duplicate.Add(float64(duplicates))
	p.gone.Add(float64(dead))
	e.metrics.batchEntries.Observe(float64(stored + duplicates + dead))
	e.metrics.storing.Observe(took.Seconds())
}

// EntryStored counts the way of one entry from its arrival to its commit.
func (e *Entries) EntryStored(took time.Duration) {
	e.metrics.entrySeconds.Observe(took.Seconds())
	e.metrics.tally.EntryStored(e.productID, took)
}

// reasonLabel is the reason as the label shows it.
func reasonLabel(reason seckill.Reason) string {
	if reason == "" || reason.Settled() {
		return string(reason)
	}
	return reasonOther
}
