package admission_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/internal/admission"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// full is an opening with everything in it.
func full(epoch, left int64) admission.Opening {
	o := active(left, 2)
	o.Epoch, o.Applied, o.Run = epoch, 40+epoch, fmt.Sprintf("run %d", epoch)
	o.Holders = map[int64]int64{1: 2, 2: 1, 10 + epoch: 1}
	o.InFlight = map[string]int64{"5-0": 1, fmt.Sprintf("6-%d", epoch): 2}
	o.Waiting = map[int64]string{1: "5-0", 2: fmt.Sprintf("6-%d", epoch), 3: "7-0"}
	return o
}

// sameAs checks that Redis holds what the gate was opened with, and nothing else.
func sameAs(t *testing.T, client *redis.Client, o admission.Opening) {
	t.Helper()
	v := look(t, client, product)
	if v.left != o.Left || v.applied != o.Applied || !maps.Equal(v.holders, o.Holders) ||
		!maps.Equal(v.inflight, o.InFlight) || !maps.Equal(v.waiting, o.Waiting) {
		t.Errorf("%+v, want %+v", v, o)
	}
	var want []string
	for _, what := range []string{"gate", "holders", "inflight", "waiting"} {
		key := seckill.CompanionKey(product, what)
		want = append(want, key)
		if ttl := client.TTL(t.Context(), key).Val(); ttl != -1 {
			t.Errorf("%s lives for %s", key, ttl)
		}
	}
	slices.Sort(want)
	if keys := slices.Sorted(slices.Values(client.Keys(t.Context(), "*").Val())); !slices.Equal(keys, want) {
		t.Errorf("keys %v, want %v", keys, want)
	}
}

func TestAGateOpensWithAllThatItIsGiven(t *testing.T) {
	client := servertest.SharedRedis(t)
	o := full(3, 8)
	o.StartsAt = time.Now().Add(-time.Hour)
	gate := opened(t, client, o)
	sameAs(t, client, o)
	state, err := gate.State(t.Context(), product)
	if err != nil || state != (admission.State{Epoch: 3, Applied: 43, Left: 8, InFlight: 2, Run: "run 3"}) {
		t.Errorf("%+v, %v", state, err)
	}
	if got := admit(t, gate, admission.Attempt{UserID: 1}); got.Refusal != seckill.CodeLimitReached {
		t.Errorf("who holds two of two: %+v", got)
	}
	taken(t, gate, 2, "")
}

func TestOnlyALaterEpochReplacesAGate(t *testing.T) {
	for epoch, replaces := range map[int64]bool{8: false, 9: false, 10: true, 11: true, 100: true} {
		t.Run(fmt.Sprintf("epoch %d after epoch 9", epoch), func(t *testing.T) {
			client := servertest.SharedRedis(t)
			first, next := full(9, 5), full(epoch, 77)
			next.Holders[99] = 1
			gate := opened(t, client, first)
			if err := gate.Open(t.Context(), product, next); err != nil {
				t.Fatal(err)
			}
			if replaces {
				first = next
			}
			sameAs(t, client, first)
		})
	}
}

func TestAnEmptyOpeningLeavesNothingOfTheOneBefore(t *testing.T) {
	client := servertest.SharedRedis(t)
	gate := opened(t, client, full(1, 5))
	empty := active(9, 0)
	empty.Epoch = 2
	if err := gate.Open(t.Context(), product, empty); err != nil {
		t.Fatal(err)
	}
	if keys := client.Keys(t.Context(), "*").Val(); len(keys) != 1 {
		t.Errorf("keys %v, want the gate alone", keys)
	}
	if v := look(t, client, product); v.left != 9 {
		t.Errorf("%+v", v)
	}
}

// TestALateOpener is one that is overtaken while it puts its users aside.
func TestALateOpener(t *testing.T) {
	client := servertest.SharedRedis(t)
	late, calls := admission.NewGate(client), watch(client)
	release := calls.hold()
	defer release()
	done := make(chan error, 1)
	go func() { done <- late.Open(t.Context(), product, full(2, 5)) }()
	servertest.Eventually(t, "the users are put aside", func() bool { return calls.held.Load() == 1 })
	aside := client.Keys(t.Context(), "*:aside:*").Val()
	if len(aside) != 3 {
		t.Fatalf("aside are %v", aside)
	}
	for _, key := range aside {
		if ttl := client.TTL(t.Context(), key).Val(); ttl <= 0 {
			t.Errorf("%s stays for ever if the opener dies: %s", key, ttl)
		}
	}
	other := redis.NewClient(&redis.Options{Addr: client.Options().Addr}) // nobody holds its scripts
	defer func() { _ = other.Close() }()
	o := full(3, 50)
	opened(t, other, o)
	release()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	sameAs(t, client, o)
}

// dying lets n pipelines through and then fails, like an opener that dies.
type dying struct {
	scripts
	n int
}

