package client

import (
	"context"
	"iter"
	"net/url"
	"strconv"
	"time"
)

// OrderEventType is what became of an order.
type OrderEventType string

// What becomes of an order. One that was created waits for its payment and is then one of the last
// three; one that needs no payment is confirmed at once.
const (
	OrderWasCreated   OrderEventType = "CREATED"
	OrderWasConfirmed OrderEventType = "CONFIRMED"
	OrderWasPaid      OrderEventType = "PAID"
	OrderWasCancelled OrderEventType = "CANCELLED"
	OrderHasExpired   OrderEventType = "EXPIRED"
)

// OrderEvent tells that an order was created, or has changed its status.
type OrderEvent struct {
	// Number is one more than that of the event before, but when the database was started
	// again, or replaced: then it is far higher, and no event is missing between.
	Number int64          `json:"number"`
	Type   OrderEventType `json:"type"`
	At     time.Time      `json:"at"`
	Order  Order          `json:"order"` // as it was then
}

// OrderEventPage is a part of the events of a product.
type OrderEventPage struct {
	Items []OrderEvent `json:"items"` // oldest first
	Next  int64        `json:"next"`  // after of the next page
}

// eventItems is how many events OrderEvents fetches at a time: as many as the service gives.
const eventItems = 1000

// OrderEventPage returns what became of the orders of a product after an event, 0 for the
// first. It has at most limit items, 1 to 1000; 0 leaves that to the service, which takes
// 100. Where there is none yet it waits for one, up to wait, which is 30 s at most.
// CodeProductNotFound; CodeEventsTrimmed and CodeEventsReset, whose Error has where to go on.
func (c *Client) OrderEventPage(ctx context.Context, productID, after int64, limit int, wait time.Duration) (OrderEventPage, error) {
	query := url.Values{"after": {strconv.FormatInt(after, 10)}}
	if limit != 0 {
		query.Set("limit", strconv.Itoa(limit))
	}
	wait = wait.Truncate(time.Millisecond)
	if wait > 0 {
		query.Set("wait", wait.String())
	}
	k := get(path("/api/v1/products/%d/orders/events", productID), query)
	k.wait = wait
	return fetch[OrderEventPage](ctx, c, k)
}

// OrderEvents goes through what became of the orders of a product after an event, 0 for the
// first, and then through what becomes of them, as it happens. It ends with an error alone:
// when the context ends, when the service cannot be reached Retry.Tries times in a row, and
// with those of OrderEventPage. Whoever keeps the last number goes on from there the next time.
//
//	for event, err := range c.OrderEvents(ctx, 2001, last) {
func (c *Client) OrderEvents(ctx context.Context, productID, after int64) iter.Seq2[OrderEvent, error] {
	return func(yield func(OrderEvent, error) bool) {
		for {
			page, err := c.OrderEventPage(ctx, productID, after, eventItems, maxWait)
			if err == nil && len(page.Items) == 0 {
				err = sleep(ctx, leastPoll) // a replica that stops answers before the end of the wait
			}
			if err != nil {
				yield(OrderEvent{}, err)
				return
			}
			for _, event := range page.Items {
				if !yield(event, nil) {
					return
				}
			}
			after = page.Next
		}
	}
}
