package live

import "seckill/internal/seckill"

// Server is one that could not be looked at.
type Server string

// The servers.
const (
	ServerRedis    Server = "redis"
	ServerPostgres Server = "postgres"
)

// Gate is how the gate of a product stands.
type Gate string

// GateOpen is a gate in the epoch of the books, GateClosed one that admits nobody; a
// record-only product has none that could be closed.
const (
	GateOpen   Gate = "open"
	GateClosed Gate = "closed"
	GateNone   Gate = "none"
)

// Verdicts of a pre-flight.
const (
	preflightReady    = "ready"
	preflightNotReady = "not_ready"
)

// Sample is how a product stands at a moment. What is not known is left out. What a product
// is (name, status, mode, window, total) holds while PostgreSQL is away, since nobody can
// change it then.
type Sample struct {
	At                   string `json:"at"`
	ProductID            int64  `json:"productId"`
	Name                 string `json:"name"`
	Status               string `json:"status,omitempty"`
	Mode                 string `json:"mode,omitempty"`
	StartsAt             string `json:"startsAt,omitempty"`
	EndsAt               string `json:"endsAt,omitempty"`
	StockTotal           *int64 `json:"stockTotal,omitempty"`
	PerUserLimit         *int64 `json:"perUserLimit,omitempty"`
	PaymentWindowSeconds *int64 `json:"paymentWindowSeconds,omitempty"`

	Gate           Gate             `json:"gate,omitempty"`
	StockLeft      *int64           `json:"stockLeft,omitempty"`
	RedisLeft      *int64           `json:"redisLeft,omitempty"`
	InFlight       *int64           `json:"inFlight,omitempty"`
	PendingMoves   *int64           `json:"pendingMoves,omitempty"`
	Sold           *int64           `json:"sold,omitempty"`
	LiveOrders     *int64           `json:"liveOrders,omitempty"`
	Drift          *int64           `json:"drift,omitempty"`
	Balanced       *bool            `json:"balanced,omitempty"`
	OrdersByStatus map[string]int64 `json:"ordersByStatus,omitempty"`

	Lag             *int64 `json:"lag,omitempty"`
	Pending         *int64 `json:"pending,omitempty"`
	OldestPendingMs *int64 `json:"oldestPendingMs,omitempty"`
	DelayMs         *int64 `json:"delayMs,omitempty"`
	Consumers       *int64 `json:"consumers,omitempty"`

	DeadLettersOpen *int64   `json:"deadLettersOpen,omitempty"`
	Preflight       string   `json:"preflight,omitempty"`
	Alarms          []Alarm  `json:"alarms"`
	Missing         []Server `json:"missing"`
	// Seconds are those that have become complete since the sample before. They are of one
	// watch, the rest is the same for all, so they are added when it is written.
	Seconds []Second `json:"seconds,omitempty"`
}

// Replica is a process of the service.
type Replica struct {
	Name    string `json:"name"`
	Ready   bool   `json:"ready"`
	Version string `json:"version"`
}

// History is what is known of the last 15 minutes of a product, oldest first.
type History struct {
	Seconds []Second `json:"seconds"`
	Samples []Sample `json:"samples"`
}

// Overview is how all products stand that have not ended, or of which something is on its way.
type Overview struct {
	At       string    `json:"at"`
	Replicas []Replica `json:"replicas,omitempty"`
	Missing  []Server  `json:"missing"`
	Products []Sample  `json:"products"`
}

// modeOf is who decides the attempts for a product.
func modeOf(settled bool) string {
	if settled {
		return "SETTLE"
	}
	return "RECORD"
}

// sold are the units of a product that are not left.
func sold(total, left *int64) *int64 {
	if total == nil || left == nil {
		return nil
	}
	n := *total - *left
	return &n
}

// liveOf counts the orders that hold a unit.
func liveOf(byStatus map[string]int64) int64 {
	var live int64
	for status, n := range byStatus {
		if seckill.OrderStatus(status).Live() {
			live += n
		}
	}
	return live
}
