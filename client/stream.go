package client

import "context"

// Stream is the state of a product's stream and of its consumer group.
type Stream struct {
	ProductID        int64            `json:"productId"`
	Stream           string           `json:"stream"` // key of the stream
	Group            string           `json:"group"`
	Length           int64            `json:"length"`                    // entries in the stream
	Lag              *int64           `json:"lag,omitempty"`             // entries not yet delivered; nil when Redis cannot say
	Pending          int64            `json:"pending"`                   // entries delivered and not yet acknowledged
	OldestPendingMs  *int64           `json:"oldestPendingMs,omitempty"` // age in milliseconds; nil when nothing is pending
	LastDeliveredID  string           `json:"lastDeliveredId,omitempty"`
	EntriesPerSecond float64          `json:"entriesPerSecond"` // entries stored, of late
	Consumers        []StreamConsumer `json:"consumers"`
}

// StreamConsumer is one consumer of a stream's group.
type StreamConsumer struct {
	Name    string `json:"name"`
	Pending int64  `json:"pending"` // entries delivered to it and not yet acknowledged
	IdleMs  int64  `json:"idleMs"`  // milliseconds since it last asked for entries
}

// PendingEntry is an entry delivered to a consumer and not yet acknowledged.
type PendingEntry struct {
	StreamID   string `json:"streamId"`
	Consumer   string `json:"consumer"`
	IdleMs     int64  `json:"idleMs"`     // milliseconds since it was last delivered
	Deliveries int64  `json:"deliveries"` // how often it was delivered
}

// Streams lists the streams of all products, highest product first.
func (c *Client) Streams() List[Stream] {
	return List[Stream]{client: c, path: "/admin/v1/streams"}
}

// Stream returns the stream of a product. CodeProductNotFound.
func (c *Client) Stream(ctx context.Context, productID int64) (Stream, error) {
	return fetch[Stream](ctx, c, get(path("/admin/v1/streams/%d", productID), nil))
}

// Pending lists the entries of a product's stream that are delivered and not yet
// acknowledged. CodeProductNotFound.
func (c *Client) Pending(productID int64) List[PendingEntry] {
	return List[PendingEntry]{client: c, path: path("/admin/v1/streams/%d/pending", productID)}
}
