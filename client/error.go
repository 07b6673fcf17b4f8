package client

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Code names a kind of failure. It is an error itself, as a target of errors.Is:
//
//	errors.Is(err, client.CodeSoldOut)
type Code string

// Error returns the code.
func (c Code) Error() string { return string(c) }

// What an attempt is refused with.
const (
	CodeSoldOut      Code = "SOLD_OUT"      // no unit is left for now; units can come back
	CodeLimitReached Code = "LIMIT_REACHED" // the user holds as many live orders as may be
	CodeNotStarted   Code = "NOT_STARTED"   // the sale has not begun
	CodeEnded        Code = "ENDED"         // the sale is over
	CodePaused       Code = "PAUSED"        // an operator has paused the sale
)

// What is worth another try, later.
const (
	CodeRateLimited Code = "RATE_LIMITED" // too many calls, of this user or of this caller
	CodeNotLoaded   Code = "NOT_LOADED"   // the gate of the product is being opened; no unit was taken
	CodeOverloaded  Code = "OVERLOADED"   // the backlog is too long; no unit was taken
	CodeUnavailable Code = "UNAVAILABLE"  // a server is away; an attempt may have been admitted
	CodeInternal    Code = "INTERNAL"     // unforeseen; an attempt may have been admitted
)

// What an order or a product stands in the way of.
const (
	CodeOrderExpired      Code = "ORDER_EXPIRED"      // it can be paid no longer
	CodeOrderCancelled    Code = "ORDER_CANCELLED"    // it has been cancelled
	CodeAlreadyPaid       Code = "ALREADY_PAID"       // it has been paid, with another reference
	CodeNothingToPay      Code = "NOTHING_TO_PAY"     // it was CONFIRMED at once
	CodeProductExists     Code = "PRODUCT_EXISTS"     // the product is registered already
	CodeInvalidTransition Code = "INVALID_TRANSITION" // its state does not allow that
	CodeStockTooLow       Code = "STOCK_TOO_LOW"      // less is left than is to be withdrawn
	CodeRecordOnly        Code = "RECORD_ONLY"        // the product has no stock
	CodeEventsTrimmed     Code = "EVENTS_TRIMMED"     // events that were not read are too old, and gone
	CodeEventsReset       Code = "EVENTS_RESET"       // what has happened cannot be told by events, as after a loss
)

// What a dead letter stands in the way of.
const (
	CodeAlreadyReplayed    Code = "ALREADY_REPLAYED"     // by somebody: the message says who and when
	CodeAlreadyDiscarded   Code = "ALREADY_DISCARDED"    // the same
	CodeInvalidUID         Code = "INVALID_UID"          // its uid is wrong still
	CodeInvalidTS          Code = "INVALID_TS"           // its ts is wrong still
	CodeInvalidRID         Code = "INVALID_RID"          // its rid is wrong still
	CodeRejectedByDatabase Code = "REJECTED_BY_DATABASE" // the database refuses it still
)

// What a call can be wrong with.
const (
	CodeInvalidArgument      Code = "INVALID_ARGUMENT"
	CodeUnauthorized         Code = "UNAUTHORIZED" // no token, or none that is valid
	CodeForbidden            Code = "FORBIDDEN"    // the role of the token does not allow it
	CodeNotFound             Code = "NOT_FOUND"    // no such route: an older service
	CodeProductNotFound      Code = "PRODUCT_NOT_FOUND"
	CodeOrderNotFound        Code = "ORDER_NOT_FOUND"
	CodeResultNotFound       Code = "RESULT_NOT_FOUND" // the user has made no attempt
	CodeDeadLetterNotFound   Code = "DEAD_LETTER_NOT_FOUND"
	CodeRunbookNotFound      Code = "RUNBOOK_NOT_FOUND"
	CodeMethodNotAllowed     Code = "METHOD_NOT_ALLOWED"
	CodePayloadTooLarge      Code = "PAYLOAD_TOO_LARGE"
	CodeUnsupportedMediaType Code = "UNSUPPORTED_MEDIA_TYPE"
)

// The client's own.
const (
	// CodeNoAnswer is of an Error without an answer, or with one that was cut off or is
	// none of the service. What was asked may have been done.
	CodeNoAnswer Code = "NO_ANSWER"
)

// Error is a refusal of the service, or the failure to get an answer.
type Error struct {
	Code    Code   // what went wrong, for programs
	Message string // the same for people; holds nothing secret
	Status  int    // HTTP status; 0 when nothing answered

	// RetryAfter is when the service asks to be called again; 0 when it does not say.
	RetryAfter time.Duration

	// Next is the number that order events go on after, once the orders are listed anew, and
	// Oldest the oldest one that is left: of CodeEventsTrimmed, and Next of CodeEventsReset.
	Next   int64
	Oldest int64

	Method string // of the call
	Path   string // of the call, without its query
	Cause  error  // of a CodeNoAnswer; nil in a refusal
}

// Error describes e with the call that it is of.
func (e *Error) Error() string {
	text := fmt.Sprintf("%s %s: %s", e.Method, e.Path, e.Code)
	if e.Status != 0 {
		text = fmt.Sprintf("%s %s: %d %s", e.Method, e.Path, e.Status, e.Code)
	}
	if e.Message != "" {
		text += ": " + e.Message
	}
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Is reports whether target is the code of e.
func (e *Error) Is(target error) bool {
	code, ok := target.(Code)
	return ok && code == e.Code
}

// Temporary reports whether the same call may succeed later. Whether it may be repeated is
// another question: see the package's "Repetition".
func (e *Error) Temporary() bool {
	return e.Code == CodeNoAnswer || e.Status == http.StatusTooManyRequests || e.Status >= http.StatusInternalServerError
}

// CodeOf returns the code of the first Error in err, "" when there is none.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}
