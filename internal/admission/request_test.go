package admission_test

import (
	"fmt"
	"testing"
	"time"

	"seckill/internal/admission"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// TestARequestIDTakesOneUnit sends the same request many times at once, through two
// gates as two replicas would.
func TestARequestIDTakesOneUnit(t *testing.T) {
	for _, times := range []int{10, 100} {
		t.Run(fmt.Sprintf("sent %d times", times), func(t *testing.T) {
			client := servertest.SharedRedis(t)
			gates := []*admission.Gate{opened(t, client, active(50, 0)), admission.NewGate(client)}
			outcomes := together(times, func(i int) admission.Outcome {
				outcome, err := gates[i%2].Admit(t.Context(), admission.Attempt{ProductID: product, UserID: 1, RequestID: "r"})
				if err != nil {
					t.Error(err)
				}
				return outcome
			})
			v, fresh := look(t, client, product), 0
			if len(v.entries) != 1 || v.left != 49 || v.holders[1] != 1 || len(v.inflight) != 1 {
				t.Fatalf("%+v", v)
			}
			for _, o := range outcomes {
				if o.StreamID != v.entries[0].ID || o.Refusal != "" {
					t.Errorf("%+v, want entry %s", o, v.entries[0].ID)
				}
				if !o.Repeated {
					fresh++
				}
			}
			if fresh != 1 {
				t.Errorf("%d of the answers are the first", fresh)
			}
		})
	}
}

// TestARequestIDIsAnsweredAgainWhateverHappened changes all that could refuse the
// request by now.
func TestARequestIDIsAnsweredAgainWhateverHappened(t *testing.T) {
	tests := []struct {
		name    string
		change  func(o *admission.Opening)
		refusal seckill.Code
		others  seckill.Code // what others hear who come for the first time
	}{
		{"sold out", func(o *admission.Opening) { o.Left = 0 }, "", "SOLD_OUT"},
		{"paused", func(o *admission.Opening) { o.Status = "PAUSED" }, "", "PAUSED"},
		{"ended by an operator", func(o *admission.Opening) { o.Status = "ENDED" }, "", "ENDED"},
		{"past its end", func(o *admission.Opening) { o.EndsAt = time.Unix(1, 0) }, "", "ENDED"},
		{"at the user's limit", func(o *admission.Opening) { o.PerUserLimit, o.Holders = 1, map[int64]int64{1: 1, 2: 1} }, "", "LIMIT_REACHED"},
		{"overloaded", func(*admission.Opening) {}, seckill.CodeOverloaded, "OVERLOADED"},
		{"rate limited", func(*admission.Opening) {}, seckill.CodeRateLimited, "RATE_LIMITED"},
		{"not loaded", nil, "", "NOT_LOADED"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client := servertest.SharedRedis(t)
			gate := opened(t, client, active(5, 0))
			id := taken(t, gate, 1, "r")
			if o := active(5, 0); tt.change == nil {
				if err := gate.Close(t.Context(), product, 1); err != nil {
					t.Fatal(err)
				}
			} else {
				tt.change(&o)
				o.Epoch = 2
				gate = opened(t, client, o)
			}
			if got := admit(t, gate, admission.Attempt{UserID: 2, RequestID: "r", Refusal: tt.refusal}); got.Refusal != tt.others {
				t.Errorf("another user: %+v, want %s", got, tt.others)
			}
			got := admit(t, gate, admission.Attempt{UserID: 1, RequestID: "r", Refusal: tt.refusal})
			if got != (admission.Outcome{StreamID: id, Repeated: true}) {
				t.Errorf("%+v, want %s again", got, id)
			}
			if v := look(t, client, product); len(v.entries) != 1 {
				t.Errorf("%d entries", len(v.entries))
			}
		})
	}
}

func TestARefusedRequestIDMayTryAgain(t *testing.T) {
	client := servertest.SharedRedis(t)
	gate := opened(t, client, active(0, 0))
	ask := admission.Attempt{UserID: 1, RequestID: "r"}
	if got := admit(t, gate, ask); got.Refusal != seckill.CodeSoldOut {
		t.Fatalf("%+v", got)
	}
	if _, err := gate.Apply(t.Context(), product, 1, 1, active(0, 0).Terms, []admission.Move{{Number: 1, Units: 1}}); err != nil {
		t.Fatal(err)
	}
	if got := admit(t, gate, ask); got.Refusal != "" || got.Repeated {
		t.Errorf("%+v", got)
	}
}

