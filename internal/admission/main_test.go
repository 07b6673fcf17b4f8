package admission_test

import (
	"context"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/redis/go-redis/v9"

	"seckill/internal/admission"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

func TestMain(m *testing.M) { os.Exit(servertest.Run(m)) }

// product is the one that most tests sell.
const product int64 = 7

// active is a product that sells stock without a window.
func active(left, limit int64) admission.Opening {
	return admission.Opening{
		Terms: admission.Terms{Settled: true, Status: string(seckill.ProductActive), PerUserLimit: limit},
		Epoch: 1, Left: left, Run: "run",
	}
}

// recordOnly is a product without stock.
func recordOnly() admission.Opening {
	return admission.Opening{Terms: admission.Terms{Status: string(seckill.ProductActive)}, Epoch: 1}
}

// opened makes a gate over client and opens it for the product.
func opened(t *testing.T, client redis.UniversalClient, o admission.Opening) *admission.Gate {
	t.Helper()
	gate := admission.NewGate(client)
	if err := gate.Open(t.Context(), product, o); err != nil {
		t.Fatal(err)
	}
	return gate
}

// failer is a *testing.T or a *rapid.T.
type failer interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// admit decides an attempt.
func admit(t failer, gate *admission.Gate, a admission.Attempt) admission.Outcome {
	t.Helper()
	if a.ProductID == 0 {
		a.ProductID = product
	}
	outcome, err := gate.Admit(context.Background(), a)
	if err != nil {
		t.Fatal(err)
	}
	return outcome
}

// taken decides an attempt that must be admitted, and returns the ID of its entry.
func taken(t failer, gate *admission.Gate, user int64, requestID string) string {
	t.Helper()
	outcome := admit(t, gate, admission.Attempt{UserID: user, RequestID: requestID})
	if outcome.Refusal != "" || outcome.StreamID == "" || outcome.Repeated {
		t.Fatalf("user %d: %+v, want admission", user, outcome)
	}
	return outcome.StreamID
}

// view is all that Redis holds of the product.
type view struct {
	left     int64
	applied  int64
	holders  map[int64]int64
	inflight map[string]int64
	waiting  map[int64]string
	entries  []redis.XMessage
}

// look reads what Redis holds of a product, with plain commands.
func look(t failer, client *redis.Client, productID int64) view {
	t.Helper()
	ctx := context.Background()
	hash := func(what string) map[string]string {
		return client.HGetAll(ctx, seckill.CompanionKey(productID, what)).Val()
	}
	gate := hash("gate")
	entries, err := client.XRange(ctx, seckill.StreamKey(productID), "-", "+").Result()
	if err != nil {
		t.Fatal(err)
	}
	v := view{
		left: number(t, gate["left"]), applied: number(t, gate["applied"]), entries: entries,
		holders: map[int64]int64{}, inflight: map[string]int64{}, waiting: map[int64]string{},
	}
	for user, units := range hash("holders") {
		v.holders[number(t, user)] = number(t, units)
	}
	for id, user := range hash("inflight") {
		v.inflight[id] = number(t, user)
	}
	for user, id := range hash("waiting") {
		v.waiting[number(t, user)] = id
	}
	return v
}

// sameHolders fails unless the view's holders are the given ones.
func (v view) sameHolders(t failer, want map[int64]int64) {
	t.Helper()
	if !maps.Equal(v.holders, want) {
		t.Fatalf("holders %v, want %v", v.holders, want)
	}
}

func number(t failer, s string) int64 {
	t.Helper()
	if s == "" {
		return 0
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// scripts counts the scripts that a client sends, and can hold them back.
type scripts struct {
	sent atomic.Int64
	held atomic.Int64 // those that wait now
	gate atomic.Pointer[chan struct{}]
}

// watch counts the scripts that client sends from now on.
func watch(client *redis.Client) *scripts {
	s := &scripts{}
	client.AddHook(s)
	return s
}

// hold keeps scripts back until the returned function is called.
func (s *scripts) hold() (release func()) {
	wait := make(chan struct{})
	s.gate.Store(&wait)
	return sync.OnceFunc(func() { s.gate.Store(nil); close(wait) })
}

// DialHook leaves connections alone.
func (s *scripts) DialHook(next redis.DialHook) redis.DialHook { return next }

// ProcessPipelineHook leaves pipelines alone.
func (s *scripts) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

// ProcessHook counts scripts.
func (s *scripts) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if strings.HasPrefix(cmd.Name(), "eval") {
			s.sent.Add(1)
			if wait := s.gate.Load(); wait != nil {
				s.held.Add(1)
				<-*wait
				s.held.Add(-1)
			}
		}
		return next(ctx, cmd)
	}
}

// abandon makes an attempt that gives up while its call is held.
func abandon(t *testing.T, gate *admission.Gate, calls *scripts, user int64) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	told := make(chan error, 1)
	go func() {
		_, err := gate.Admit(ctx, admission.Attempt{ProductID: product, UserID: user})
		told <- err
	}()
	servertest.Eventually(t, "the attempt is called", func() bool { return calls.held.Load() == 1 })
	cancel()
	if err := <-told; err == nil {
		t.Fatalf("user %d is told an outcome before Redis has answered", user)
	}
}

// together runs fn n times at once, the first with 0, and returns what it answered.
func together[T any](n int, fn func(i int) T) []T {
	answers := make([]T, n)
	begin := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-begin
			answers[i] = fn(i)
		})
	}
	close(begin)
	wg.Wait()
	return answers
}

// distinct returns how many different values there are.
func distinct[T ~string](values []T) int {
	sorted := slices.Sorted(slices.Values(values))
	return len(slices.Compact(sorted))
}
