package admission_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/internal/admission"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// TestAStampede has five thousand users want a thousand units, through two gates at
// once.
func TestAStampede(t *testing.T) {
	const users, stock = 5000, 1000
	client := servertest.SharedRedis(t)
	gates := []*admission.Gate{opened(t, client, active(stock, 1)), admission.NewGate(client)}
	outcomes := together(users, func(i int) admission.Outcome {
		outcome, err := gates[i%2].Admit(t.Context(), admission.Attempt{ProductID: product, UserID: int64(i + 1)})
		if err != nil {
			t.Error(err)
		}
		return outcome
	})
	v, admitted := look(t, client, product), 0
	for i, o := range outcomes {
		if o.StreamID == "" {
			if o.Refusal != seckill.CodeSoldOut {
				t.Errorf("user %d: %+v", i+1, o)
			}
			continue
		}
		admitted++
		if user := int64(i + 1); v.inflight[o.StreamID] != user || v.waiting[user] != o.StreamID || v.holders[user] != 1 {
			t.Errorf("user %d: %+v", i+1, o)
		}
	}
	if admitted != stock || v.left != 0 || len(v.holders) != stock || len(v.inflight) != stock || len(v.entries) != stock {
		t.Errorf("%d admitted, %d left, %d holders, %d in flight, %d entries",
			admitted, v.left, len(v.holders), len(v.inflight), len(v.entries))
	}
}

func TestAUserWhoTriesFiftyTimesAtOnceGetsTheLimit(t *testing.T) {
	client := servertest.SharedRedis(t)
	gates := []*admission.Gate{opened(t, client, active(100, 2)), admission.NewGate(client)}
	codes := map[seckill.Code]int{}
	for _, o := range together(50, func(i int) admission.Outcome {
		outcome, err := gates[i%2].Admit(t.Context(), admission.Attempt{ProductID: product, UserID: 5})
		if err != nil {
			t.Error(err)
		}
		return outcome
	}) {
		codes[o.Refusal]++
	}
	v := look(t, client, product)
	if codes[""] != 2 || codes[seckill.CodeLimitReached] != 48 || v.left != 98 || v.holders[5] != 2 || len(v.entries) != 2 {
		t.Errorf("%v, %+v", codes, v)
	}
}

// TestAttemptsThatArriveMeanwhileShareACall keeps Redis from answering the first attempt
// while many arrive.
func TestAttemptsThatArriveMeanwhileShareACall(t *testing.T) {
	const many = 500
	client := servertest.SharedRedis(t)
	gate, calls := opened(t, client, active(2*many, 0)), watch(client)
	gate.WaitLonger()
	release := calls.hold()
	defer release()
	outcomes := make(chan error, 2*many)
	users := int64(0)
	arrive := func() {
		users++
		user := users
		go func() { outcomes <- admitOwn(client, gate, user) }()
	}
	arrive()
	servertest.Eventually(t, "the first attempt is called", func() bool { return calls.held.Load() == 1 })
	for range many {
		arrive()
	}
	servertest.Eventually(t, "the others gather", func() bool { return gate.Gathered(product) == many })
	release()
	for range users {
		if err := <-outcomes; err != nil {
			t.Error(err)
		}
	}
	if n := calls.sent.Load() - 1; n > many/100 {
		t.Errorf("%d calls for the %d attempts that gathered", n, many)
	}
}

// admitOwn decides an attempt, and fails unless it is told of the user's own entry.
func admitOwn(client *redis.Client, gate *admission.Gate, user int64) error {
	ctx := context.Background()
	outcome, err := gate.Admit(ctx, admission.Attempt{ProductID: product, UserID: user})
	if err != nil {
		return err
	}
	owner, err := client.HGet(ctx, seckill.CompanionKey(product, "inflight"), outcome.StreamID).Int64()
	if err != nil || owner != user {
		return fmt.Errorf("user %d is told of entry %q, which is user %d's (%w)", user, outcome.StreamID, owner, err)
	}
	return nil
}

