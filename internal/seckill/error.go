package seckill

import (
	"errors"
	"fmt"
	"time"
)

// Code names a kind of failure to a client (contract section 6, "Errors").
type Code string

// The codes that a client may see, each with what it means. The reference of errors
// (docs/en/reference/errors.md) is made of these comments.
const (
	CodeInvalidArgument      Code = "INVALID_ARGUMENT"       // a parameter, a field or the body is not as declared, or is not known; a window that ends before it starts
	CodeUnauthorized         Code = "UNAUTHORIZED"           // no token, or one that is not valid or has expired
	CodeForbidden            Code = "FORBIDDEN"              // the token's role is too small; a CONFIRMED order cancelled by others than an operator
	CodeNotFound             Code = "NOT_FOUND"              // no such route
	CodeProductNotFound      Code = "PRODUCT_NOT_FOUND"      // no such product, or it is deleted
	CodeOrderNotFound        Code = "ORDER_NOT_FOUND"        // no such order
	CodeResultNotFound       Code = "RESULT_NOT_FOUND"       // the user has made no attempt for the product that is known
	CodeDeadLetterNotFound   Code = "DEAD_LETTER_NOT_FOUND"  // no such dead letter
	CodeRunbookNotFound      Code = "RUNBOOK_NOT_FOUND"      // no such runbook: neither an alert nor a check has this name
	CodeMethodNotAllowed     Code = "METHOD_NOT_ALLOWED"     // the route does not know the method
	CodePayloadTooLarge      Code = "PAYLOAD_TOO_LARGE"      // a body of more than 1 MiB
	CodeUnsupportedMediaType Code = "UNSUPPORTED_MEDIA_TYPE" // a body that is not sent as application/json
	CodeRateLimited          Code = "RATE_LIMITED"           // the user makes more attempts than Admission.PerUserPerSecond: again after Retry-After
	CodeInternal             Code = "INTERNAL"               // an unforeseen error: details are in the log, with the trace ID of the Traceparent header
	CodeUnavailable          Code = "UNAVAILABLE"            // PostgreSQL or Redis is away, or the request took too long; whether it was done is not known: again after Retry-After, an attempt with the same requestId
	CodeInvalidTransition    Code = "INVALID_TRANSITION"     // the product has ended, has stock already, or is not ready to be deleted
	CodeProductExists        Code = "PRODUCT_EXISTS"         // a product of this ID is registered, or was before it was deleted
	CodeStockTooLow          Code = "STOCK_TOO_LOW"          // more units withdrawn than are left
	CodeRecordOnly           Code = "RECORD_ONLY"            // the product has no stock to change
	CodeOrderExpired         Code = "ORDER_EXPIRED"          // the time to pay is over, swept already or not
	CodeOrderCancelled       Code = "ORDER_CANCELLED"        // the order is cancelled and cannot be paid
	CodeAlreadyPaid          Code = "ALREADY_PAID"           // paid with another reference; or to be cancelled, and paid
	CodeNothingToPay         Code = "NOTHING_TO_PAY"         // the order is CONFIRMED and needs no payment
	CodeSoldOut              Code = "SOLD_OUT"               // no unit is left in the gate, for now: units can come back
	CodeLimitReached         Code = "LIMIT_REACHED"          // the user holds perUserLimit units, those in flight included
	CodeNotStarted           Code = "NOT_STARTED"            // the sale has not begun, by Redis's clock
	CodeEnded                Code = "ENDED"                  // the sale is over, by Redis's clock or an operator's word
	CodePaused               Code = "PAUSED"                 // an operator has paused the product
	CodeNotLoaded            Code = "NOT_LOADED"             // the gate of the product is being opened, no unit was taken: again after Retry-After
	CodeAlreadyReplayed      Code = "ALREADY_REPLAYED"       // somebody has replayed the dead letter: the message says who and when
	CodeAlreadyDiscarded     Code = "ALREADY_DISCARDED"      // somebody has discarded the dead letter: the message says who and when; it can be opened again
	CodeInvalidUID           Code = "INVALID_UID"            // the dead letter's uid is no positive integer still; it stays OPEN
	CodeInvalidTS            Code = "INVALID_TS"             // the dead letter's ts is no time still; it stays OPEN
	CodeInvalidRID           Code = "INVALID_RID"            // the dead letter's rid is no mark of a request still; it stays OPEN
	CodeRejectedByDatabase   Code = "REJECTED_BY_DATABASE"   // the database refuses the dead letter's row still; it stays OPEN
	CodeEventsTrimmed        Code = "EVENTS_TRIMMED"         // events after this number are older than Orders.EventRetention and were removed; oldest is what is left: list the orders, and go on after next
	CodeEventsReset          Code = "EVENTS_RESET"           // what came after this number cannot be told, as after a loss of the database: list the orders, and go on after next
	CodeOverloaded           Code = "OVERLOADED"             // settlement is behind by more than Admission.MaxDelay, no unit was taken: again after Retry-After
)

// Error is the one error type that reaches a client. Code and Message are shown
// to it; Cause is for the log only and may hold inner detail.
type Error struct {
	Code    Code
	Message string
	Cause   error

	// RetryAfter is when to try again, 0 when that is not known or of no use. A client
	// sees it in whole seconds, rounded up, as Retry-After.
	RetryAfter time.Duration

	// Position is where a follower of order events begins anew, nil in every other error. A
	// client sees its fields beside those of the error.
	Position *FeedPosition
}

// Error describes e with its cause, for the log.
func (e *Error) Error() string {
	if e.Cause == nil {
		return fmt.Sprintf("%s: %s", e.Code, e.Message)
	}
	return fmt.Sprintf("%s: %s: %v", e.Code, e.Message, e.Cause)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Errorf makes an Error whose message is safe to show to a client.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Wrap makes an Error that hides cause from the client and keeps it for the log.
func Wrap(cause error, code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Cause: cause}
}

// ErrorCode returns the code that err carries, CodeInternal when it carries
// none, and "" for nil.
func ErrorCode(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return CodeInternal
}
