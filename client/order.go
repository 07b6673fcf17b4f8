package client

import (
	"context"
	"iter"
	"net/url"
	"time"
)

// OrderStatus is the state of an order.
type OrderStatus string

// The states of an order. PendingPayment, Paid and Confirmed hold a unit of stock.
const (
	PendingPayment OrderStatus = "PENDING_PAYMENT"
	Paid           OrderStatus = "PAID"
	Confirmed      OrderStatus = "CONFIRMED"
	Cancelled      OrderStatus = "CANCELLED"
	Expired        OrderStatus = "EXPIRED"
)

// Order is a unit of stock that an attempt has won.
type Order struct {
	OrderID    int64       `json:"orderId"`
	ProductID  int64       `json:"productId"`
	UserID     int64       `json:"userId"`
	StreamID   string      `json:"streamId"` // of the attempt
	Status     OrderStatus `json:"status"`
	ExpiresAt  time.Time   `json:"expiresAt,omitzero"` // until when it can be paid; zero when it needs no payment
	PaidAt     time.Time   `json:"paidAt,omitzero"`
	PaymentRef string      `json:"paymentRef,omitempty"`
	CreatedAt  time.Time   `json:"createdAt"`
	UpdatedAt  time.Time   `json:"updatedAt"`
}

// Order returns an order. CodeOrderNotFound.
func (c *Client) Order(ctx context.Context, orderID int64) (Order, error) {
	return fetch[Order](ctx, c, get(path("/api/v1/orders/%d", orderID), nil))
}

// PayOrder says that an order has been paid. Again, with the same reference (1 to 255
// characters), it returns the same. CodeOrderExpired, CodeOrderCancelled, CodeAlreadyPaid
// (with another reference), CodeNothingToPay, CodeOrderNotFound.
func (c *Client) PayOrder(ctx context.Context, orderID int64, paymentRef string) (Order, error) {
	in := struct {
		PaymentRef string `json:"paymentRef"`
	}{paymentRef}
	return fetch[Order](ctx, c, post(path("/api/v1/orders/%d/pay", orderID), in).repeated())
}

// CancelOrder cancels an order; its unit returns to stock, once however often it is called.
// A Confirmed one takes the token of an operator. CodeAlreadyPaid, CodeOrderExpired,
// CodeForbidden, CodeOrderNotFound.
func (c *Client) CancelOrder(ctx context.Context, orderID int64) (Order, error) {
	return fetch[Order](ctx, c, post(path("/api/v1/orders/%d/cancel", orderID), nil).repeated())
}

// OrderFilter says which orders are listed; its zero value lists all.
type OrderFilter struct {
	OrderID    int64
	ProductID  int64
	UserID     int64
	Status     OrderStatus
	StreamID   string // of the attempt
	PaymentRef string
	From       time.Time // made at this time or later
	To         time.Time // made before this time
}

func (f OrderFilter) query() url.Values {
	query := url.Values{}
	setID(query, "orderId", f.OrderID)
	setID(query, "productId", f.ProductID)
	setID(query, "userId", f.UserID)
	setText(query, "status", string(f.Status))
	setText(query, "streamId", f.StreamID)
	setText(query, "paymentRef", f.PaymentRef)
	setTime(query, "from", f.From)
	setTime(query, "to", f.To)
	return query
}

// Orders lists orders, newest first.
func (c *Client) Orders(filter OrderFilter) List[Order] {
	return List[Order]{client: c, path: "/admin/v1/orders", query: filter.query()}
}

// ExportOrders goes through all orders that match, newest first, in one call. An error,
// which comes with a zero order, ends it: what came before it is not all.
func (c *Client) ExportOrders(ctx context.Context, filter OrderFilter) iter.Seq2[Order, error] {
	return eachLine[Order](ctx, c, get("/admin/v1/orders/export", filter.query()))
}
