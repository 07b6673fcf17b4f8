package seckill

// Status is the state of a log, one per stream entry (contract section 2).
type Status string

// A log goes from StatusProcessing to one of the other two, which are final.
const (
	StatusProcessing Status = "PROCESSING"
	StatusSuccess    Status = "SUCCESS"
	StatusFailed     Status = "FAILED"
)

// Valid reports whether s is one of the three statuses of a log.
func (s Status) Valid() bool {
	return s == StatusProcessing || s == StatusSuccess || s == StatusFailed
}

// Terminal reports whether s is final.
func (s Status) Terminal() bool { return s == StatusSuccess || s == StatusFailed }

// Reason says why a log is FAILED: one of the constants below, or the words of
// whoever resolved the log through the status route (1–255 characters).
type Reason string

// The reasons that settlement gives, in the order in which it checks them.
const (
	ReasonNotStarted   Reason = "NOT_STARTED"
	ReasonEnded        Reason = "ENDED"
	ReasonSoldOut      Reason = "SOLD_OUT"
	ReasonLimitReached Reason = "LIMIT_REACHED"
)

// MaxReasonLength is the most characters of a Reason.
const MaxReasonLength = 255

// Settled reports whether r is a reason that settlement gives.
func (r Reason) Settled() bool {
	switch r {
	case ReasonNotStarted, ReasonEnded, ReasonSoldOut, ReasonLimitReached:
		return true
	default:
		return false
	}
}

// ProductStatus is the state of a product (contract section 2).
type ProductStatus string

// ProductPaused consumes and admits nothing; ProductEnded is final: it admits
// nothing and is drained.
const (
	ProductActive ProductStatus = "ACTIVE"
	ProductPaused ProductStatus = "PAUSED"
	ProductEnded  ProductStatus = "ENDED"
)

// OrderStatus is the state of an order (contract section 2).
type OrderStatus string

// Live orders (pending, paid and confirmed ones) hold a unit of stock and a
// place of the user's limit.
const (
	OrderPendingPayment OrderStatus = "PENDING_PAYMENT"
	OrderPaid           OrderStatus = "PAID"
	OrderConfirmed      OrderStatus = "CONFIRMED"
	OrderCancelled      OrderStatus = "CANCELLED"
	OrderExpired        OrderStatus = "EXPIRED"
)

// OrderStatuses lists every status of orders.
func OrderStatuses() []OrderStatus {
	return []OrderStatus{OrderPendingPayment, OrderPaid, OrderConfirmed, OrderCancelled, OrderExpired}
}

// Live reports whether an order of this status holds a unit of stock.
func (s OrderStatus) Live() bool {
	return s == OrderPendingPayment || s == OrderPaid || s == OrderConfirmed
}

// DeadReason says which rule a dead letter broke (contract section 3).
type DeadReason string

// The reasons of dead letters.
const (
	DeadInvalidUID         DeadReason = "INVALID_UID"
	DeadInvalidTS          DeadReason = "INVALID_TS"
	DeadInvalidRID         DeadReason = "INVALID_RID"
	DeadStreamIDReused     DeadReason = "STREAM_ID_REUSED"
	DeadTooManyDeliveries  DeadReason = "TOO_MANY_DELIVERIES"
	DeadRejectedByDatabase DeadReason = "REJECTED_BY_DATABASE"
)

// DeadReasons lists every reason of dead letters.
func DeadReasons() []DeadReason {
	return []DeadReason{
		DeadInvalidUID, DeadInvalidTS, DeadInvalidRID, DeadStreamIDReused, DeadTooManyDeliveries, DeadRejectedByDatabase,
	}
}
