package admission

import (
	"context"
	"crypto/rand"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/internal/seckill"
	"seckill/internal/stream"
	"seckill/internal/tracing"
)

const (
	// requestLife is how long a request ID is remembered: a day at least (contract
	// section 6), and some hours for clocks and for retries that began late.
	requestLife = 26 * time.Hour
	// replyLife is how long a call's answers are kept for its repetition. Nobody
	// repeats a call later than its own time limit.
	replyLife = 10 * time.Second
	// callTimeout bounds a call to Redis with its repetitions, and how long an attempt
	// waits for its outcome, the call before its own included: within the time that its
	// request has (3 s), so that it is we who answer.
	callTimeout = 2 * time.Second
	// soldOutFor is how long a product that was found sold out counts as that without
	// asking: stock that comes back is seen within 100 ms.
	soldOutFor = 50 * time.Millisecond
)

// Attempt is a wish to buy one unit of a product.
type Attempt struct {
	ProductID int64
	UserID    int64
	RequestID string // "" = none
	// Trace is the W3C traceparent of its request if that is sampled, "" of any other. It
	// becomes the field tp of the entry.
	Trace string
	// Refusal is what the attempt is refused with unless its request ID has been
	// admitted before; "" = it is to be decided.
	Refusal seckill.Code
}

// Outcome is the gate's answer to an attempt.
type Outcome struct {
	StreamID string       // of the entry that stands for the attempt, "" of a refused one
	Repeated bool         // the request ID had been admitted before
	Refusal  seckill.Code // why it is refused: a state, SOLD_OUT, LIMIT_REACHED, NOT_LOADED
}

// Gate admits attempts. It is safe for concurrent use.
type Gate struct {
	client redis.UniversalClient
	lanes  sync.Map // by product ID: *lane
	name   string   // of this process, to tell its calls from those of others
	calls  atomic.Uint64

	timeout time.Duration // callTimeout, but in tests
}

// NewGate makes a gate over Redis.
func NewGate(client redis.UniversalClient) *Gate {
	return &Gate{client: client, name: rand.Text(), timeout: callTimeout}
}

// Single reports whether one server serves every product, so that one that does not answer
// says all.
func (g *Gate) Single() bool {
	_, cluster := g.client.(*redis.ClusterClient)
	return !cluster
}

// Admit decides an attempt, together with others that arrive meanwhile: while a call to
// Redis is under way for a product, attempts for it gather and become the next one.
//
// An error says that Redis has not answered. Whether the attempt was admitted is then
// unknown; to repeat it with the same request ID answers that without taking a second
// unit.
func (g *Gate) Admit(ctx context.Context, a Attempt) (Outcome, error) {
	lane := g.lane(a.ProductID)
	if refusal, known := a.refusedAtOnce(lane.soldOut()); known {
		return Outcome{Refusal: refusal}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, g.timeout)
	defer cancel()
	w := waiters.Get().(*waiter) //nolint:forcetypeassert // the pool holds nothing else
	w.attempt = a
	lane.join(w)
	select {
	case <-w.done:
		outcome, err := w.outcome, w.err
		*w = waiter{done: w.done}
		waiters.Put(w)
		return outcome, err
	case <-ctx.Done():
		w.gone.Store(true) // w stays the call's, if it is under way
		return Outcome{}, fmt.Errorf("admit: %w", context.Cause(ctx))
	}
}

// refusedAtOnce returns what an attempt is refused with without a call to Redis, when that
// is known. What was admitted under its request ID only Redis knows.
func (a *Attempt) refusedAtOnce(soldOut bool) (refusal seckill.Code, known bool) {
	switch {
	case a.RequestID != "":
		return "", false
	case a.Refusal != "":
		return a.Refusal, true
	default:
		return seckill.CodeSoldOut, soldOut
	}
}

func (g *Gate) lane(productID int64) *lane {
	if found, ok := g.lanes.Load(productID); ok {
		return found.(*lane) //nolint:forcetypeassert // the map holds nothing else
	}
	found, _ := g.lanes.LoadOrStore(productID, &lane{gate: g, keys: keysOf(productID)})
	return found.(*lane) //nolint:forcetypeassert // the map holds nothing else
}

// stockReturned has the lane of a product forget that it was sold out.
func (g *Gate) stockReturned(productID int64) {
	if found, ok := g.lanes.Load(productID); ok {
		found.(*lane).returned() //nolint:forcetypeassert // the map holds nothing else
	}
}