// ProcessPipelineHook counts pipelines down.
func (d *dying) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		if d.n--; d.n < 0 {
			return errors.New("the opener has died")
		}
		return next(ctx, cmds)
	}
}

func TestWhatADeadOpenerPutAsideGoesAway(t *testing.T) {
	client := servertest.SharedRedis(t)
	o := active(1, 1)
	o.Holders = map[int64]int64{}
	for user := range int64(3000) {
		o.Holders[user] = 1
	}
	mortal := redis.NewClient(&redis.Options{Addr: client.Options().Addr})
	defer func() { _ = mortal.Close() }()
	if err := mortal.Ping(t.Context()).Err(); err != nil { // a new connection begins with a pipeline
		t.Fatal(err)
	}
	mortal.AddHook(&dying{n: 1})
	if err := admission.NewGate(mortal).Open(t.Context(), product, o); err == nil {
		t.Fatal("the opener has not died")
	}
	keys := client.Keys(t.Context(), "*").Val()
	if len(keys) != 1 {
		t.Fatalf("keys %v", keys)
	}
	if ttl := client.TTL(t.Context(), keys[0]).Val(); ttl <= 0 {
		t.Errorf("%s stays for ever", keys[0])
	}
	o.Holders = map[int64]int64{5000: 1}
	opened(t, client, o) // what the dead one put aside is not mixed in
	look(t, client, product).sameHolders(t, o.Holders)
}

func TestThousandsOfHolders(t *testing.T) {
	client := servertest.SharedRedis(t)
	o := active(1, 1)
	o.Holders, o.InFlight, o.Waiting = map[int64]int64{}, map[string]int64{}, map[int64]string{}
	for user := int64(1); user <= 12_345; user++ {
		id := fmt.Sprintf("%d-0", user)
		o.Holders[user], o.InFlight[id], o.Waiting[user] = user%3+1, user, id
	}
	gate := opened(t, client, o)
	sameAs(t, client, o)
	seen, cursor := map[string]int64{}, uint64(0)
	for {
		page, next, err := gate.InFlight(t.Context(), product, cursor, 500)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page {
			seen[e.StreamID] = e.UserID
		}
		if cursor = next; cursor == 0 {
			break
		}
	}
	if !maps.Equal(seen, o.InFlight) {
		t.Errorf("%d of %d entries are in flight", len(seen), len(o.InFlight))
	}
}

func TestCloseOfALaterEpochDoesNothing(t *testing.T) {
	for epoch, closes := range map[int64]bool{8: false, 9: false, 10: true, 11: true} {
		t.Run(fmt.Sprintf("epoch 10 is closed with %d", epoch), func(t *testing.T) {
			client := servertest.SharedRedis(t)
			gate := opened(t, client, full(10, 5))
			if err := gate.Close(t.Context(), product, epoch); err != nil {
				t.Fatal(err)
			}
			if !closes {
				sameAs(t, client, full(10, 5))
				return
			}
			if _, err := gate.State(t.Context(), product); !errors.Is(err, admission.ErrNotLoaded) {
				t.Errorf("%v", err)
			}
			if got := admit(t, gate, admission.Attempt{UserID: 8}); got.Refusal != seckill.CodeNotLoaded {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestCloseOfAGateThatIsNotOpen(t *testing.T) {
	gate := admission.NewGate(servertest.SharedRedis(t))
	if err := gate.Close(t.Context(), product, 1); err != nil {
		t.Error(err)
	}
}

func TestBriefs(t *testing.T) {
	client := servertest.SharedRedis(t)
	gate := opened(t, client, full(3, 8))
	if err := gate.Open(t.Context(), product+2, full(5, 8)); err != nil {
		t.Fatal(err)
	}
	got, err := gate.Briefs(t.Context(), []int64{product, product + 1, product + 2})
	want := []admission.Brief{{Loaded: true, Epoch: 3, Applied: 43, Run: "run 3"}, {}, {Loaded: true, Epoch: 5, Applied: 45, Run: "run 5"}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	if none, err := gate.Briefs(t.Context(), nil); err != nil || len(none) != 0 {
		t.Errorf("of no product: %v, %v", none, err)
	}
}

func TestOneOpensAGateAtATime(t *testing.T) {
	client := servertest.SharedRedis(t)
	first, second := admission.NewGate(client), admission.NewGate(client)
	lock := func(g *admission.Gate, productID int64) bool {
		t.Helper()
		mine, err := g.LockLoading(t.Context(), productID)
		if err != nil {
			t.Fatal(err)
		}
		return mine
	}
	if !lock(first, product) || lock(second, product) || !lock(second, product+1) {
		t.Error("the lock is not one of one product")
	}
	if ttl := client.TTL(t.Context(), seckill.CompanionKey(product, "loading")).Val(); ttl <= 0 {
		t.Errorf("who dies keeps the others out for ever: %s", ttl)
	}
	first.UnlockLoading(t.Context(), product)
	if !lock(second, product) {
		t.Error("the lock was not given back")
	}
}
