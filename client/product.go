package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// ProductStatus is the state of a product.
type ProductStatus string

// The states of a product. Ended is final.
const (
	Active ProductStatus = "ACTIVE"
	Paused ProductStatus = "PAUSED"
	Ended  ProductStatus = "ENDED"
)

// Mode says who resolves the attempts for a product.
type Mode string

// The modes of a product.
const (
	Record Mode = "RECORD" // without stock: somebody else, through ChangeLogs
	Settle Mode = "SETTLE" // with stock: the service
)

// Product is a product on sale.
type Product struct {
	ProductID            int64         `json:"productId"`
	Name                 string        `json:"name"`
	Status               ProductStatus `json:"status"`
	Mode                 Mode          `json:"mode"`
	StockTotal           *int64        `json:"stockTotal,omitempty"`           // units; nil on a record-only product
	StockLeft            *int64        `json:"stockLeft,omitempty"`            // units that no live order holds; nil on a record-only product
	PerUserLimit         int64         `json:"perUserLimit"`                   // most live orders of a user; 0 = no limit
	StartsAt             time.Time     `json:"startsAt,omitzero"`              // begin of the sale, inclusive; zero = none
	EndsAt               time.Time     `json:"endsAt,omitzero"`                // end of the sale, exclusive; zero = none
	PaymentWindowSeconds *int64        `json:"paymentWindowSeconds,omitempty"` // seconds to pay an order; nil = orders are Confirmed at once
	CreatedAt            time.Time     `json:"createdAt"`
	UpdatedAt            time.Time     `json:"updatedAt"`
}

// NewProduct is a product to be registered. What is left out has the default named.
type NewProduct struct {
	ProductID            int64     `json:"productId"`
	Name                 string    `json:"name"`                           // 1 to 200 characters
	StockTotal           *int64    `json:"stockTotal,omitempty"`           // units; nil = record-only
	PerUserLimit         *int64    `json:"perUserLimit,omitempty"`         // most live orders of a user, 0 = no limit; nil = 1
	StartsAt             time.Time `json:"startsAt,omitzero"`              // begin of the sale, inclusive; zero = none
	EndsAt               time.Time `json:"endsAt,omitzero"`                // end of the sale, exclusive; zero = none
	PaymentWindowSeconds int64     `json:"paymentWindowSeconds,omitempty"` // seconds to pay an order; 0 = orders are Confirmed at once
}

// ProductChange changes the fields that are not nil.
type ProductChange struct {
	Name                 *string    `json:"name,omitempty"`
	StockTotal           *int64     `json:"stockTotal,omitempty"`           // once: makes a record-only product a settled one
	PerUserLimit         *int64     `json:"perUserLimit,omitempty"`         // 0 = no limit
	StartsAt             *time.Time `json:"startsAt,omitempty"`             // the zero time = none
	EndsAt               *time.Time `json:"endsAt,omitempty"`               // the zero time = none
	PaymentWindowSeconds *int64     `json:"paymentWindowSeconds,omitempty"` // 0 = orders are Confirmed at once
}

// MarshalJSON writes the zero time as the empty text by which the service takes a time away.
func (p ProductChange) MarshalJSON() ([]byte, error) {
	type plain ProductChange // without this method
	out := struct {
		plain
		StartsAt *string `json:"startsAt,omitempty"`
		EndsAt   *string `json:"endsAt,omitempty"`
	}{plain(p), timeText(p.StartsAt), timeText(p.EndsAt)}
	text, err := json.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("encode change of a product: %w", err)
	}
	return text, nil
}

func timeText(t *time.Time) *string {
	switch {
	case t == nil:
		return nil
	case t.IsZero():
		return new("")
	default:
		return new(t.Format(time.RFC3339Nano))
	}
}

