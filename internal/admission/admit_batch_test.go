package admission_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/redis/go-redis/v9"

	"seckill/internal/admission"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// TestABatchIsAsIfEachWereMadeAlone makes the same attempts alone and in batches, at gates that
// are alike: few users, so that many meet their limit, some request IDs again, and at last
// no stock.
func TestABatchIsAsIfEachWereMadeAlone(t *testing.T) {
	const attempts = 1500
	random := rand.New(rand.NewPCG(7, 7))
	wishes := make([]admission.Attempt, attempts)
	for i := range wishes {
		wishes[i] = admission.Attempt{ProductID: product, UserID: 1 + random.Int64N(300)}
		if random.IntN(2) == 0 {
			wishes[i].RequestID = fmt.Sprint("r", random.IntN(4))
		}
		if random.IntN(20) == 0 {
			wishes[i].Refusal = seckill.CodeRateLimited
		}
	}
	alone, together := servertest.Client(t, servertest.Redis(t)), servertest.SharedRedis(t)
	gate, other := opened(t, alone, active(400, 2)), opened(t, together, active(400, 2))
	var want, got []admission.Outcome
	for _, wish := range wishes {
		want = append(want, admit(t, gate, wish))
	}
	for batch := range slices.Chunk(wishes, 512) {
		for _, answer := range other.AdmitBatch(t.Context(), product, batch) {
			if answer.Err != nil {
				t.Fatal(answer.Err)
			}
			got = append(got, answer.Outcome)
		}
	}
	same := func(outcomes []admission.Outcome) (lines []string) {
		place := map[string]int{} // of the attempt that was given an ID first
		for i, o := range outcomes {
			if _, known := place[o.StreamID]; !known {
				place[o.StreamID] = i
			}
			lines = append(lines, fmt.Sprint(place[o.StreamID], o.Repeated, o.Refusal))
		}
		return lines
	}
	for i, line := range same(want) {
		if other := same(got)[i]; other != line {
			t.Fatalf("attempt %d, %+v: %s in a batch, %s alone", i, wishes[i], other, line)
		}
	}
	a, b := look(t, alone, product), look(t, together, product)
	if a.left != 0 || b.left != a.left || fmt.Sprint(a.holders) != fmt.Sprint(b.holders) || len(a.entries) != len(b.entries) {
		t.Errorf("alone %+v, in batches %+v", a, b)
	}
}

func TestABatchTakesAsFewCallsAsItFitsInto(t *testing.T) {
	client := servertest.SharedRedis(t)
	gate := opened(t, client, active(257, 0))
	taken(t, gate, 1000, "") // Redis knows the script now
	calls := watch(client)
	answers := gate.AdmitBatch(t.Context(), product, users(512))
	if n := calls.sent.Load(); n != 2 {
		t.Errorf("%d calls for 512 attempts, want 2", n)
	}
	for i, answer := range answers {
		if answer.Err != nil || (answer.Refusal == "") != (i < 256) {
			t.Fatalf("attempt %d of 256 that there is stock for: %+v", i+1, answer)
		}
	}
	gate.AdmitBatch(t.Context(), product, users(512))
	if n := calls.sent.Load(); n != 2 {
		t.Errorf("%d calls for attempts that are known to find nothing", n-2)
	}
}

// users returns an attempt of each of n users.
func users(n int) []admission.Attempt {
	attempts := make([]admission.Attempt, n)
	for i := range attempts {
		attempts[i] = admission.Attempt{ProductID: product, UserID: int64(i + 1)}
	}
	return attempts
}

// second is a hook that keeps the second script back until it is closed.
type second struct {
	redis.Hook // never used

	sent    atomic.Int64
	release chan struct{}
}

func (s *second) DialHook(next redis.DialHook) redis.DialHook { return next }

func (s *second) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (s *second) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if cmd.Name() == "evalsha" && s.sent.Add(1) == 2 {
			<-s.release
		}
		return next(ctx, cmd)
	}
}

// TestWhatIsNotKnownOfABatchIsToldAsSuch gives up a batch between its two calls: what the first
// has decided is told, of the others it is not known, and to repeat them takes no second unit.
func TestWhatIsNotKnownOfABatchIsToldAsSuch(t *testing.T) {
	client := servertest.Client(t, servertest.Redis(t))
	gate := opened(t, client, active(1000, 0))
	gate.WaitLonger()
	gate.AdmitBatch(t.Context(), product, users(256)) // Redis knows the script
	attempts := users(300)
	for i := range attempts {
		attempts[i].RequestID = "r"
	}
	if warm := gate.AdmitBatch(t.Context(), product, attempts[:256]); warm[0].Err != nil {
		t.Fatal(warm[0].Err)
	}
	hook := &second{release: make(chan struct{})}
	client.AddHook(hook)
	ctx, giveUp := context.WithCancel(t.Context())
	go func() {
		servertest.Eventually(t, "the second call is under way", func() bool { return hook.sent.Load() == 2 })
		giveUp()
	}()
	answers := gate.AdmitBatch(ctx, product, attempts)
	for i, answer := range answers {
		if (answer.Err == nil) != (i < 256) || answer.Err == nil && !answer.Repeated {
			t.Fatalf("attempt %d: %+v", i+1, answer)
		}
	}
	close(hook.release)
	servertest.Eventually(t, "the second call is made", func() bool { return look(t, client, product).left == 444 })
	for i, answer := range gate.AdmitBatch(t.Context(), product, attempts[256:]) {
		if answer.Err != nil || !answer.Repeated {
			t.Fatalf("attempt %d, repeated: %+v", i+257, answer)
		}
	}
	if left := look(t, client, product).left; left != 444 {
		t.Errorf("%d units are left, want 444", left)
	}
}

// TestABatchThatNobodyWaitsForIsNotMade unless it is under way already.
func TestABatchThatNobodyWaitsForIsNotMade(t *testing.T) {
	client := servertest.SharedRedis(t)
	gate, calls := opened(t, client, active(1000, 0)), watch(client)
	gate.WaitLonger()
	release := calls.hold()
	defer release()
	first := make(chan admission.Outcome, 1)
	go func() { first <- admit(t, gate, admission.Attempt{UserID: 1000}) }()
	servertest.Eventually(t, "a call is under way", func() bool { return calls.held.Load() == 1 })
	ctx, giveUp := context.WithCancel(t.Context())
	told := make(chan []admission.Answer, 1)
	go func() { told <- gate.AdmitBatch(ctx, product, users(300)) }()
	servertest.Eventually(t, "the batch waits", func() bool { return gate.Gathered(product) == 300 })
	giveUp()
	for i, answer := range <-told {
		if answer.Err == nil {
			t.Fatalf("attempt %d is told %+v", i+1, answer)
		}
	}
	release()
	<-first
	if v := look(t, client, product); v.left != 999 || len(v.entries) != 1 {
		t.Errorf("%+v", v)
	}
}