func TestARequestIDIsOfOneUserAndOneProduct(t *testing.T) {
	client := servertest.SharedRedis(t)
	gate := opened(t, client, active(9, 0))
	if err := gate.Open(t.Context(), product+1, active(9, 0)); err != nil {
		t.Fatal(err)
	}
	// "1" with "2:r" and "1:2" with "r" must not meet either.
	for _, a := range []admission.Attempt{
		{ProductID: product, UserID: 1, RequestID: "r"},
		{ProductID: product, UserID: 2, RequestID: "r"},
		{ProductID: product + 1, UserID: 1, RequestID: "r"},
		{ProductID: product, UserID: 1, RequestID: "R"},
		{ProductID: product, UserID: 1, RequestID: "2:r"},
		{ProductID: product, UserID: 12, RequestID: "r"},
		{ProductID: product, UserID: 1, RequestID: "2r"},
	} {
		if got := admit(t, gate, a); got.Refusal != "" || got.Repeated {
			t.Errorf("%+v: %+v", a, got)
		}
	}
	if v := look(t, client, product); len(v.entries) != 6 || v.left != 3 {
		t.Errorf("%d entries, %d left", len(v.entries), v.left)
	}
}

func TestWhatIsRememberedAndForHowLong(t *testing.T) {
	client := servertest.SharedRedis(t)
	gate := opened(t, client, active(9, 0))
	taken(t, gate, 1, "r")
	keys := client.Keys(t.Context(), "*:request:*").Val()
	if len(keys) != 1 {
		t.Fatalf("%v", keys)
	}
	if ttl := client.TTL(t.Context(), keys[0]).Val(); ttl < 24*time.Hour {
		t.Errorf("the request ID is forgotten after %s", ttl)
	}
	replies := client.Keys(t.Context(), "*:reply:*").Val()
	if len(replies) != 1 {
		t.Fatalf("%v", replies)
	}
	// Longer than anybody repeats a call (its time limit is 3 s), and not for ever.
	if ttl := client.TTL(t.Context(), replies[0]).Val(); ttl <= 3*time.Second || ttl > time.Minute {
		t.Errorf("the answer of a call is kept for %s", ttl)
	}
}

func TestRequestIDsInsideOneCall(t *testing.T) {
	client := servertest.SharedRedis(t)
	gate := opened(t, client, active(4, 2))
	known := taken(t, gate, 9, "known")
	ask := func(user int64, requestID string, refusal seckill.Code) admission.Attempt {
		return admission.Attempt{ProductID: product, UserID: user, RequestID: requestID, Refusal: refusal}
	}
	outcomes, err := gate.AdmitTogether([]admission.Attempt{
		ask(1, "", ""),
		ask(1, "a", ""),
		ask(1, "a", ""),           // the one before
		ask(9, "known", ""),       // from an earlier call
		ask(1, "b", ""),           // over the limit
		ask(2, "x", "OVERLOADED"), // not admitted before
		ask(1, "a", "OVERLOADED"), // admitted before, in this call
		ask(2, "a", ""),           // another user's ID
		ask(3, "", ""),            // nothing is left
		ask(1, "a", ""),
	})
	if err != nil {
		t.Fatal(err)
	}
	v := look(t, client, product)
	if len(v.entries) != 4 || v.left != 0 {
		t.Fatalf("%d entries, %d left", len(v.entries), v.left)
	}
	again := admission.Outcome{StreamID: v.entries[2].ID, Repeated: true}
	want := []admission.Outcome{
		{StreamID: v.entries[1].ID}, {StreamID: v.entries[2].ID}, again,
		{StreamID: known, Repeated: true}, {Refusal: "LIMIT_REACHED"}, {Refusal: "OVERLOADED"}, again,
		{StreamID: v.entries[3].ID}, {Refusal: "SOLD_OUT"}, again,
	}
	for i := range want {
		if outcomes[i] != want[i] {
			t.Errorf("attempt %d: %+v, want %+v", i, outcomes[i], want[i])
		}
	}
	v.sameHolders(t, map[int64]int64{9: 1, 1: 2, 2: 1})
	if id := client.Get(t.Context(), seckill.CompanionKey(product, "request:1:a")).Val(); id != v.entries[2].ID {
		t.Errorf("request a is remembered with %s", id)
	}
}
