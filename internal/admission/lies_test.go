package admission_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/internal/admission"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/internal/stream"
)

// isOutage reports whether an error is one of the servers to the whole program: nothing that
// an entry, a request or a product has caused.
func isOutage(err error) bool {
	known, ok := errors.AsType[*seckill.Error](err)
	return (!ok || known.Code == seckill.CodeUnavailable) && (stream.Away(err) || stream.Refused(err))
}

// liedTo is what the calls of the table are made with.
type liedTo struct {
	ctx     context.Context //nolint:containedctx // of the test
	direct  *redis.Client   // past the liar
	lied    redis.UniversalClient
	gate    *admission.Gate
	streams *stream.Inspector
}

// scene makes a gate with one entry in flight, of user 1.
func (l *liedTo) scene() error {
	name := func(what string) string { return seckill.CompanionKey(product, what) }
	pipe := l.direct.Pipeline()
	pipe.FlushAll(l.ctx)
	pipe.HSet(l.ctx, name("gate"), "epoch", 1, "applied", 3, "left", 5, "run", "run", "token", "3:9",
		"settled", 1, "status", "ACTIVE", "limit", 2, "starts", 0, "ends", 0)
	pipe.HSet(l.ctx, name("holders"), 1, 1)
	pipe.HSet(l.ctx, name("inflight"), "5-0", 1)
	pipe.HSet(l.ctx, name("waiting"), 1, "5-0")
	for _, id := range []string{"5-0", "6-0"} {
		pipe.XAdd(l.ctx, &redis.XAddArgs{Stream: seckill.StreamKey(product), ID: id, Values: []any{"uid", 1}})
	}
	pipe.XGroupCreate(l.ctx, seckill.StreamKey(product), "g1", "5-0")
	_, err := pipe.Exec(l.ctx)
	return err
}

// believes are the lies that may be believed, by command.
type believes = map[string][]string

// noneOrOne may be how often a script has done something.
var noneOrOne = []string{"zero", "one"}

// call makes a row of the table.
func (l *liedTo) call(name string, do func() error, may believes) servertest.LiedTo {
	return servertest.LiedTo{Name: name, Believes: may, Do: func() error {
		if err := l.scene(); err != nil {
			return fmt.Errorf("set up: %v", err) //nolint:errorlint // never an outage
		}
		return do()
	}}
}

// bounds is an error unless all holds.
func bounds(holds bool, format string, args ...any) error {
	if holds {
		return nil
	}
	return fmt.Errorf("out of bounds: "+format, args...)
}

// entries reports whether all are entries that the gate can have written.
func entries(all []admission.Entry) bool {
	return !slices.ContainsFunc(all, func(e admission.Entry) bool {
		_, err := seckill.ParseStreamID(e.StreamID)
		return err != nil || e.UserID < 1
	})
}

