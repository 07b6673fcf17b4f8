package seckill

import (
	"errors"
	"fmt"
	"time"
)

// Code names a kind of failure to a client (contract section 6, "Errors").
type Code string

// The codes that a client may see.
const (
	CodeInvalidArgument      Code = "INVALID_ARGUMENT"
	CodeUnauthorized         Code = "UNAUTHORIZED"
	CodeForbidden            Code = "FORBIDDEN"
	CodeNotFound             Code = "NOT_FOUND"
	CodeProductNotFound      Code = "PRODUCT_NOT_FOUND"
	CodeOrderNotFound        Code = "ORDER_NOT_FOUND"
	CodeResultNotFound       Code = "RESULT_NOT_FOUND"
	CodeMethodNotAllowed     Code = "METHOD_NOT_ALLOWED"
	CodePayloadTooLarge      Code = "PAYLOAD_TOO_LARGE"
	CodeUnsupportedMediaType Code = "UNSUPPORTED_MEDIA_TYPE"
	CodeRateLimited          Code = "RATE_LIMITED"
	CodeInternal             Code = "INTERNAL"
	CodeUnavailable          Code = "UNAVAILABLE"
	CodeInvalidTransition    Code = "INVALID_TRANSITION"
	CodeProductExists        Code = "PRODUCT_EXISTS"
	CodeStockTooLow          Code = "STOCK_TOO_LOW"
	CodeRecordOnly           Code = "RECORD_ONLY"
	CodeOrderExpired         Code = "ORDER_EXPIRED"
	CodeOrderCancelled       Code = "ORDER_CANCELLED"
	CodeAlreadyPaid          Code = "ALREADY_PAID"
	CodeNothingToPay         Code = "NOTHING_TO_PAY"
	CodeSoldOut              Code = "SOLD_OUT"
	CodeLimitReached         Code = "LIMIT_REACHED"
	CodeNotStarted           Code = "NOT_STARTED"
	CodeEnded                Code = "ENDED"
	CodePaused               Code = "PAUSED"
	CodeNotLoaded            Code = "NOT_LOADED"
	CodeOverloaded           Code = "OVERLOADED"
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
