package admission

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/zeromicro/go-zero/core/logx"

	"seckill/internal/seckill"
	"seckill/internal/stream"
)

// retryLimited is when a user may try again who was too fast.
const retryLimited = time.Second

type (
	// Books says what the gate cannot; books.Keeper is it.
	Books interface {
		// Has reports whether there is a product, at no cost for one that is known; sure is
		// false while nobody can tell.
		Has(ctx context.Context, productID int64) (there, sure bool)
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
		// LimitedBatch reports of each of some attempts, by their users, whether it comes
		// too fast, as Allow would one after another; false where an error stands for it.
		LimitedBatch(ctx context.Context, users []int64) ([]bool, error)
	}
	// Listener is told of admitted attempts, so that their users' results are known to
	// have changed. It must not block.
	Listener interface {
		Changed(productID int64, users []int64)
	}
	// Counter counts what became of attempts, and how long it took to decide them;
	// metrics.Metrics is it.
	Counter interface {
		AttemptDecided(productID int64, outcome string, took time.Duration)
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
	Objects  func() string // why Redis is not worked with at all, "" = it is; nil = it is
	Books    Books
	Listener Listener
	Counter  Counter

	crowd crowd
}

// Admit decides an attempt and returns the stream ID of its entry. A refusal is a
// *seckill.Error with one of the codes of contract section 6, and RetryAfter where
// trying again may help. What a request ID was answered with before is answered again,
// whatever refuses new attempts now.
//
// An attempt for a product that does not exist leaves nothing behind: no key, no memory,
// no metric.
func (e *Entrance) Admit(ctx context.Context, a Attempt) (string, error) {
	v, there := e.visit(ctx, a.ProductID)
	if !there {
		return "", unknownProduct(a.ProductID)
	}
	limited := !v.overloaded && e.limited(ctx, a.UserID)
	a.Refusal = e.beforehand(&v, a.RequestID, limited)
	var answer Answer
	if answer.Err = e.objection(); answer.Err == nil {
		answer.Outcome, answer.Err = e.Gate.Admit(ctx, a)
	}
	if !v.sure {
		v.sure = e.proved(v.productID, answer)
	}
	streamID, err := e.conclude(ctx, &v, &answer)
	if err == nil && !answer.Repeated {
		e.Listener.Changed(a.ProductID, []int64{a.UserID})
	}
	return streamID, err
}

// visit is what is known of a product when attempts for it come in: one, or a batch.
type visit struct {
	productID  int64
	began      time.Time
	sure       bool          // there is such a product
	delay      time.Duration // for which an attempt would wait until it is settled
	overloaded bool          // that is too long

	asked, missing bool // the books have been asked whether the gate is missing; what they said
}

// visit begins the visit of attempts, unless it is known that there is no such product.
func (e *Entrance) visit(ctx context.Context, productID int64) (v visit, there bool) {
	v = visit{productID: productID, began: time.Now()}
	if there, v.sure = e.Books.Has(ctx, productID); v.sure && !there {
		return v, false
	}
	v.delay = e.delay(productID, v.sure)
	v.overloaded = v.delay > e.MaxDelay
	return v, true
}

// beforehand returns what an attempt is refused with unless its request ID is known, "" when
// the gate is to decide it.
func (e *Entrance) beforehand(v *visit, requestID string, limited bool) seckill.Code {
	switch {
	case requestID != "" && e.evicts() != "":
		return seckill.CodeUnavailable
	case v.overloaded:
		return seckill.CodeOverloaded
	case limited:
		return seckill.CodeRateLimited
	}
	return ""
}

// objection is why the gate is not asked: nothing may be concluded from its answer.
func (e *Entrance) objection() error {
	if e.Objects != nil {
		if reason := e.Objects(); reason != "" {
			return seckill.Errorf(seckill.CodeUnavailable, "%s", reason)
		}
	}
	return nil
}

// conclude counts what became of an attempt, and returns it as Admit does.
func (e *Entrance) conclude(ctx context.Context, v *visit, answer *Answer) (string, error) {
	switch {
	case answer.Err != nil:
		e.count(v, "unavailable")
		refusal := unavailable(answer.Err)
		refusal.RetryAfter = e.retryAfter(seckill.CodeUnavailable, v.delay)
		return "", refusal
	case answer.Refusal != "":
		return "", e.refuse(ctx, v, answer.Refusal)
	case answer.Repeated:
		e.count(v, "repeated")
	default:
		e.count(v, "admitted")
	}
	return answer.StreamID, nil
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
func unavailable(err error) *seckill.Error {
	reason := stream.Reason(err)
	if known, ok := errors.AsType[*seckill.Error](err); ok {
		reason = known.Message
		unavailableLog.Errorf("admit: %v", err)
	}
	if reason == "" {
		reason = "the attempt cannot be decided now"
	}
	return seckill.Wrap(err, seckill.CodeUnavailable, "%s; repeat it with the same requestId", reason)
}

// delay is how long an attempt would wait for its settlement. Of a product that perhaps
// does not exist nothing begins to be measured.
func (e *Entrance) delay(productID int64, sure bool) time.Duration {
	if sure {
		return e.Pressure.Delay(productID)
	}
	return e.Pressure.Known(productID)
}

// proved reports whether one of the gate's answers proves that there is a product of which
// nobody could tell: its gate is open. Else the gate forgets it. Of who is too fast the gate
// need not have been asked.
func (e *Entrance) proved(productID int64, answers ...Answer) bool {
	for i := range answers {
		a := &answers[i]
		if a.Err == nil && a.Refusal != seckill.CodeNotLoaded && a.Refusal != seckill.CodeRateLimited {
			e.Pressure.Delay(productID) // it is measured from now on
			return true
		}
	}
	e.Gate.Forget(productID)
	return false
}

// count counts what became of an attempt, unless its product may be made up.
func (e *Entrance) count(v *visit, outcome string) {
	if v.sure {
		e.Counter.AttemptDecided(v.productID, outcome, time.Since(v.began))
	}
}

// unknownProduct refuses an attempt for a product that does not exist.
func unknownProduct(productID int64) error {
	return seckill.Errorf(seckill.CodeProductNotFound, "there is no product %d", productID)
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

func (e *Entrance) refuse(ctx context.Context, v *visit, code seckill.Code) error {
	if code == seckill.CodeNotLoaded && v.sure && !e.missing(ctx, v) {
		e.Gate.Forget(v.productID)
		return unknownProduct(v.productID)
	}
	if code == seckill.CodeNotLoaded && e.Books.Retired(v.productID) {
		code = seckill.CodeEnded
	}
	e.count(v, strings.ToLower(string(code)))
	message := messages[code]
	if code == seckill.CodeUnavailable {
		message = fmt.Sprintf("Redis may forget request IDs (maxmemory-policy %s); it has to be set to noeviction", e.evicts())
	}
	refusal := seckill.Errorf(code, "%s", message)
	refusal.RetryAfter = e.retryAfter(code, v.delay)
	return refusal
}

// missing asks the books once a visit whether there is a product whose gate is not open.
func (e *Entrance) missing(ctx context.Context, v *visit) bool {
	if !v.asked {
		v.asked, v.missing = true, e.Books.Missing(ctx, v.productID)
	}
	return v.missing
}

// retryAfter is when an attempt that was refused may be repeated, 0 when that is of no
// use. Who tries too often is told the moment from which he may; whom the service turns
// away by the thousand is spread.
func (e *Entrance) retryAfter(code seckill.Code, delay time.Duration) time.Duration {
	least := time.Duration(0)
	switch code {
	case seckill.CodeRateLimited:
		return retryLimited
	case seckill.CodeOverloaded:
		least = delay - e.MaxDelay
	case seckill.CodeNotLoaded, seckill.CodeUnavailable:
	default:
		return 0
	}
	crowd := e.crowd.add(time.Since(started))
	return seckill.RetryAfter(least, delay, crowd, rand.Float64()) //nolint:gosec // it spreads, and hides nothing
}
