package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"seckill/internal/seckill"
)

// Source is what gauges are read from, as seckill_collected_timestamp_seconds names it.
type Source string

// Sources of gauges.
const (
	// SourceRedis is that of streams and gates.
	SourceRedis Source = "redis"
	// SourcePostgres is that of products, orders, dead letters and moves.
	SourcePostgres Source = "postgres"
	// SourceBooks is the audit, which compares both.
	SourceBooks Source = "books"
)

// looks are what is looked at of a product again and again.
type looks struct {
	// In Redis.
	lag, length, pending, oldestPending, delay, ahead, trimHeld, gateOpen, admissionDelay *prometheus.GaugeVec
	// In PostgreSQL.
	deadOpen, deadOldest, moves, movesOldest, overdue, overdueOldest *prometheus.GaugeVec
	// Facts of PostgreSQL, which hold while it is away.
	info, starts, ends *prometheus.GaugeVec
	ready              *prometheus.GaugeVec
}

func newLooks() looks {
	return looks{
		lag:     gauges("stream_lag", "Entries not yet delivered to the group.", "product"),
		length:  gauges("stream_length", "Entries in the stream, those that are done with included.", "product"),
		pending: gauges("stream_pending", "Entries delivered and not acknowledged.", "product"),
		oldestPending: gauges("stream_oldest_pending_seconds",
			"Age of the oldest entry that is delivered and not acknowledged; 0 when there is none.", "product"),
		delay: gauges("stream_delay_seconds",
			"Age of the oldest entry that is not yet delivered to the group, by Redis's clock; 0 when there is none.", "product"),
		ahead: gauges("stream_ahead_seconds",
			"By how much the last ID of the stream is ahead of Redis's clock; 0 when it is not.", "product"),
		trimHeld: gauges("stream_trim_held_seconds",
			"How long beyond the retention a group has held up the trimming of the stream.", "product", "group"),
		gateOpen: gauges("gate_open", "1 while Redis holds the gate of the product in the epoch of the books; 0 while it is missing or out of date, and nobody is admitted.", "product"),
		admissionDelay: gauges("admission_delay_seconds",
			"How long an attempt that is admitted now will wait for its settlement, the estimate behind OVERLOADED; 0 while nobody tries.", "product"),
		deadOpen:   gauges("dead_letters_open", "Dead letters that nobody has dealt with.", "product"),
		deadOldest: gauges("dead_letters_oldest_open_seconds", "Age of the oldest dead letter that nobody has dealt with; 0 when there is none.", "product"),
		moves:      gauges("moves_pending", "Moves of stock that the gate has not been told yet, the outbox.", "product"),
		movesOldest: gauges("moves_oldest_seconds",
			"Age of the oldest move of stock that the gate has not been told yet; 0 when there is none.", "product"),
		overdue: gauges("orders_overdue", "Orders whose time to pay is over and that have not been expired yet.", "product"),
		overdueOldest: gauges("orders_overdue_oldest_seconds",
			"For how long the time to pay of the oldest order that has not been expired yet is over; 0 when there is none.", "product"),
		info:   gauges("product_info", "1, with the status and the mode (RECORD or SETTLE) of the product.", "product", "status", "mode"),
		starts: gauges("sale_start_timestamp_seconds", "When the sale of the product starts, Unix time; absent where it has no start.", "product"),
		ends:   gauges("sale_end_timestamp_seconds", "When the sale of the product ends, Unix time; absent where it has no end.", "product"),
		ready: gauges("preflight_ready",
			"1 when the pre-flight of a sale that starts within a day says go, 0 when it does not; absent for others.", "product"),
	}
}

func (l *looks) all() []prometheus.Collector {
	return []prometheus.Collector{
		l.lag, l.length, l.pending, l.oldestPending, l.delay, l.ahead, l.trimHeld, l.gateOpen, l.admissionDelay,
		l.deadOpen, l.deadOldest, l.moves, l.movesOldest, l.overdue, l.overdueOldest, l.info, l.starts, l.ends, l.ready,
	}
}

// servers are what is the same for all products.
type servers struct {
	redisUp, postgresUp   prometheus.Gauge
	standbyUp             *prometheus.GaugeVec
	reads                 *prometheus.CounterVec
	memoryUsed, memoryMax *prometheus.GaugeVec
	collected, build      *prometheus.GaugeVec
}

