package response

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"seckill/internal/seckill"

	"github.com/zeromicro/go-zero/core/logx"
	"github.com/zeromicro/go-zero/rest/httpx"
)

// statusClientClosedRequest is what go-zero's log and breaker know a request by
// whose client has gone away; nobody reads the answer.
const statusClientClosedRequest = 499

// Body is the body of every answer that is not a success.
type Body struct {
	Code    seckill.Code `json:"code"`    // UPPER_SNAKE, for programs
	Message string       `json:"message"` // for people; holds no inner detail
}

// statuses says which HTTP status a code is answered with; 500 where it is silent.
var statuses = map[seckill.Code]int{
	seckill.CodeInvalidArgument:      http.StatusBadRequest,
	seckill.CodeUnauthorized:         http.StatusUnauthorized,
	seckill.CodeForbidden:            http.StatusForbidden,
	seckill.CodeNotFound:             http.StatusNotFound,
	seckill.CodeProductNotFound:      http.StatusNotFound,
	seckill.CodeOrderNotFound:        http.StatusNotFound,
	seckill.CodeResultNotFound:       http.StatusNotFound,
	seckill.CodeDeadLetterNotFound:   http.StatusNotFound,
	seckill.CodeRunbookNotFound:      http.StatusNotFound,
	seckill.CodeAlreadyReplayed:      http.StatusConflict,
	seckill.CodeAlreadyDiscarded:     http.StatusConflict,
	seckill.CodeInvalidUID:           http.StatusUnprocessableEntity,
	seckill.CodeInvalidTS:            http.StatusUnprocessableEntity,
	seckill.CodeInvalidRID:           http.StatusUnprocessableEntity,
	seckill.CodeRejectedByDatabase:   http.StatusUnprocessableEntity,
	seckill.CodeMethodNotAllowed:     http.StatusMethodNotAllowed,
	seckill.CodeInvalidTransition:    http.StatusConflict,
	seckill.CodeProductExists:        http.StatusConflict,
	seckill.CodeStockTooLow:          http.StatusConflict,
	seckill.CodeRecordOnly:           http.StatusConflict,
	seckill.CodeOrderExpired:         http.StatusConflict,
	seckill.CodeOrderCancelled:       http.StatusConflict,
	seckill.CodeAlreadyPaid:          http.StatusConflict,
	seckill.CodeNothingToPay:         http.StatusConflict,
	seckill.CodePayloadTooLarge:      http.StatusRequestEntityTooLarge,
	seckill.CodeUnsupportedMediaType: http.StatusUnsupportedMediaType,
	seckill.CodeSoldOut:              http.StatusConflict,
	seckill.CodeLimitReached:         http.StatusConflict,
	seckill.CodeNotStarted:           http.StatusConflict,
	seckill.CodeEnded:                http.StatusConflict,
	seckill.CodePaused:               http.StatusConflict,
	seckill.CodeEventsTrimmed:        http.StatusGone,
	seckill.CodeEventsReset:          http.StatusGone,
	seckill.CodeRateLimited:          http.StatusTooManyRequests,
	seckill.CodeUnavailable:          http.StatusServiceUnavailable,
	seckill.CodeNotLoaded:            http.StatusServiceUnavailable,
	seckill.CodeOverloaded:           http.StatusServiceUnavailable,
}

// Refuse answers err, with Retry-After when it says when to try again.
//
// A refusal costs no line in the log: a rush has thousands a second. What is wrong with a
// server is said once a second (HandleError), and all are counted by the metrics. For
// go-zero's breaker, which takes a 5xx for a sign that the service is broken, it counts as
// 429 on the way through, and Router gives it the status that it has.
func Refuse(w http.ResponseWriter, r *http.Request, err error) {
	var known *seckill.Error
	if errors.As(err, &known) && known.RetryAfter > 0 {
		seconds := (known.RetryAfter + time.Second - 1) / time.Second
		w.Header().Set(retryAfterHeader, strconv.FormatInt(int64(seconds), 10))
	}
	code := seckill.ErrorCode(err)
	if code == seckill.CodeInternal {
		httpx.ErrorCtx(r.Context(), w, err)
		return
	}
	NoLine(r)
	if StatusOf(code) >= http.StatusInternalServerError {
		status, body := HandleError(r.Context(), err)
		w.Header().Set(statusHeader, strconv.Itoa(status))
		httpx.WriteJsonCtx(r.Context(), w, http.StatusTooManyRequests, body)
		return
	}
	httpx.ErrorCtx(r.Context(), w, err)
}

