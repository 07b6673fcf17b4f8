package seckill

import "time"

// Order is a unit of stock that an entry has won.
type Order struct {
	OrderID    int64
	ProductID  int64
	UserID     int64
	StreamID   string
	Status     OrderStatus
	ExpiresAt  time.Time // zero = never
	PaidAt     time.Time // zero = not paid
	PaymentRef string
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// expired reports whether the order can no longer be paid at now, whether it has
// been swept yet or not.
func (o Order) expired(now time.Time) bool {
	overdue := !o.ExpiresAt.IsZero() && !now.Before(o.ExpiresAt)
	return o.Status == OrderExpired || o.Status == OrderPendingPayment && overdue
}

// Pay returns the order paid at now, by the database's clock. To pay again with the
// same reference changes nothing.
func (o Order) Pay(paymentRef string, now time.Time) (Order, error) {
	switch {
	case o.expired(now):
		return o, Errorf(CodeOrderExpired, "order %d has expired", o.OrderID)
	case o.Status == OrderCancelled:
		return o, Errorf(CodeOrderCancelled, "order %d is cancelled", o.OrderID)
	case o.Status == OrderConfirmed:
		return o, Errorf(CodeNothingToPay, "order %d needs no payment", o.OrderID)
	case o.Status == OrderPaid && o.PaymentRef != paymentRef:
		return o, Errorf(CodeAlreadyPaid, "order %d is paid with another reference", o.OrderID)
	case o.Status == OrderPaid:
		return o, nil
	}
	o.Status, o.PaymentRef, o.PaidAt = OrderPaid, paymentRef, now
	return o, nil
}

// Cancel returns the order cancelled at now, by the database's clock. To cancel
// again changes nothing. A confirmed order can be cancelled by an operator only.
func (o Order) Cancel(operator bool, now time.Time) (Order, error) {
	switch {
	case o.Status == OrderCancelled:
		return o, nil
	case o.expired(now):
		return o, Errorf(CodeOrderExpired, "order %d has expired", o.OrderID)
	case o.Status == OrderPaid:
		return o, Errorf(CodeAlreadyPaid, "order %d is paid", o.OrderID)
	case o.Status == OrderConfirmed && !operator:
		return o, Errorf(CodeForbidden, "order %d is confirmed; only an operator can cancel it", o.OrderID)
	}
	o.Status = OrderCancelled
	return o, nil
}