func newServers() servers {
	s := servers{
		redisUp:    gauge("redis_up", "1 while Redis answers and takes writes."),
		postgresUp: gauge("postgres_up", "1 while PostgreSQL answers and takes writes."),
		standbyUp: gauges("standby_up",
			"1 while lists and final results can be read from the standby that Postgres.ReadSource names; absent where it names none."),
		reads: counters("reads_total",
			"Reads of lists and final results that may go to the standby, by the server that has answered: standby or primary; absent without Postgres.ReadSource.", "server"),
		memoryUsed: gauges("redis_memory_used_bytes", "Memory that a server of Redis uses; absent where it may not be asked.", "server"),
		memoryMax:  gauges("redis_memory_max_bytes", "Memory that a server of Redis may use, its maxmemory; absent where it has none.", "server"),
		collected: gauges("collected_timestamp_seconds",
			"When the gauges of a source (redis, postgres, books) were read last, Unix time; 0 before the first time.", "source"),
		build: gauges("build_info", "1, with the version, the revision and the Go version of the program.", "version", "revision", "goversion"),
	}
	for _, source := range []Source{SourceRedis, SourcePostgres, SourceBooks} {
		s.collected.WithLabelValues(string(source))
	}
	s.build.WithLabelValues(buildLabels()...).Set(1)
	return s
}

func (s *servers) all() []prometheus.Collector {
	return []prometheus.Collector{s.redisUp, s.postgresUp, s.standbyUp, s.reads, s.memoryUsed, s.memoryMax, s.collected, s.build}
}

// RedisUp and PostgresUp show whether the servers answer.
func (m *Metrics) RedisUp(up bool) { m.redisUp.Set(boolean(up)) }

// PostgresUp shows whether PostgreSQL answers.
func (m *Metrics) PostgresUp(up bool) { m.postgresUp.Set(boolean(up)) }

// ReadFrom counts a read that a standby may answer, and that the primary had to answer unless
// standby is true.
func (m *Metrics) ReadFrom(standby bool) {
	server := "primary"
	if standby {
		server = "standby"
	}
	m.reads.WithLabelValues(server).Inc()
}

// Collected shows that the gauges of a source have been read now.
func (m *Metrics) Collected(source Source) {
	m.collected.WithLabelValues(string(source)).SetToCurrentTime()
}

// Audited shows that the books of all products have been read now.
func (m *Metrics) Audited() { m.Collected(SourceBooks) }

// ConsumerUp tells whether this process's consumer of a product has joined. It is shown once
// the product is known.
func (m *Metrics) ConsumerUp(productID int64, up bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	found, known := m.products.Load(productID)
	if known {
		m.consumersUp.WithLabelValues(found.(*product).label).Set(boolean(up)) //nolint:forcetypeassert // the map holds nothing else
	}
	if up || known {
		m.ups[productID] = up
	} else {
		delete(m.ups, productID)
	}
}

// Stock shows where the units of a product are, and by how much its books are off.
func (m *Metrics) Stock(b seckill.Books) {
	if b.StockTotal == nil || b.StockLeft == nil {
		return
	}
	m.show(b.ProductID, func(product string) {
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
	})
}

// StockUnknown shows the books of a product no more: nobody can read them.
func (m *Metrics) StockUnknown(productID int64) {
	m.hideOf(productID, func(p *product) {
		m.dropStock(p)
		m.drift.DeleteLabelValues(p.label)
	})
}

func (m *Metrics) dropStock(p *product) {
	for _, place := range []string{"total", "left", "sold", "redis", "in_flight"} {
		m.stock.DeleteLabelValues(p.label, place)
	}
}

// TrimHeld shows which group holds up the trimming of a product's stream, "" = none, and
// for how long.
func (m *Metrics) TrimHeld(productID int64, group string, beyond time.Duration) {
	m.hideOf(productID, func(p *product) {
		m.trimHeld.DeleteLabelValues(p.label, p.holder)
		p.holder = ""
	})
	if group != "" {
		m.showOf(productID, func(p *product) {
			m.trimHeld.WithLabelValues(p.label, group).Set(beyond.Seconds())
			p.holder = group
		})
	}
}

// ProductInfo shows what a product is.
func (m *Metrics) ProductInfo(productID int64, status, mode string) {
	m.showOf(productID, func(p *product) {
		if p.status == status && p.mode == mode {
			return
		}
		m.info.DeleteLabelValues(p.label, p.status, p.mode)
		m.info.WithLabelValues(p.label, status, mode).Set(1)
		p.status, p.mode = status, mode
	})
}

// set shows the value of a gauge of a product alone.
func (m *Metrics) set(productID int64, vec *prometheus.GaugeVec, value float64) {
	m.show(productID, func(product string) { vec.WithLabelValues(product).Set(value) })
}