// Item says what err is in an answer that has an answer for each of several items: what
// would be answered if the item were alone. retryAfter is when to try again, 0 when that is
// not known or of no use.
func Item(ctx context.Context, err error) (code seckill.Code, message string, retryAfter time.Duration) {
	if known, ok := errors.AsType[*seckill.Error](err); ok {
		if known.Cause != nil {
			sayThinly(ctx, "item refused: %v", err)
		}
		return known.Code, known.Message, known.RetryAfter
	}
	status, _ := HandleError(ctx, err)
	body := bodyOf(status)
	return body.Code, body.Message, 0
}

// HandleError says how err is answered; it is made for httpx.SetErrorHandlerCtx.
// What a client is not told stands in the log, with the request's trace ID.
func HandleError(ctx context.Context, err error) (int, any) {
	var known *seckill.Error
	switch {
	case errors.As(err, &known):
		if known.Cause != nil {
			sayThinly(ctx, "request refused: %v", err)
		}
		return StatusOf(known.Code), bodyWith(known)
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		return statusClientClosedRequest, Body{Code: seckill.CodeUnavailable, Message: "the request was given up"}
	case unavailable(err), errors.Is(err, context.Canceled): // by somebody else: what was asked has ended
		sayThinly(ctx, "request failed, a server is away: %v", err)
		return http.StatusServiceUnavailable, bodyOf(http.StatusServiceUnavailable)
	default:
		logx.WithContext(ctx).Errorf("request failed: %v", err)
		return http.StatusInternalServerError, bodyOf(http.StatusInternalServerError)
	}
}

// bodyWith returns the body of an error, with where to begin anew if it says so.
func bodyWith(e *seckill.Error) any {
	body := Body{Code: e.Code, Message: e.Message}
	if e.Position == nil {
		return body
	}
	return struct {
		Body
		*seckill.FeedPosition
	}{body, e.Position}
}

// away thins what every request meets while a server is away.
var away thinned

// sayThinly logs an error, at most one a second, with the number of those left out.
func sayThinly(ctx context.Context, format string, err error) {
	dropped, due := away.due(time.Now())
	if !due {
		return
	}
	if dropped > 0 {
		format += fmt.Sprintf(" (and %d more requests)", dropped)
	}
	logx.WithContext(ctx).Errorf(format, err)
}

// StatusOf returns the HTTP status that code is answered with.
func StatusOf(code seckill.Code) int {
	if status, ok := statuses[code]; ok {
		return status
	}
	return http.StatusInternalServerError
}

// bodyOf returns the body of an answer of which only the HTTP status is known.
func bodyOf(status int) Body {
	switch status {
	case http.StatusBadRequest:
		return Body{seckill.CodeInvalidArgument, "the request could not be read"}
	case http.StatusUnauthorized:
		return Body{seckill.CodeUnauthorized, "a valid bearer token is required"}
	case http.StatusForbidden:
		return Body{seckill.CodeForbidden, "this is not allowed"}
	case http.StatusNotFound:
		return Body{seckill.CodeNotFound, "there is no such route"}
	case http.StatusMethodNotAllowed:
		return Body{seckill.CodeMethodNotAllowed, "the route does not know this method"}
	case http.StatusRequestEntityTooLarge:
		return Body{seckill.CodePayloadTooLarge, "the body is too large"}
	case http.StatusUnsupportedMediaType:
		return Body{seckill.CodeUnsupportedMediaType, "the body must be application/json"}
	case http.StatusTooManyRequests:
		return Body{seckill.CodeRateLimited, "too many requests"}
	case http.StatusServiceUnavailable, statusClientClosedRequest:
		return Body{seckill.CodeUnavailable, "the service cannot answer now, try again later"}
	}
	if status < http.StatusInternalServerError {
		return Body{seckill.CodeInvalidArgument, http.StatusText(status)}
	}
	return Body{seckill.CodeInternal, "internal error"}
}
