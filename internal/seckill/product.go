package seckill

import "time"

const (
	// MaxUnits is the most units of stock of a product, and the most that one call
	// adds or withdraws.
	MaxUnits = 1_000_000_000_000
	// MaxPaymentWindow is the longest time to pay an order.
	MaxPaymentWindow = 365 * 24 * time.Hour
)

// Product is a product on sale. Without stock (StockTotal nil) it is record-only.
type Product struct {
	ProductID     int64
	Name          string
	Status        ProductStatus
	StockTotal    *int64
	StockLeft     *int64
	PerUserLimit  int64         // 0 = none
	StartsAt      time.Time     // zero = none
	EndsAt        time.Time     // zero = none
	PaymentWindow time.Duration // 0 = none; whole seconds
	EndedAt       time.Time     // when an operator ended it, by Redis's clock; zero = not ended
}

// Settled reports whether this service settles the product.
func (p Product) Settled() bool { return p.StockTotal != nil }

// Validate checks what the fields say together, and that they can be stored.
func (p Product) Validate() error {
	switch {
	case p.ProductID <= 0:
		return Errorf(CodeInvalidArgument, "productId must be positive")
	case p.StockTotal != nil && (*p.StockTotal < 0 || *p.StockTotal > MaxUnits):
		return Errorf(CodeInvalidArgument, "stockTotal must be between 0 and %d", int64(MaxUnits))
	case p.PerUserLimit < 0 || p.PerUserLimit > MaxUnits:
		return Errorf(CodeInvalidArgument, "perUserLimit must be between 0 and %d", int64(MaxUnits))
	case p.PaymentWindow < 0 || p.PaymentWindow > MaxPaymentWindow:
		return Errorf(CodeInvalidArgument, "paymentWindowSeconds must be between 0 and %d", int64(MaxPaymentWindow/time.Second))
	case !p.StartsAt.IsZero() && !p.EndsAt.IsZero() && !p.StartsAt.Before(p.EndsAt):
		return Errorf(CodeInvalidArgument, "startsAt must be before endsAt")
	}
	return nil
}

// ProductChange names the fields of a product that change; nil leaves one as it
// is. The zero time and a PaymentWindow of 0 take the field away.
type ProductChange struct {
	Name          *string
	StockTotal    *int64
	PerUserLimit  *int64
	StartsAt      *time.Time
	EndsAt        *time.Time
	PaymentWindow *time.Duration
}

// Change returns the product with the fields of c. StockTotal can be given once: it
// turns a record-only product into a settled one. What is stored already keeps its
// outcome.
func (p Product) Change(c ProductChange) (Product, error) {
	if c.StockTotal != nil {
		if p.Settled() {
			return p, Errorf(CodeInvalidTransition, "product %d has stock already; add to it or withdraw from it instead", p.ProductID)
		}
		total, left := *c.StockTotal, *c.StockTotal
		p.StockTotal, p.StockLeft = &total, &left
	}
	replace(&p.Name, c.Name)
	replace(&p.PerUserLimit, c.PerUserLimit)
	replace(&p.StartsAt, c.StartsAt)
	replace(&p.EndsAt, c.EndsAt)
	replace(&p.PaymentWindow, c.PaymentWindow)
	return p, p.Validate()
}

func replace[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}

// Transition returns the product in another status. ENDED is final; a transition to
// the present status changes nothing. now, by Redis's clock, becomes the end of a
// product that ends.
func (p Product) Transition(to ProductStatus, now time.Time) (Product, error) {
	if p.Status == to {
		return p, nil
	}
	if p.Status == ProductEnded {
		return p, Errorf(CodeInvalidTransition, "product %d has ended, which is final", p.ProductID)
	}
	p.Status = to
	if to == ProductEnded {
		p.EndedAt = now
	}
	return p, nil
}

// Restock returns the product with delta units more, or less when delta is
// negative. Only units that nobody holds can be withdrawn.
func (p Product) Restock(delta int64) (Product, error) {
	switch {
	case !p.Settled():
		return p, Errorf(CodeRecordOnly, "product %d is record-only and has no stock", p.ProductID)
	case delta == 0 || delta < -MaxUnits || delta > MaxUnits:
		return p, Errorf(CodeInvalidArgument, "delta must be between -%[1]d and %[1]d, and not 0", int64(MaxUnits))
	case *p.StockTotal+delta > MaxUnits:
		return p, Errorf(CodeInvalidArgument, "delta would bring product %d above %d units", p.ProductID, int64(MaxUnits))
	case *p.StockLeft+delta < 0:
		return p, Errorf(CodeStockTooLow, "product %d has %d units left", p.ProductID, *p.StockLeft)
	}
	total, left := *p.StockTotal+delta, *p.StockLeft+delta
	p.StockTotal, p.StockLeft = &total, &left
	return p, nil
}
