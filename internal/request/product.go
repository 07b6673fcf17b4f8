package request

import (
	"time"

	"seckill/internal/seckill"
	"seckill/internal/types"
)

// The most characters of a product's name and of the note of a change of stock.
const (
	maxNameLength = 200
	maxNoteLength = 255
)

// Product reads the product that a request registers.
func Product(req *types.CreateProductRequest) (p seckill.Product, err error) {
	p = seckill.Product{
		ProductID: req.ProductId, Name: req.Name, StockTotal: req.StockTotal, PerUserLimit: req.PerUserLimit,
		PaymentWindow: time.Duration(req.PaymentWindowSeconds) * time.Second,
	}
	if err := checkLine("name", req.Name, maxNameLength); err != nil {
		return p, err
	}
	if p.StartsAt, err = saleTime("startsAt", req.StartsAt); err != nil {
		return p, err
	}
	if p.EndsAt, err = saleTime("endsAt", req.EndsAt); err != nil {
		return p, err
	}
	return p, p.Validate()
}

// ProductChange reads which fields of a product a request changes, one at least.
func ProductChange(req *types.ChangeProductRequest) (c seckill.ProductChange, err error) {
	if *req == (types.ChangeProductRequest{ProductId: req.ProductId}) {
		return c, invalid("body must give at least one field to change")
	}
	c = seckill.ProductChange{StockTotal: req.StockTotal, PerUserLimit: req.PerUserLimit}
	if req.Name != "" {
		c.Name = &req.Name
		if err := checkLine("name", req.Name, maxNameLength); err != nil {
			return c, err
		}
	}
	if c.StartsAt, err = changedTime("startsAt", req.StartsAt); err != nil {
		return c, err
	}
	if c.EndsAt, err = changedTime("endsAt", req.EndsAt); err != nil {
		return c, err
	}
	if req.PaymentWindowSeconds != nil {
		window := time.Duration(*req.PaymentWindowSeconds) * time.Second
		c.PaymentWindow = &window
	}
	return c, nil
}

// CheckRestock checks what the tags of types.RestockRequest cannot say.
func CheckRestock(req *types.RestockRequest) error {
	if req.Delta == 0 {
		return invalid("delta must not be 0")
	}
	return checkLine("note", req.Note, maxNoteLength)
}

// saleTime reads one end of a sale's window; the zero time stands for none.
//
// A sale lies in the years that stream IDs and RFC 3339 share, 1970 to 9999. A
// fraction finer than the microseconds that PostgreSQL keeps is cut off.
func saleTime(name, text string) (t time.Time, err error) {
	if text == "" {
		return t, nil
	}
	t, ok := parseTime(text)
	if !ok || t.Year() < 1970 || t.Year() > 9999 {
		return t, invalid("%s must be a time of RFC 3339 from 1970 to 9999, such as 2026-01-17T10:00:00Z", name)
	}
	return t.Truncate(time.Microsecond), nil
}

// changedTime is saleTime for a field that may be absent, which is nil.
func changedTime(name string, text *string) (*time.Time, error) {
	if text == nil {
		return nil, nil //nolint:nilnil // nil is a field that does not change
	}
	t, err := saleTime(name, *text)
	return &t, err
}
