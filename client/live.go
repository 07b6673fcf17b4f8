package client

import (
	"context"
	"encoding/json"
	"iter"
	"time"
)

// LiveSecond is what has happened to a product in a second, on all replicas.
type LiveSecond struct {
	At       int64                  `json:"at"`              // begin of the second, Unix time
	Attempts map[string]int64       `json:"attempts"`        // attempts at the gate, by outcome as in the metric seckill_attempts_total
	Results  map[ResultStatus]int64 `json:"results"`         // logs that took a status in it
	P50Ms    float64                `json:"p50Ms,omitempty"` // milliseconds from arrival to commit: half of the entries took at most so long; 0 = none was committed
	P99Ms    float64                `json:"p99Ms,omitempty"` // the same of 99 of 100
}

// LiveSample is how a product stands at a moment. What is not known, and of a record-only
// product what it does not have, is nil, empty or zero.
type LiveSample struct {
	At                   time.Time     `json:"at"`
	ProductID            int64         `json:"productId"`
	Name                 string        `json:"name"`
	Status               ProductStatus `json:"status,omitempty"`
	Mode                 Mode          `json:"mode,omitempty"`
	StartsAt             time.Time     `json:"startsAt,omitzero"`
	EndsAt               time.Time     `json:"endsAt,omitzero"`
	StockTotal           *int64        `json:"stockTotal,omitempty"`
	PerUserLimit         *int64        `json:"perUserLimit,omitempty"` // most live orders of a user; 0 = no limit
	PaymentWindowSeconds *int64        `json:"paymentWindowSeconds,omitempty"`

	Gate           string                `json:"gate,omitempty"`           // open, closed, or none of a record-only product
	StockLeft      *int64                `json:"stockLeft,omitempty"`      // units left, in PostgreSQL
	RedisLeft      *int64                `json:"redisLeft,omitempty"`      // units that the gate can still admit
	InFlight       *int64                `json:"inFlight,omitempty"`       // units admitted and not known to be settled
	PendingMoves   *int64                `json:"pendingMoves,omitempty"`   // units that the gate has still to be told
	Sold           *int64                `json:"sold,omitempty"`           // units that are not left
	LiveOrders     *int64                `json:"liveOrders,omitempty"`     // orders that hold a unit, counted within the last 10 s
	Drift          *int64                `json:"drift,omitempty"`          // units by which the books are off
	Balanced       *bool                 `json:"balanced,omitempty"`       // every unit is in one place
	OrdersByStatus map[OrderStatus]int64 `json:"ordersByStatus,omitempty"` // counted within the last 10 s

	Lag             *int64 `json:"lag,omitempty"`             // entries not yet delivered
	Pending         *int64 `json:"pending,omitempty"`         // entries delivered and not yet acknowledged
	OldestPendingMs *int64 `json:"oldestPendingMs,omitempty"` // milliseconds since the oldest of them arrived
	DelayMs         *int64 `json:"delayMs,omitempty"`         // milliseconds since the oldest entry arrived that is not yet delivered
	Consumers       *int64 `json:"consumers,omitempty"`       // consumers of the group, of all replicas

	DeadLettersOpen *int64       `json:"deadLettersOpen,omitempty"`
	Preflight       string       `json:"preflight,omitempty"` // ready or not_ready, of a sale that starts within a day
	Alarms          []string     `json:"alarms"`              // names of alerts whose condition holds
	Missing         []string     `json:"missing"`             // servers that could not be looked at: redis, postgres
	Seconds         []LiveSecond `json:"seconds,omitempty"`   // those that have become complete since the sample before
}

// LiveHistory is what is known of the last 15 minutes of a product, oldest first.
type LiveHistory struct {
	Seconds []LiveSecond `json:"seconds"` // on all replicas, from the first in which anything happened
	Samples []LiveSample `json:"samples"` // what this replica has kept
}

// LiveReplica is a process of the service.
type LiveReplica struct {
	Name    string `json:"name"`
	Ready   bool   `json:"ready"`
	Version string `json:"version"`
}

// LiveOverview is how all products stand that have not ended, or of which something is on its
// way.
type LiveOverview struct {
	At       time.Time     `json:"at"`
	Replicas []LiveReplica `json:"replicas,omitempty"` // nil while PostgreSQL is away
	Missing  []string      `json:"missing"`            // servers that could not be looked at: redis, postgres
	Products []LiveSample  `json:"products"`           // without seconds
}

// LiveEvent is an event of ProductLive: one of both is there.
type LiveEvent struct {
	History *LiveHistory // the beginning, and again when another replica goes on
	Sample  *LiveSample
}

// Live goes through samples of all products, one a second. A stream that breaks off is opened
// anew; what was missed meanwhile comes, up to 15 minutes, if the same replica answers. It ends
// with an error when the context ends, the token expires (CodeUnauthorized), or the service
// cannot be reached Retry.Tries times in a row.
//
//	for overview, err := range c.Live(ctx) {
func (c *Client) Live(ctx context.Context) iter.Seq2[LiveOverview, error] {
	return follow(ctx, c, "/admin/v1/live", func(_, data string) (overview LiveOverview, last bool, err error) {
		err = json.Unmarshal([]byte(data), &overview)
		return overview, false, err
	})
}

// ProductLive goes through the history of a product and then its samples, one a second, as
// Live does. CodeProductNotFound, also when the product is deleted meanwhile.
func (c *Client) ProductLive(ctx context.Context, productID int64) iter.Seq2[LiveEvent, error] {
	return follow(ctx, c, path("/admin/v1/products/%d/live", productID), func(name, data string) (event LiveEvent, last bool, err error) {
		if name == "history" {
			event.History = &LiveHistory{}
			return event, false, json.Unmarshal([]byte(data), event.History)
		}
		event.Sample = &LiveSample{}
		return event, false, json.Unmarshal([]byte(data), event.Sample)
	})
}