// attemptCalls are the calls of an attempt.
func (l *liedTo) attemptCalls(t *testing.T) []servertest.LiedTo {
	t.Helper()
	return []servertest.LiedTo{
		l.call("Gate.Admit", func() error {
			outcome, err := admission.NewGate(l.lied).Admit(l.ctx, admission.Attempt{ProductID: product, UserID: 2, RequestID: "r"})
			_, wrong := seckill.ParseStreamID(outcome.StreamID)
			return errors.Join(err, bounds(err != nil || wrong == nil && outcome.Refusal == "", "%+v", outcome))
		}, nil),
		l.call("Entrance.Admit", func() error {
			e, d := entrance(t, admission.NewGate(l.lied), nil)
			id, err := e.Admit(l.ctx, admission.Attempt{ProductID: product, UserID: 2})
			_, wrong := seckill.ParseStreamID(id)
			return errors.Join(err, bounds((err == nil) == (wrong == nil) && (err == nil) == (len(d.changed) > 0), "%q, told %v", id, d.changed))
		}, nil),
		l.call("Gate.AdmitBatch", func() error {
			attempts := []admission.Attempt{{UserID: 2, RequestID: "r"}, {UserID: 3}}
			answers := admission.NewGate(l.lied).AdmitBatch(l.ctx, product, attempts)
			_, wrong := seckill.ParseStreamID(answers[1].StreamID)
			return errors.Join(answers[0].Err, answers[1].Err, bounds((answers[1].Err == nil) == (wrong == nil), "%+v", answers))
		}, nil),
		l.call("Entrance.AdmitBatch", func() error {
			e, d := entrance(t, admission.NewGate(l.lied), nil)
			all := e.AdmitBatch(l.ctx, product, []admission.Attempt{{UserID: 2}, {UserID: 3}})
			_, wrong := seckill.ParseStreamID(all[1].StreamID)
			return errors.Join(all[0].Err, all[1].Err, bounds((all[1].Err == nil) == (wrong == nil) && (wrong == nil) == (len(d.changed) == 3), "%+v", all))
		}, nil),
		l.call("UserLimiter.LimitedBatch", func() error {
			limiter, err := admission.NewUserLimiter(l.lied, 5) // the breaker of one opens
			if err == nil {
				_, err = limiter.LimitedBatch(l.ctx, []int64{2, 3})
			}
			return err
		}, believes{"evalsha": noneOrOne, "eval": noneOrOne}),
		l.call("UserLimiter.Allow", func() error {
			limiter, err := admission.NewUserLimiter(l.lied, 5) // the breaker of one opens
			if err == nil {
				_, err = limiter.Allow(l.ctx, 2)
			}
			return err
		}, believes{"evalsha": noneOrOne, "eval": noneOrOne}),
		l.call("Pressure.Measure", func() error {
			pressure := admission.NewPressure(l.streams.Backlogs)
			pressure.Delay(product)
			err := pressure.Measure(l.ctx)
			delay := pressure.Delay(product)
			return errors.Join(err, bounds(delay >= 0 && delay < time.Minute, "delay %v", delay))
		}, believes{"xinfo": {"an empty list"}, "xrange": {"an empty list"}}),
		l.call("Gate.Waiting", func() error {
			waiting, err := l.gate.Waiting(l.ctx, product, []int64{1, 2})
			_, wrong := seckill.ParseStreamID(waiting[1])
			return errors.Join(err, bounds(err != nil || waiting[1] == "" || wrong == nil, "%v", waiting))
		}, believes{"hmget": {"a list of two nils"}}), // nobody waits
	}
}

// gateCalls are the calls of those who keep the gates.
func (l *liedTo) gateCalls() []servertest.LiedTo {
	g, ctx := l.gate, l.ctx
	opening := admission.Opening{
		Terms: admission.Terms{Settled: true, Status: "ACTIVE"}, Epoch: 2, Left: 1, Holders: map[int64]int64{1: 1},
		InFlight: map[string]int64{"5-0": 1}, Waiting: map[int64]string{1: "5-0"},
	}
	return []servertest.LiedTo{
		l.call("Gate.State", func() error {
			s, err := g.State(ctx, product)
			return errors.Join(loaded(err), bounds(s.Epoch >= 0 && s.Applied >= 0 && s.InFlight >= 0, "%+v", s))
		}, nil),
		l.call("Gate.States", func() error {
			s := g.States(ctx, []int64{product})[0]
			return errors.Join(loaded(s.Err), bounds(s.Epoch >= 0 && s.Applied >= 0 && s.InFlight >= 0, "%+v", s))
		}, nil),
		l.call("Gate.Briefs", func() error {
			b, err := g.Briefs(ctx, []int64{product})
			return errors.Join(err, b[0].Err, bounds(b[0].Epoch >= 0 && b[0].Applied >= 0, "%+v", b))
		}, nil),
		l.call("Gate.Apply", func() error {
			applied, err := g.Apply(ctx, product, 1, 4, admission.Terms{Settled: true, Status: "ACTIVE"}, []admission.Move{{Number: 4, Units: 1}})
			return errors.Join(err, bounds(err != nil || applied >= 4, "applied %d", applied))
		}, nil),
		l.call("Gate.Open", func() error { return g.Open(ctx, product, opening) },
			believes{"unlink": noneOrOne, "eval": {"one"}, "evalsha": noneOrOne}),
		l.call("Gate.Close", func() error { return g.Close(ctx, product, 1) }, believes{"evalsha": noneOrOne}),
		l.call("Gate.Shut", func() error { return g.Shut(ctx, product) }, believes{"evalsha": noneOrOne}),
		l.call("Gate.Correct", func() error {
			_, err := g.Correct(ctx, product, admission.State{Epoch: 1, Applied: 3}, 1)
			return err
		}, believes{"evalsha": noneOrOne}),
		l.call("Gate.LockLoading", func() error { _, err := g.LockLoading(ctx, product); return err }, believes{"evalsha": noneOrOne}),
		l.call("Gate.UnlockLoading", func() error { g.UnlockLoading(ctx, product); return nil }, believes{"del": {"*"}}), // it ends by itself
		l.call("Gate.Settled", func() error {
			return g.Settled(ctx, product, []admission.Entry{{StreamID: "5-0", UserID: 1}})
		}, believes{"evalsha": noneOrOne}),
		l.call("Gate.InFlight", func() error {
			found, _, err := g.InFlight(ctx, product, 0, 10)
			return errors.Join(err, bounds(entries(found), "%v", found))
		}, nil),
		l.call("Gate.AllInFlight", func() error {
			s, found, err := g.AllInFlight(ctx, product)
			return errors.Join(loaded(err), bounds(err != nil || entries(found) && s.InFlight == int64(len(found)), "%+v: %v", s, found))
		}, believes{ // what counts is the answer to EXEC; after these a script asks again
			"multi": {"*"}, "eval": {"*"}, "hgetall": {"*"}, "exec": {"error EXECABORT Transaction discarded", "error OOM command not allowed when used memory > 'maxmemory'."},
		}),
		l.call("Gate.Flying", func() error {
			counts, problems := g.Flying(ctx, []int64{product})
			return errors.Join(problems[0], bounds(problems[0] != nil || counts[0] >= 0 && counts[0] < 1<<32, "%v", counts))
		}, believes{"hlen": noneOrOne}),
		l.call("Gate.Resend", func() error {
			id, err := g.Resend(ctx, product, 7, map[string]any{"uid": "1"})
			_, problem := seckill.ParseStreamID(id)
			return errors.Join(err, bounds(err != nil || problem == nil, "%q", id))
		}, nil),
		l.call("Gate.Retire", func() error {
			holder, err := g.Retire(ctx, product)
			return errors.Join(err, bounds(err != nil || holder == "the gate", "held by %q", holder))
		}, nil),
	}
}

