package admission_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"seckill/internal/admission"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// settlement is how an entry that arrives at a millisecond is settled.
func settlement(terms admission.Terms, ms int64) seckill.Code {
	sale := seckill.Sale{Left: 1, StartsAt: terms.StartsAt, EndsAt: terms.EndsAt}
	id := seckill.StreamID{Ms: uint64(ms)}.String()
	decisions, _ := sale.Settle([]seckill.Attempt{{UserID: 1, StreamID: id}}, seckill.Holdings{})
	return seckill.Code(decisions[0].Reason)
}

func TestTheEdgesOfTheWindow(t *testing.T) {
	second := time.Unix(1_800_000_000, 0)
	tests := []struct {
		name              string
		starts, ends, now time.Duration // from second on
		want              seckill.Code
	}{
		{"the microsecond before the start", 0, time.Second, -time.Microsecond, "NOT_STARTED"},
		{"the start itself belongs to the sale", 0, time.Second, 0, ""},
		{"the last microsecond", 0, time.Second, time.Second - time.Microsecond, ""},
		{"the end does not belong to the sale", 0, time.Second, time.Second, "ENDED"},
		{"a start within a millisecond is after its beginning", 500 * time.Microsecond, time.Second, 999 * time.Microsecond, "NOT_STARTED"},
		{"and before the next millisecond", 500 * time.Microsecond, time.Second, time.Millisecond, ""},
		{"an end within a millisecond leaves that millisecond in", 0, 500 * time.Microsecond, 999 * time.Microsecond, ""},
		{"and not the next", 0, 500 * time.Microsecond, time.Millisecond, "ENDED"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client := servertest.SharedRedis(t)
			o := active(1, 0)
			o.StartsAt, o.EndsAt = second.Add(tt.starts), second.Add(tt.ends)
			now := second.Add(tt.now)
			admission.FreezeClock(t, now)
			outcome := admit(t, opened(t, client, o), admission.Attempt{UserID: 1})
			if outcome.Refusal != tt.want || settlement(o.Terms, now.UnixMilli()) != tt.want {
				t.Errorf("gate %q, settlement %q, want %q", outcome.Refusal, settlement(o.Terms, now.UnixMilli()), tt.want)
			}
		})
	}
}

// TestTheGateAndTheSettlementAgreeOnTheWindow asks both at moments around the edges of
// windows that may be open at either end.
func TestTheGateAndTheSettlementAgreeOnTheWindow(t *testing.T) {
	client := servertest.SharedRedis(t)
	epoch, second := int64(0), time.Unix(1_800_000_000, 0)
	near := rapid.Custom(func(t *rapid.T) time.Duration {
		return time.Duration(rapid.Int64Range(-3000, 3000).Draw(t, "µs")) * time.Microsecond
	})
	rapid.Check(t, func(rt *rapid.T) {
		epoch++
		o := active(1, 0)
		o.Epoch = epoch
		if rapid.Bool().Draw(rt, "starts") {
			o.StartsAt = second.Add(near.Draw(rt, "start"))
		}
		if rapid.Bool().Draw(rt, "ends") {
			o.EndsAt = second.Add(near.Draw(rt, "end") + 2*time.Millisecond)
		}
		now := second.Add(near.Draw(rt, "now"))
		admission.FreezeClock(t, now)
		outcome := admit(rt, opened(t, client, o), admission.Attempt{UserID: 1})
		if want := settlement(o.Terms, now.UnixMilli()); outcome.Refusal != want {
			rt.Fatalf("at %s the gate says %q, settlement %q", now.Format(time.StampMicro), outcome.Refusal, want)
		}
	})
}

// TestTheWindowGoesByRedisClock lets a sale begin and end within moments that Redis
// itself tells: between two readings of its clock nothing else can be right.
func TestTheWindowGoesByRedisClock(t *testing.T) {
	client := servertest.SharedRedis(t)
	now := func() time.Time { return client.Time(t.Context()).Val() }
	o := active(1_000_000, 0)
	o.StartsAt = now().Add(30 * time.Millisecond)
	o.EndsAt = o.StartsAt.Add(30 * time.Millisecond)
	gate, seen := opened(t, client, o), map[seckill.Code]int{}
	for seen["ENDED"] == 0 {
		before := now()
		outcome := admit(t, gate, admission.Attempt{UserID: 1})
		after := now()
		seen[outcome.Refusal]++
		allowed := map[seckill.Code]bool{}
		for ms := before.UnixMilli(); ms <= after.UnixMilli(); ms++ {
			allowed[settlement(o.Terms, ms)] = true
		}
		if !allowed[outcome.Refusal] {
			t.Fatalf("%q between %s and %s", outcome.Refusal, before, after)
		}
	}
}

func TestTimesBefore1970AreOver(t *testing.T) {
	client := servertest.SharedRedis(t)
	o := active(1, 0)
	o.StartsAt = time.Unix(-5, 0)
	if got := admit(t, opened(t, client, o), admission.Attempt{UserID: 1}); got.Refusal != "" {
		t.Errorf("a sale that started in 1969: %+v", got)
	}
	o.Epoch, o.EndsAt = 2, time.Unix(-4, 0)
	if got := admit(t, opened(t, client, o), admission.Attempt{UserID: 1}); got.Refusal != seckill.CodeEnded {
		t.Errorf("a sale that ended in 1969: %+v", got)
	}
}
