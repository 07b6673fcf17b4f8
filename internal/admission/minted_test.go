package admission_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"pgregory.net/rapid"

	"seckill/internal/admission"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

var bg = context.Background()

// put adds an entry with an ID that somebody has made up.
func put(t failer, client *redis.Client, id string) {
	t.Helper()
	args := &redis.XAddArgs{Stream: seckill.StreamKey(product), ID: id, Values: []string{"uid", "1"}}
	if err := client.XAdd(bg, args).Err(); err != nil {
		t.Fatal(err)
	}
}

// TestTheGateAgreesWithTheSettlementOfWhatWouldBeWritten has the stream's last ID at
// moments before and after the clock: an entry is settled by the ID that it gets.
func TestTheGateAgreesWithTheSettlementOfWhatWouldBeWritten(t *testing.T) {
	client := servertest.SharedRedis(t)
	epoch := int64(0)
	rapid.Check(t, func(rt *rapid.T) {
		epoch++
		client.Del(bg, seckill.StreamKey(product))
		now := client.Time(bg).Val()
		minutes := rapid.Custom(func(t *rapid.T) time.Duration { // never near the clock, which goes on
			return time.Duration(rapid.IntRange(-5, 5).Draw(t, "minutes"))*time.Minute + 30*time.Second
		})
		put(rt, client, fmt.Sprintf("%d-1", now.Add(minutes.Draw(rt, "last")).UnixMilli()))
		o := active(1, 0)
		o.Epoch = epoch
		o.StartsAt = now.Add(minutes.Draw(rt, "start") - 7*time.Second)
		o.EndsAt = o.StartsAt.Add(minutes.Draw(rt, "length") + 6*time.Minute)
		gate := opened(t, client, o)
		outcome := admit(rt, gate, admission.Attempt{UserID: 1})
		id := outcome.StreamID
		if id == "" {
			id = client.XAdd(bg, &redis.XAddArgs{Stream: seckill.StreamKey(product), Values: []string{"uid", "1"}}).Val()
		}
		minted, err := seckill.ParseStreamID(id)
		if want := settlement(o.Terms, int64(minted.Ms)); err != nil || outcome.Refusal != want {
			rt.Fatalf("the gate says %q of what would be %s, settlement %q (%v)", outcome.Refusal, id, want, err)
		}
	})
}

// TestAnEntryMintedAfterTheEndTakesNoUnit has the clock stand still for the gate alone, as
// if it had gone on between the look at it and the entry.
func TestAnEntryMintedAfterTheEndTakesNoUnit(t *testing.T) {
	client := servertest.SharedRedis(t)
	o := active(5, 0)
	o.EndsAt = client.Time(bg).Val().Add(-time.Second)
	gate := opened(t, client, o)
	admission.FreezeClock(t, o.EndsAt.Add(-10*time.Millisecond))
	outcomes, err := gate.AdmitTogether([]admission.Attempt{
		{ProductID: product, UserID: 1, RequestID: "a"}, {ProductID: product, UserID: 2},
	})
	if err != nil || outcomes[0].Refusal != seckill.CodeEnded || outcomes[1].Refusal != seckill.CodeEnded {
		t.Fatalf("%+v, %v", outcomes, err)
	}
	state, err := gate.State(bg, product)
	if n := client.XLen(bg, seckill.StreamKey(product)).Val(); err != nil || state.Left != 5 || state.InFlight != 0 || n != 0 {
		t.Errorf("%+v, %d entries, %v", state, n, err)
	}
	if keys := client.Keys(bg, "*request*").Val(); len(keys) != 0 {
		t.Errorf("a refusal is remembered: %v", keys)
	}
}

func TestAnExhaustedStreamIsNamed(t *testing.T) {
	client := servertest.SharedRedis(t)
	gate := opened(t, client, active(10, 0))
	put(t, client, "18446744073709551615-18446744073709551613")
	attempts := make([]admission.Attempt, 4)
	for i := range attempts {
		attempts[i] = admission.Attempt{ProductID: product, UserID: int64(i + 1)}
	}
	outcomes, err := gate.AdmitTogether(attempts[:2])
	if err != nil || outcomes[0].StreamID == "" || outcomes[1].StreamID == "" {
		t.Fatalf("two IDs are left: %+v, %v", outcomes, err)
	}
	_, err = gate.AdmitTogether(attempts[2:])
	if seckill.ErrorCode(err) != seckill.CodeUnavailable || !strings.Contains(err.Error(), "highest that there is") {
		t.Errorf("%v", err)
	}
	if state, err := gate.State(bg, product); err != nil || state.Left != 8 || state.InFlight != 2 {
		t.Errorf("%+v, %v", state, err)
	}
}

func TestAStreamThatIsExhaustedInTheMiddleOfACallKeepsItsAccount(t *testing.T) {
	client := servertest.SharedRedis(t)
	gate := opened(t, client, active(10, 0))
	put(t, client, "18446744073709551615-18446744073709551613")
	attempts := make([]admission.Attempt, 4)
	for i := range attempts {
		attempts[i] = admission.Attempt{ProductID: product, UserID: int64(i + 1)}
	}
	if _, err := gate.AdmitTogether(attempts); seckill.ErrorCode(err) != seckill.CodeUnavailable {
		t.Errorf("%v", err)
	}
	state, err := gate.State(bg, product)
	if n := client.XLen(bg, seckill.StreamKey(product)).Val(); err != nil || n != 3 || state.Left != 8 || state.InFlight != 2 {
		t.Errorf("%+v, %d entries, %v", state, n, err)
	}
}