// Books are the accounts of a product, read at one moment, in units.
type Books struct {
	ProductID      int64            `json:"productId"`
	StockTotal     *int64           `json:"stockTotal,omitempty"`   // nil on a record-only product
	StockLeft      *int64           `json:"stockLeft,omitempty"`    // that no live order holds; nil on a record-only product
	LiveOrders     int64            `json:"liveOrders"`             // orders that hold a unit
	OrdersByStatus map[string]int64 `json:"ordersByStatus"`         // a status without any is left out
	LogsByStatus   map[string]int64 `json:"logsByStatus"`           // a status without any is left out
	RedisLeft      *int64           `json:"redisLeft,omitempty"`    // that the gate can admit; nil while it is not open
	InFlight       *int64           `json:"inFlight,omitempty"`     // admitted and not settled yet
	PendingMoves   *int64           `json:"pendingMoves,omitempty"` // decided, and the gate has not been told
	Drift          int64            `json:"drift"`                  // what RedisLeft should be minus what it is
	Balanced       bool             `json:"balanced"`
	Difference     *int64           `json:"difference,omitempty"` // that a repair has added to RedisLeft, or would add; nil but in the answer to one
}

// CreateProduct registers a product; it is on sale at once. CodeProductExists.
func (c *Client) CreateProduct(ctx context.Context, product NewProduct) (Product, error) {
	return fetch[Product](ctx, c, post("/admin/v1/products", product))
}

// Products lists the products, highest ID first.
func (c *Client) Products() List[Product] {
	return List[Product]{client: c, path: "/admin/v1/products"}
}

// Product returns a product. CodeProductNotFound, as every method below.
func (c *Client) Product(ctx context.Context, productID int64) (Product, error) {
	return fetch[Product](ctx, c, get(productPath(productID, ""), nil))
}

// ChangeProduct changes a product; what is stored already keeps its outcome.
// CodeInvalidTransition for a StockTotal that is set already.
func (c *Client) ChangeProduct(ctx context.Context, productID int64, change ProductChange) (Product, error) {
	return fetch[Product](ctx, c, put(productPath(productID, ""), change))
}

// DeleteProduct deletes a product that has ended and of which nothing is on its way, else
// CodeInvalidTransition. Its rows stay, and its ID is never given again.
func (c *Client) DeleteProduct(ctx context.Context, productID int64) error {
	return c.do(ctx, call{method: http.MethodDelete, path: productPath(productID, "")}, nil)
}

// PauseProduct pauses a product: it admits and consumes nothing. CodeInvalidTransition.
func (c *Client) PauseProduct(ctx context.Context, productID int64) (Product, error) {
	return fetch[Product](ctx, c, post(productPath(productID, "/pause"), nil))
}

// ResumeProduct lets a paused product go on. CodeInvalidTransition.
func (c *Client) ResumeProduct(ctx context.Context, productID int64) (Product, error) {
	return fetch[Product](ctx, c, post(productPath(productID, "/resume"), nil))
}

// EndProduct ends a product for good.
func (c *Client) EndProduct(ctx context.Context, productID int64) (Product, error) {
	return fetch[Product](ctx, c, post(productPath(productID, "/end"), nil))
}

// RestockProduct adds units to the stock of a product, or withdraws some when delta is
// negative. note, 1 to 255 characters, says why, in the audit. It is never repeated: after
// an error without an answer look at the product first. CodeStockTooLow, CodeRecordOnly.
func (c *Client) RestockProduct(ctx context.Context, productID, delta int64, note string) (Product, error) {
	in := struct {
		Delta int64  `json:"delta"`
		Note  string `json:"note"`
	}{delta, note}
	return fetch[Product](ctx, c, post(productPath(productID, "/stock"), in))
}

// Books says whether stock and orders of a product add up.
func (c *Client) Books(ctx context.Context, productID int64) (Books, error) {
	return fetch[Books](ctx, c, get(productPath(productID, "/books"), nil))
}

// RepairBooks corrects what Redis has left by the drift, and returns the books afterwards.
// CodeRecordOnly.
func (c *Client) RepairBooks(ctx context.Context, productID int64) (Books, error) {
	return fetch[Books](ctx, c, post(productPath(productID, "/books/repair"), nil))
}

// DryRepairBooks says, in Difference, by how much RepairBooks would correct what Redis has
// left, and changes nothing. CodeRecordOnly.
func (c *Client) DryRepairBooks(ctx context.Context, productID int64) (Books, error) {
	dry := post(productPath(productID, "/books/repair"), nil).repeated()
	dry.query = url.Values{"dryRun": {"true"}}
	return fetch[Books](ctx, c, dry)
}

func productPath(productID int64, rest string) string {
	return path("/admin/v1/products/%d%s", productID, rest)
}