// loaded takes an answer that there is no gate for what it may be: the epoch was lost.
func loaded(err error) error {
	if errors.Is(err, admission.ErrNotLoaded) {
		return nil
	}
	return err
}

// TestNoLieIsBelieved answers each command of each call with every wrong reply.
func TestNoLieIsBelieved(t *testing.T) {
	server := servertest.Redis(t)
	liar := servertest.NewLiar(t, server.Addr(), 1)
	clients := stream.NewClients(stream.ClientConfig{Addrs: []string{liar.Addr}, ReadTimeout: time.Second})
	t.Cleanup(func() { _ = clients.Close() })
	lied := clients.Blocking // which repeats nothing
	l := &liedTo{
		ctx: t.Context(), direct: servertest.Client(t, server), lied: lied, gate: admission.NewGate(lied),
		streams: stream.NewInspector(lied, "g1", seckill.StreamKey),
	}
	calls := slices.Concat(l.attemptCalls(t), l.gateCalls())
	servertest.EachIsLiedTo(t, calls, "Pressure.Role") // which measures again and again
	for _, c := range calls {
		t.Run(c.Name, func(t *testing.T) { liar.LieTo(t, &c, isOutage) })
	}
}

// TestAnAnswerThatDoesNotFitItsAttempts: no word of it is believed.
func TestAnAnswerThatDoesNotFitItsAttempts(t *testing.T) {
	attempts := []admission.Attempt{{UserID: 1}, {UserID: 2, RequestID: "r"}, {UserID: 3, Refusal: seckill.CodeOverloaded}}
	for name, answer := range map[string]string{
		"IDs that fall":                      "+9-0 +8-0 OVERLOADED",
		"an ID twice":                        "+9-0 +9-0 OVERLOADED",
		"an ID that is none":                 "+9 +10-0 OVERLOADED",
		"a repetition without a request ID":  "=8-0 +9-0 OVERLOADED",
		"a refusal that was not asked for":   "OVERLOADED +9-0 OVERLOADED",
		"another one":                        "RATE_LIMITED +9-0 OVERLOADED",
		"an entry of a refused attempt":      "+8-0 +9-0 +10-0",
		"too few words":                      "+8-0 +9-0",
		"too many words":                     "+8-0 +9-0 OVERLOADED SOLD_OUT",
		"an empty word":                      "+8-0  OVERLOADED",
		"a word that is none":                "+8-0 +9-0 nonsense",
		"sold out, with a word that is none": "SOLD_OUT SOLD_OUT nonsense",
	} {
		if _, err := admission.Decide(attempts, answer); !isOutage(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, answer := range []string{"+8-0 +9-0 OVERLOADED", "SOLD_OUT =9-0 OVERLOADED", "+18446744073709551615-1 =1-0 PAUSED"} {
		if _, err := admission.Decide(attempts, answer); err != nil {
			t.Errorf("%s: %v", answer, err)
		}
	}
}
