package admission_test

import (
	"fmt"
	"testing"

	"github.com/redis/go-redis/v9"

	"seckill/internal/admission"
	"seckill/internal/servertest"
)

// behind opens a client that reaches the shared Redis through a proxy. retries is
// go-redis's MaxRetries: 0 is its default of three, -1 none.
func behind(t *testing.T, direct *redis.Client, retries int) (*redis.Client, *proxy) {
	t.Helper()
	p := newProxy(t, direct.Options().Addr)
	client := redis.NewClient(&redis.Options{Addr: p.addr(), MaxRetries: retries})
	t.Cleanup(func() { _ = client.Close() })
	return client, p
}

// TestALostReplyHasNoSecondEffect loses the replies of as many calls as go-redis
// repeats by itself.
func TestALostReplyHasNoSecondEffect(t *testing.T) {
	for _, lost := range []int64{1, 3} {
		for _, requestID := range []string{"", "r"} {
			t.Run(fmt.Sprintf("%d replies are lost, request ID %q", lost, requestID), func(t *testing.T) {
				direct := servertest.SharedRedis(t)
				client, p := behind(t, direct, 0)
				gate := opened(t, client, active(9, 0))
				taken(t, gate, 1, "") // Redis knows the script from here on
				p.lose.Store(lost)
				id := taken(t, gate, 2, requestID)
				v := look(t, direct, product)
				if p.lost.Load() != lost || len(v.entries) != 2 || v.entries[1].ID != id || v.left != 7 || v.holders[2] != 1 {
					t.Errorf("%d lost: %+v", p.lost.Load(), v)
				}
				if want := int64(1); v.inflight[id] != 2 || v.waiting[2] != id || v.holders[1] != want {
					t.Errorf("%+v", v)
				}
			})
		}
	}
}

func TestAWholeBatchIsRepeatedWithoutASecondEffect(t *testing.T) {
	direct := servertest.SharedRedis(t)
	client, p := behind(t, direct, 0)
	gate := opened(t, client, active(3, 1))
	taken(t, gate, 100, "")
	p.lose.Store(2)
	outcomes, err := gate.AdmitTogether([]admission.Attempt{
		{ProductID: product, UserID: 1},
		{ProductID: product, UserID: 1},
		{ProductID: product, UserID: 2, RequestID: "r"},
		{ProductID: product, UserID: 3},
	})
	if err != nil || p.lost.Load() != 2 {
		t.Fatalf("%v, %d lost", err, p.lost.Load())
	}
	v := look(t, direct, product)
	if len(v.entries) != 3 || v.left != 0 {
		t.Fatalf("%+v", v)
	}
	want := []admission.Outcome{{StreamID: v.entries[1].ID}, {Refusal: "LIMIT_REACHED"}, {StreamID: v.entries[2].ID}, {Refusal: "SOLD_OUT"}}
	for i := range want {
		if outcomes[i] != want[i] {
			t.Errorf("attempt %d: %+v, want %+v", i, outcomes[i], want[i])
		}
	}
}

// TestTwoCallsAreNotTakenForOne makes sure that what is kept of a call answers that
// call alone, of whatever gate.
func TestTwoCallsAreNotTakenForOne(t *testing.T) {
	client := servertest.SharedRedis(t)
	gates := []*admission.Gate{opened(t, client, active(100, 0)), admission.NewGate(client), admission.NewGate(client)}
	var ids []string
	for user := range int64(30) {
		ids = append(ids, taken(t, gates[user%3], user+1, ""))
	}
	if n := distinct(ids); n != 30 {
		t.Errorf("%d entries for 30 users", n)
	}
}

func TestWithoutRepetitionTheCallerRepeats(t *testing.T) {
	direct := servertest.SharedRedis(t)
	client, p := behind(t, direct, -1)
	gate := opened(t, direct, active(9, 0))
	gate, fresh := admission.NewGate(client), gate
	taken(t, fresh, 1, "")
	p.lose.Store(1)
	ask := admission.Attempt{ProductID: product, UserID: 2, RequestID: "r"}
	if outcome, err := gate.Admit(t.Context(), ask); err == nil {
		t.Fatalf("%+v, although the reply is lost", outcome)
	}
	v := look(t, direct, product)
	if len(v.entries) != 2 || v.left != 7 {
		t.Fatalf("the lost call has not been executed: %+v", v)
	}
	for _, g := range []*admission.Gate{gate, fresh} {
		if got := admit(t, g, ask); got != (admission.Outcome{StreamID: v.entries[1].ID, Repeated: true}) {
			t.Errorf("%+v, want entry %s", got, v.entries[1].ID)
		}
	}
	if v := look(t, direct, product); len(v.entries) != 2 || v.left != 7 || v.holders[2] != 1 {
		t.Errorf("%+v", v)
	}
}

// TestEveryScriptMayBeRepeated loses the reply to each of the other scripts that write.
func TestEveryScriptMayBeRepeated(t *testing.T) {
	direct := servertest.SharedRedis(t)
	client, p := behind(t, direct, 0)
	gate := opened(t, client, active(5, 0))
	id := taken(t, gate, 1, "")
	again := active(50, 0)
	again.Epoch, again.Holders = 2, map[int64]int64{1: 1}
	steps := []struct {
		name string
		do   func() error
		left int64
	}{
		{"apply", func() error {
			_, err := gate.Apply(t.Context(), product, 1, 1, active(0, 0).Terms, []admission.Move{{Number: 1, Units: 10, Taken: []int64{1}}})
			return err
		}, 14},
		{"correct", func() error {
			done, err := gate.Correct(t.Context(), product, admission.State{Epoch: 1, Applied: 1}, 3)
			if err == nil && !done {
				t.Error("the correction is said not to be made")
			}
			return err
		}, 17},
		{"settle", func() error { return gate.Settled(t.Context(), product, []admission.Entry{{StreamID: id, UserID: 1}}) }, 17},
		{"open", func() error { return gate.Open(t.Context(), product, again) }, 50},
		{"close", func() error { return gate.Close(t.Context(), product, 2) }, 0},
	}
	for round := range 2 { // in the first round Redis learns the scripts
		for _, step := range steps {
			p.lose.Store(int64(round))
			if err := step.do(); err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
			if v := look(t, direct, product); v.left != step.left {
				t.Errorf("%s, round %d: %d left, want %d", step.name, round, v.left, step.left)
			}
		}
		if p.lost.Load() != int64(round*len(steps)) {
			t.Fatalf("round %d: %d replies are lost", round, p.lost.Load())
		}
		direct.Del(t.Context(), direct.Keys(t.Context(), "*").Val()...)
		gate = opened(t, direct, active(5, 0))
		taken(t, gate, 1, "")
		gate = admission.NewGate(client)
	}
}
