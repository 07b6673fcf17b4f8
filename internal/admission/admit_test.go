package admission_test

import (
	"context"
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/internal/admission"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// TestAnswers goes through the reasons in their order: each case breaks the rule that
// it is named after and all that come later.
func TestAnswers(t *testing.T) {
	const hour = time.Hour
	type change func(*admission.Opening)
	status := func(s seckill.ProductStatus) change { return func(o *admission.Opening) { o.Status = string(s) } }
	starts := func(d time.Duration) change { return func(o *admission.Opening) { o.StartsAt = time.Now().Add(d) } }
	ends := func(d time.Duration) change { return func(o *admission.Opening) { o.EndsAt = time.Now().Add(d) } }
	left := func(n int64) change { return func(o *admission.Opening) { o.Left = n } }
	holds := func(units, limit int64) change {
		return func(o *admission.Opening) { o.Holders, o.PerUserLimit = map[int64]int64{5: units}, limit }
	}
	tests := []struct {
		name    string
		changes []change
		ask     admission.Attempt
		want    seckill.Code
	}{
		{"paused is told before the window, the stock and the limit", []change{status("PAUSED"), starts(hour), left(0), holds(1, 1)}, admission.Attempt{}, "PAUSED"},
		{"an ended product is told before all else", []change{status("ENDED"), starts(hour), left(0), holds(1, 1)}, admission.Attempt{}, "ENDED"},
		{"a sale that has not started is told before the stock", []change{starts(hour), left(0), holds(1, 1)}, admission.Attempt{}, "NOT_STARTED"},
		{"a sale whose time is over is told before the stock", []change{ends(-hour), left(0), holds(1, 1)}, admission.Attempt{}, "ENDED"},
		{"not started is told before the end", []change{starts(hour), ends(-hour)}, admission.Attempt{}, "NOT_STARTED"},
		{"sold out is told before the limit", []change{left(0), holds(1, 1)}, admission.Attempt{}, "SOLD_OUT"},
		{"less than nothing is sold out", []change{left(-3)}, admission.Attempt{}, "SOLD_OUT"},
		{"the limit is told last", []change{holds(2, 2)}, admission.Attempt{}, "LIMIT_REACHED"},
		{"a limit below what the user holds", []change{holds(3, 2)}, admission.Attempt{}, "LIMIT_REACHED"},
		{"one below the limit is admitted", []change{holds(1, 2)}, admission.Attempt{}, ""},
		{"a limit of 0 is none", []change{holds(100, 0)}, admission.Attempt{}, ""},
		{"inside the window", []change{starts(-hour), ends(hour)}, admission.Attempt{}, ""},
		{"the last unit is sold", []change{left(1)}, admission.Attempt{}, ""},
		{"the state is told before what the caller refuses with", []change{status("PAUSED")}, admission.Attempt{RequestID: "r", Refusal: "OVERLOADED"}, "PAUSED"},
		{"the window is told before what the caller refuses with", []change{starts(hour)}, admission.Attempt{RequestID: "r", Refusal: "OVERLOADED"}, "NOT_STARTED"},
		{"what the caller refuses with is told before the stock", []change{left(0), holds(1, 1)}, admission.Attempt{RequestID: "r", Refusal: "RATE_LIMITED"}, "RATE_LIMITED"},
		{"what the caller refuses with is told where all else is well", nil, admission.Attempt{RequestID: "r", Refusal: "OVERLOADED"}, "OVERLOADED"},
		{"without a request ID the caller's refusal needs no gate", []change{status("PAUSED")}, admission.Attempt{Refusal: "OVERLOADED"}, "OVERLOADED"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client := servertest.SharedRedis(t)
			o := active(5, 1)
			for _, apply := range tt.changes {
				apply(&o)
			}
			tt.ask.UserID = 5
			outcome := admit(t, opened(t, client, o), tt.ask)
			if outcome.Refusal != tt.want || (outcome.StreamID != "") != (tt.want == "") || outcome.Repeated {
				t.Errorf("%+v, want refusal %q", outcome, tt.want)
			}
			if tt.want != "" {
				sameRefused(t, client, o)
			}
		})
	}
}

// sameRefused checks that a refusal has left nothing behind.
func sameRefused(t *testing.T, client *redis.Client, o admission.Opening) {
	t.Helper()
	v := look(t, client, product)
	if v.left != o.Left || !maps.Equal(v.holders, o.Holders) || len(v.inflight)+len(v.waiting)+len(v.entries) > 0 {
		t.Errorf("the refusal left %+v behind", v)
	}
	if keys := client.Keys(t.Context(), "*request*").Val(); len(keys) > 0 {
		t.Errorf("the refusal is remembered: %v", keys)
	}
}

func TestAProductWithoutAGateIsNotLoaded(t *testing.T) {
	client := servertest.SharedRedis(t)
	gate := admission.NewGate(client)
	for _, a := range []admission.Attempt{
		{UserID: 1},
		{UserID: 1, RequestID: "r"},
		{UserID: 1, RequestID: "r", Refusal: seckill.CodeOverloaded},
	} {
		if outcome := admit(t, gate, a); outcome != (admission.Outcome{Refusal: seckill.CodeNotLoaded}) {
			t.Errorf("%+v: %+v", a, outcome)
		}
	}
	if keys := client.Keys(t.Context(), "*").Val(); len(keys) > 0 {
		t.Errorf("keys %v", keys)
	}
}

