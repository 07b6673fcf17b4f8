package seckill

// Unwanted is a payment that an order did not take although money came: somebody has to
// give it back. It is the name of its row in the audit.
type Unwanted string

// The kinds of unwanted payments.
const (
	// PaymentLate came for an order that had expired or was cancelled.
	PaymentLate Unwanted = "order.late_payment"
	// PaymentSecond came for an order that was paid already, with another reference.
	PaymentSecond Unwanted = "order.second_payment"
	// PaymentNeedless came for an order that needs no payment.
	PaymentNeedless Unwanted = "order.needless_payment"
	// PaymentUnknown came for an order that is not here: none was, or the database has lost it.
	PaymentUnknown Unwanted = "order.unknown_payment"
)

// UnwantedPayment tells what kind of payment was refused with the given code, "" when no
// money is in question.
func UnwantedPayment(refusal Code) Unwanted {
	switch refusal {
	case CodeOrderExpired, CodeOrderCancelled:
		return PaymentLate
	case CodeAlreadyPaid:
		return PaymentSecond
	case CodeNothingToPay:
		return PaymentNeedless
	default:
		return ""
	}
}