// Forget drops what the gate remembers of a product that turned out not to exist.
func (g *Gate) Forget(productID int64) { g.lanes.Delete(productID) }

// admit sends the attempts of waiters to Redis in one call and gives each its outcome.
// It calls soldOut first when the gate has answered so by itself.
func (g *Gate) admit(k keys, batch []*waiter, soldOut func()) {
	ctx, cancel := context.WithTimeout(context.Background(), g.timeout)
	defer cancel()
	call := g.name + ":" + strconv.FormatUint(g.calls.Add(1), 36)
	names := append(make([]string, 0, admitKeys+2*len(batch)), k.gate, k.holders, k.inflight, k.waiting, k.stream, k.reply(call))
	args := append(make([]any, 0, 3+3*len(batch)), int(replyLife/time.Second), int(requestLife/time.Second), len(batch))
	for _, w := range batch {
		a := &w.attempt
		if a.RequestID != "" {
			names = append(names, k.request(a.UserID, a.RequestID))
		}
		args = append(args, a.UserID, a.RequestID, string(a.Refusal))
	}
	args, traces := traced(args, batch)
	script, padding := admitScript(len(names) - admitKeys)
	for range padding { // never there when it is read
		names = append(names, names[admitKeys-1])
	}
	span := tracing.Send(k.productID, len(batch), traces)
	answer, err := script.Run(ctx, g.client, names, args...).Text()
	isSoldOut := false
	if err == nil {
		isSoldOut, err = decide(k.productID, batch, answer)
	}
	if isSoldOut {
		soldOut()
	}
	if err != nil {
		span.Fail("redis")
		err = fmt.Errorf("admit to product %d: %w", k.productID, err)
	} else {
		span.End()
	}
	for _, w := range batch {
		if err != nil {
			w.outcome, w.err = Outcome{}, err
		}
		w.tell() // w may be in use again from here on
	}
}

// traced adds to the arguments the number of each sampled attempt and its trace, and returns
// their traces beside them: nothing, unless there are some.
func traced(args []any, batch []*waiter) (all []any, traces []string) {
	for i, w := range batch {
		if w.attempt.Trace != "" {
			args = append(args, i+1, w.attempt.Trace)
			traces = append(traces, w.attempt.Trace)
		}
	}
	return args, traces
}

// decide gives each attempt of a batch its word of the script's answer, and reports whether
// any was found sold out. Of an answer with one word that cannot be, none is believed.
func decide(productID int64, batch []*waiter, answer string) (isSoldOut bool, err error) {
	var last seckill.StreamID
	for i, w := range batch {
		word, rest, more := strings.Cut(answer, " ")
		if more != (i+1 < len(batch)) {
			return false, fmt.Errorf("other than %d answers: %w", len(batch), stream.ErrReply)
		}
		answer = rest
		if word == exhausted {
			w.err = seckill.Errorf(seckill.CodeUnavailable,
				"the stream %s takes no entry any more: its last ID is the highest that there is", seckill.StreamKey(productID))
			continue
		}
		var fits bool
		if w.outcome, fits = outcomeOf(&w.attempt, word, &last); !fits {
			return false, fmt.Errorf("word %.40q: %w", word, stream.ErrReply)
		}
		isSoldOut = isSoldOut || w.outcome.Refusal == seckill.CodeSoldOut
	}
	return isSoldOut, nil
}

// exhausted is the script's word for an attempt that no ID is left for.
const exhausted = "EXHAUSTED"

// outcomeOf reads a word of the script's answer, and reports whether an attempt can be
// answered so. The IDs of new entries rise; last is that of the one before.
func outcomeOf(a *Attempt, word string, last *seckill.StreamID) (Outcome, bool) {
	if id, found := strings.CutPrefix(word, "+"); found {
		minted, err := seckill.ParseStreamID(id)
		rises := minted.Compare(*last) > 0
		*last = minted
		return Outcome{StreamID: id}, err == nil && rises && a.Refusal == ""
	}
	if id, found := strings.CutPrefix(word, "="); found {
		_, err := seckill.ParseStreamID(id)
		return Outcome{StreamID: id, Repeated: true}, err == nil && a.RequestID != ""
	}
	code := seckill.Code(word)
	if code != "" && code == a.Refusal {
		return Outcome{Refusal: code}, true
	}
	_, known := messages[code]
	return Outcome{Refusal: code}, known && code != seckill.CodeOverloaded && code != seckill.CodeRateLimited // those are no script's
}