func TestARecordOnlyProductHasNeitherStockNorLimitNorWindow(t *testing.T) {
	client := servertest.SharedRedis(t)
	o := recordOnly()
	o.PerUserLimit, o.StartsAt, o.EndsAt = 1, time.Now().Add(time.Hour), time.Now().Add(-time.Hour)
	gate := opened(t, client, o)
	var last string
	for range 3 {
		last = taken(t, gate, 5, "")
	}
	v := look(t, client, product)
	if len(v.entries) != 3 || v.left != 0 || len(v.holders) != 0 || len(v.inflight) != 0 {
		t.Errorf("%+v", v)
	}
	if v.waiting[5] != last {
		t.Errorf("waiting %v, want %s", v.waiting, last)
	}
	for _, e := range v.entries {
		if e.Values["epoch"] != "0" {
			t.Errorf("entry %v claims a unit", e.Values)
		}
	}
	for _, status := range []seckill.ProductStatus{seckill.ProductPaused, seckill.ProductEnded} {
		o.Epoch, o.Status = o.Epoch+1, string(status)
		if outcome := admit(t, opened(t, client, o), admission.Attempt{UserID: 5}); outcome.Refusal != seckill.Code(status) {
			t.Errorf("%s: %+v", status, outcome)
		}
	}
}

func TestAnEntrySaysWhoseItIsAndUnderWhichEpoch(t *testing.T) {
	client := servertest.SharedRedis(t)
	o := active(5, 0)
	o.Epoch = 12
	gate := opened(t, client, o)
	ids := []string{taken(t, gate, 1<<53+1, ""), taken(t, gate, 9223372036854775807, "a~!")}
	entries := look(t, client, product).entries
	want := []map[string]any{
		{"uid": "9007199254740993", "epoch": "12"},
		{"uid": "9223372036854775807", "rid": "a~!", "epoch": "12"},
	}
	for i, e := range entries {
		if e.ID != ids[i] || !maps.Equal(e.Values, want[i]) {
			t.Errorf("entry %s %v, want %s %v", e.ID, e.Values, ids[i], want[i])
		}
		a, reason := seckill.Decode(e.ID, e.Values)
		if reason != "" || !a.Admitted || a.Epoch != 12 {
			t.Errorf("settlement reads %+v, %q", a, reason)
		}
	}
}

func TestEveryUnitIsInOnePlace(t *testing.T) {
	client := servertest.SharedRedis(t)
	o := active(4, 2)
	o.Holders = map[int64]int64{1: 1}
	gate := opened(t, client, o)
	first := taken(t, gate, 1, "")
	if got := admit(t, gate, admission.Attempt{UserID: 1}); got.Refusal != seckill.CodeLimitReached {
		t.Errorf("%+v", got)
	}
	second, third := taken(t, gate, 2, "r"), taken(t, gate, 2, "")
	v := look(t, client, product)
	if v.left != 1 || v.left+int64(len(v.inflight)) != o.Left {
		t.Errorf("%d left and %d in flight of %d", v.left, len(v.inflight), o.Left)
	}
	v.sameHolders(t, map[int64]int64{1: 2, 2: 2})
	if want := map[string]int64{first: 1, second: 2, third: 2}; !maps.Equal(v.inflight, want) {
		t.Errorf("in flight %v, want %v", v.inflight, want)
	}
	if want := map[int64]string{1: first, 2: third}; !maps.Equal(v.waiting, want) {
		t.Errorf("waiting %v, want %v: a user waits for the latest entry", v.waiting, want)
	}
}

func TestAnAttemptWhoseTimeIsOverGetsAnError(t *testing.T) {
	client := servertest.SharedRedis(t)
	gate, calls := opened(t, client, active(5, 0)), watch(client)
	release := calls.hold()
	defer release()
	abandon(t, gate, calls, 1)
	release()
	servertest.Eventually(t, "the attempt is decided nevertheless", func() bool { return look(t, client, product).left == 4 })
}

// TestNobodyWaitsForASilentRedisLongerThanARequestMay: neither who is in the call that
// hangs nor who gathers behind it.
func TestNobodyWaitsForASilentRedisLongerThanARequestMay(t *testing.T) {
	client := servertest.SharedRedis(t)
	gate, calls := opened(t, client, active(10, 0)), watch(client)
	release := calls.hold()
	defer release()
	told := make(chan error, 2)
	try := func(user int64) {
		_, err := gate.Admit(context.Background(), admission.Attempt{ProductID: product, UserID: user})
		told <- err
	}
	go try(1)
	servertest.Eventually(t, "one is called", func() bool { return calls.held.Load() == 1 })
	go try(2)
	servertest.Eventually(t, "both are told before Redis has answered", func() bool { return len(told) == 2 })
	for range 2 {
		if err := <-told; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("told %v before Redis has answered", err)
		}
	}
}
