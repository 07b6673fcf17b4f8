package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"seckill/internal/seckill"
)

// product is the counters of one product, looked up once rather than for each event.
type product struct {
	label string
	made  time.Time

	stored, duplicate, gone prometheus.Counter // entries; gone became dead letters
	lost                    prometheus.Counter
	attempts                [len(outcomes)]prometheus.Counter
	late, second, needless  prometheus.Counter // payments
	foundAgain, booksLost   prometheus.Counter

	// What is shown of those gauges that have more labels than the product; "" = nothing. To
	// look for a series by one of its labels is to look at those of every product.
	status, mode, holder string
}

// statuses are those that logs take, with the reasons that they may have.
var statuses = map[seckill.Status][]string{
	seckill.StatusProcessing: {""},
	seckill.StatusSuccess:    {""},
	seckill.StatusFailed: {
		"", string(seckill.ReasonSoldOut), string(seckill.ReasonLimitReached), string(seckill.ReasonNotStarted),
		string(seckill.ReasonEnded), reasonOther,
	},
}

// Know makes the counters of a product, at 0.
func (m *Metrics) Know(productID int64) { m.of(productID) }

// of returns the counters of a product. What is shown of a product begins here, so that
// none has a series that nobody drops.
func (m *Metrics) of(productID int64) *product {
	if found, ok := m.products.Load(productID); ok {
		return found.(*product) //nolint:forcetypeassert // the map holds nothing else
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.ofLocked(productID)
}

func (m *Metrics) ofLocked(productID int64) *product {
	if found, ok := m.products.Load(productID); ok {
		return found.(*product) //nolint:forcetypeassert // the map holds nothing else
	}
	p := m.newProduct(label(productID))
	m.products.Store(productID, p)
	if up, told := m.ups[productID]; told {
		m.consumersUp.WithLabelValues(p.label).Set(boolean(up))
	}
	return p
}

// newProduct makes every counter that the product can ever have.
func (m *Metrics) newProduct(name string) *product {
	p := &product{
		label: name, made: time.Now(),
		stored: m.entries.WithLabelValues(name, "stored"), duplicate: m.entries.WithLabelValues(name, "duplicate"),
		gone: m.entries.WithLabelValues(name, "dead"), lost: m.lost.WithLabelValues(name),
		late: m.late.WithLabelValues(name), second: m.surplus.WithLabelValues(name, "second"),
		needless:   m.surplus.WithLabelValues(name, "needless"),
		foundAgain: m.foundAgain.WithLabelValues(name), booksLost: m.booksLost.WithLabelValues(name),
	}
	for i, outcome := range outcomes {
		p.attempts[i] = m.attempts.WithLabelValues(name, outcome)
	}
	for status, reasons := range statuses {
		for _, reason := range reasons {
			m.logs.WithLabelValues(name, string(status), reason)
		}
	}
	for _, status := range seckill.OrderStatuses() {
		m.orders.WithLabelValues(name, string(status))
	}
	for _, reason := range seckill.DeadReasons() {
		m.dead.WithLabelValues(name, string(reason))
	}
	return p
}

// show has series of a product set.
func (m *Metrics) show(productID int64, set func(product string)) {
	m.showOf(productID, func(p *product) { set(p.label) })
}

func (m *Metrics) showOf(productID int64, set func(p *product)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	set(m.ofLocked(productID))
}

// hide drops series of a product, which must not have any if it is not known. They have no
// label but that of the product.
func (m *Metrics) hide(productID int64, vecs ...*prometheus.GaugeVec) {
	m.hideOf(productID, func(p *product) {
		for _, vec := range vecs {
			vec.DeleteLabelValues(p.label)
		}
	})
}

func (m *Metrics) hideOf(productID int64, drop func(p *product)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if found, known := m.products.Load(productID); known {
		drop(found.(*product)) //nolint:forcetypeassert // the map holds nothing else
	}
}

// Forget drops everything that is shown of a product.
func (m *Metrics) Forget(productID int64) {
	m.tally.Forget(productID)
	m.mu.Lock()
	defer m.mu.Unlock()
	found, known := m.products.LoadAndDelete(productID)
	if !known {
		return // one that somebody has made up
	}
	p := found.(*product) //nolint:forcetypeassert // the map holds nothing else
	of := prometheus.Labels{"product": label(productID)}
	for _, c := range []*prometheus.CounterVec{
		m.entries, m.logs, m.dead, m.lost, m.orders, m.late, m.surplus, m.attempts, m.foundAgain, m.booksLost,
	} {
		c.DeletePartialMatch(of)
	}
	for _, g := range []*prometheus.GaugeVec{
		m.lag, m.length, m.pending, m.oldestPending, m.delay, m.ahead, m.gateOpen, m.admissionDelay,
		m.deadOpen, m.deadOldest, m.moves, m.movesOldest, m.overdue, m.overdueOldest, m.starts, m.ends, m.ready,
		m.consumersUp, m.drift,
	} {
		g.DeleteLabelValues(p.label)
	}
	m.info.DeleteLabelValues(p.label, p.status, p.mode)
	m.trimHeld.DeleteLabelValues(p.label, p.holder)
	m.dropStock(p)
}

// retain forgets the products that are not among those of a list that was read at the given
// time, but for those that had become known within the given time before: they may have been
// made while it was read.
func (m *Metrics) retain(listed map[int64]bool, read time.Time, young time.Duration) {
	m.products.Range(func(key, value any) bool {
		id, p := key.(int64), value.(*product) //nolint:forcetypeassert // the map holds nothing else
		if !listed[id] && read.Sub(p.made) > young {
			m.Forget(id)
		}
		return true
	})
}