// TestNobodyIsToldAnothersOutcome ends the contexts of some attempts while they are
// under way, so that what they waited with could come to others.
func TestNobodyIsToldAnothersOutcome(t *testing.T) {
	const attempts = 3000
	client := servertest.SharedRedis(t)
	gate := opened(t, client, active(attempts, 0))
	outcomes := together(attempts, func(i int) admission.Outcome {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		if i%3 == 0 {
			go func() {
				time.Sleep(time.Duration(rand.IntN(3000)) * time.Microsecond) // a moment of chance, nothing is waited for
				cancel()
			}()
		}
		a := admission.Attempt{ProductID: product, UserID: int64(i + 1)}
		if i%2 == 0 {
			a.RequestID = strconv.Itoa(i)
		}
		outcome, err := gate.Admit(ctx, a)
		if err != nil && i%3 != 0 {
			t.Errorf("user %d: %v", i+1, err)
		}
		return outcome
	})
	decided := map[int64]bool{}
	servertest.Eventually(t, "every attempt is decided that somebody waited for", func() bool {
		clear(decided)
		for _, user := range look(t, client, product).inflight {
			decided[user] = true
		}
		for i := range attempts {
			if i%3 != 0 && !decided[int64(i+1)] {
				return false
			}
		}
		return gate.Gathered(product) == 0
	})
	v := look(t, client, product)
	for i, o := range outcomes {
		if o.StreamID != "" && v.inflight[o.StreamID] != int64(i+1) {
			t.Errorf("user %d is told of entry %s, which is user %d's", i+1, o.StreamID, v.inflight[o.StreamID])
		}
	}
}

// TestAnAttemptThatNobodyWaitsForAnyMoreIsNotMade unless it is under way already.
func TestAnAttemptThatNobodyWaitsForAnyMoreIsNotMade(t *testing.T) {
	client := servertest.SharedRedis(t)
	gate, calls := opened(t, client, active(100, 0)), watch(client)
	gate.WaitLonger()
	release := calls.hold()
	patient := make(chan admission.Outcome, 1)
	go func() { patient <- admit(t, gate, admission.Attempt{UserID: 1}) }()
	servertest.Eventually(t, "a call is under way", func() bool { return calls.held.Load() == 1 })
	ctx, cancel := context.WithCancel(t.Context())
	var gone sync.WaitGroup
	for user := int64(2); user <= 600; user++ {
		gone.Go(func() {
			if outcome, err := gate.Admit(ctx, admission.Attempt{ProductID: product, UserID: user}); err == nil {
				t.Errorf("user %d is told %+v", user, outcome)
			}
		})
	}
	go func() { patient <- admit(t, gate, admission.Attempt{UserID: 1000}) }()
	servertest.Eventually(t, "all others gather", func() bool { return gate.Gathered(product) == 600 })
	cancel()
	gone.Wait()
	release()
	if a, b := <-patient, <-patient; a.StreamID == "" || b.StreamID == "" {
		t.Errorf("who waits is told %+v, %+v", a, b)
	}
	if v := look(t, client, product); v.left != 98 || len(v.entries) != 2 {
		t.Errorf("of 2 attempts: %+v", v)
	}
}

// TestAnOutcomeThatNobodyWaitsForAnyMoreIsDropped does the same step by step.
func TestAnOutcomeThatNobodyWaitsForAnyMoreIsDropped(t *testing.T) {
	client := servertest.SharedRedis(t)
	gate, calls := opened(t, client, active(100, 0)), watch(client)
	for round := range int64(20) {
		release := calls.hold()
		abandon(t, gate, calls, 1000+round)
		next := make(chan admission.Outcome, 1)
		go func() { next <- admit(t, gate, admission.Attempt{UserID: 1 + round}) }()
		servertest.Eventually(t, "both are under way", func() bool { return calls.held.Load()+int64(gate.Gathered(product)) == 2 })
		release()
		if o := <-next; look(t, client, product).inflight[o.StreamID] != 1+round {
			t.Fatalf("user %d is told %+v", 1+round, o)
		}
	}
}
