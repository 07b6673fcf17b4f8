package admission

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/zeromicro/go-zero/core/logx"

	"seckill/internal/seckill"
	"seckill/internal/stream"
)

const (
	// retrySoon is when to come back while a gate is opened or Redis is away.
	retrySoon = time.Second
	// retryLimited is when a user may try again who was too fast.
	retryLimited = time.Second
)

type (
	// Books says what the gate cannot; books.Keeper is it.
	Books interface {
		// Missing reports whether there is a product whose gate is not open, and has the
		// gate opened if so.
		Missing(ctx context.Context, productID int64) bool
		// Retired reports whether a product, as Missing has found it, has ended and has no
		// gate any more.
		Retired(productID int64) bool
	}
	// Limiter bounds how often a user may try; nil = no bound.
	Limiter interface {
		// Allow reports whether the user may try now.
		Allow(ctx context.Context, userID int64) (bool, error)
	}
	// Listener is told of admitted attempts, so that their users' results are known to
	// have changed. It must not block.
	Listener interface {
		Changed(productID int64, users []int64)
	}
	// Counter counts what became of attempts; metrics.Metrics is it.
	Counter interface {
		AttemptDecided(productID int64, outcome string)
	}
)

// Entrance is what an attempt passes on its way in: the bounds of what can be settled
// in time and of what a user may ask, then the gate.
type Entrance struct {
	Gate     *Gate
	Pressure *Pressure
	MaxDelay time.Duration // the longest wait for settlement with which anybody is admitted
	Limiter  Limiter
	Evicts   func() string // the policy by which Redis throws keys away, "" = it does not; nil = not known
	Books    Books
	Listener Listener
	Counter  Counter
}

// Admit decides an attempt and returns the stream ID of its entry. A refusal is a
// *seckill.Error with one of the codes of contract section 6, and RetryAfter where
// trying again may help. What a request ID was answered with before is answered again,
// whatever refuses new attempts now.
func (e *Entrance) Admit(ctx context.Context, a Attempt) (string, error) {
	delay := e.Pressure.Delay(a.ProductID)
	overloaded := delay > e.MaxDelay
	limited := !overloaded && e.limited(ctx, a.UserID)
	switch {
	case a.RequestID != "" && e.evicts() != "":
		a.Refusal = seckill.CodeUnavailable
	case overloaded:
		a.Refusal = seckill.CodeOverloaded
	case limited:
		a.Refusal = seckill.CodeRateLimited
	}
	outcome, err := e.Gate.Admit(ctx, a)
	if err != nil {
		e.Counter.AttemptDecided(a.ProductID, "unavailable")
		return "", unavailable(err)
	}
	if outcome.Refusal != "" {
		return "", e.refuse(ctx, a.ProductID, outcome.Refusal, delay)
	}
	if outcome.Repeated {
		e.Counter.AttemptDecided(a.ProductID, "repeated")
		return outcome.StreamID, nil
	}
	e.Counter.AttemptDecided(a.ProductID, "admitted")
	e.Listener.Changed(a.ProductID, []int64{a.UserID})
	return outcome.StreamID, nil
}

// evicts returns the policy by which Redis may forget what a request ID was answered with,
// "" when it does not: the click that is repeated would buy a second time.
func (e *Entrance) evicts() string {
	if e.Evicts == nil {
		return ""
	}
	return e.Evicts()
}

// unavailableLog is for what every attempt meets in an outage; it writes once a second.
var unavailableLog = logx.NewLessLogger(1000)

// unavailable refuses an attempt that Redis did not decide, with the reason where one is
// known that may be shown.
func unavailable(err error) error {
	reason := stream.Reason(err)
	if known, ok := errors.AsType[*seckill.Error](err); ok {
		reason = known.Message
		unavailableLog.Errorf("admit: %v", err)
	}
	if reason == "" {
		reason = "the attempt cannot be decided now"
	}
	refusal := seckill.Wrap(err, seckill.CodeUnavailable, "%s; repeat it with the same requestId", reason)
	refusal.RetryAfter = retrySoon
	return refusal
}

// limiterLog is for what every attempt meets while Redis is away; it writes once a second.
var limiterLog = logx.NewLessLogger(1000)

// limited asks the limiter. When it does not answer nobody is limited: the gate, on the
// same Redis, will not answer either.
func (e *Entrance) limited(ctx context.Context, userID int64) bool {
	if e.Limiter == nil {
		return false
	}
	allowed, err := e.Limiter.Allow(ctx, userID)
	if err != nil {
		limiterLog.Errorf("rate limit: %v", err)
		return false
	}
	return !allowed
}

// messages are what the gate's refusals say to a client.
var messages = map[seckill.Code]string{
	seckill.CodeSoldOut:      "the product is sold out",
	seckill.CodeLimitReached: "the user holds as many units as are allowed",
	seckill.CodeNotStarted:   "the sale has not started",
	seckill.CodeEnded:        "the sale has ended",
	seckill.CodePaused:       "the sale is paused",
	seckill.CodeNotLoaded:    "the product is being made ready, try again",
	seckill.CodeOverloaded:   "too many attempts wait to be settled, try again later",
	seckill.CodeRateLimited:  "the user tries too often",
}

func (e *Entrance) refuse(ctx context.Context, productID int64, code seckill.Code, delay time.Duration) error {
	if code == seckill.CodeNotLoaded && !e.Books.Missing(ctx, productID) {
		e.Gate.Forget(productID)
		return seckill.Errorf(seckill.CodeProductNotFound, "there is no product %d", productID)
	}
	if code == seckill.CodeNotLoaded && e.Books.Retired(productID) {
		code = seckill.CodeEnded
	}
	e.Counter.AttemptDecided(productID, strings.ToLower(string(code)))
	message := messages[code]
	if code == seckill.CodeUnavailable {
		message = fmt.Sprintf("Redis may forget request IDs (maxmemory-policy %s); it has to be set to noeviction", e.evicts())
	}
	refusal := seckill.Errorf(code, "%s", message)
	refusal.RetryAfter = map[seckill.Code]time.Duration{
		seckill.CodeNotLoaded:   retrySoon,
		seckill.CodeOverloaded:  delay - e.MaxDelay,
		seckill.CodeRateLimited: retryLimited,
	}[code]
	return refusal
}
