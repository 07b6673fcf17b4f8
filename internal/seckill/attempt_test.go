package seckill_test

import (
	"strconv"
	"strings"
	"testing"

	"seckill/internal/seckill"
)

func TestDecode(t *testing.T) {
	good := func(more ...string) map[string]any {
		fields := map[string]any{"uid": "123"}
		for i := 0; i < len(more); i += 2 {
			fields[more[i]] = more[i+1]
		}
		return fields
	}
	tests := []struct {
		name   string
		fields map[string]any
		want   seckill.Attempt
		reason seckill.DeadReason
	}{
		{"only a uid is an attempt", good(), seckill.Attempt{UserID: 123}, ""},
		{"ts of seconds", good("ts", "1234567890"), seckill.Attempt{UserID: 123, EventAtMs: 1234567890000}, ""},
		{"the largest ts of seconds", good("ts", "99999999999"), seckill.Attempt{UserID: 123, EventAtMs: 99999999999000}, ""},
		{"the smallest ts of milliseconds", good("ts", "100000000000"), seckill.Attempt{UserID: 123, EventAtMs: 100000000000}, ""},
		{"the last millisecond of 9999", good("ts", "253402300799999"), seckill.Attempt{UserID: 123, EventAtMs: 253402300799999}, ""},
		{"a rid", good("rid", "a~!"), seckill.Attempt{UserID: 123, RequestID: "a~!"}, ""},
		{"a rid of 64 characters", good("rid", strings.Repeat("r", 64)), seckill.Attempt{UserID: 123, RequestID: strings.Repeat("r", 64)}, ""},
		{"unknown fields are no error", good("trace", "\x00\xff"), seckill.Attempt{UserID: 123}, ""},
		{"the largest uid", map[string]any{"uid": "9223372036854775807"}, seckill.Attempt{UserID: 9223372036854775807}, ""},

		{"no uid", map[string]any{"ts": "1"}, seckill.Attempt{}, seckill.DeadInvalidUID},
		{"an empty uid", good("uid", ""), seckill.Attempt{}, seckill.DeadInvalidUID},
		{"uid zero", good("uid", "0"), seckill.Attempt{}, seckill.DeadInvalidUID},
		{"a uid with a sign", good("uid", "+1"), seckill.Attempt{}, seckill.DeadInvalidUID},
		{"a negative uid", good("uid", "-1"), seckill.Attempt{}, seckill.DeadInvalidUID},
		{"a uid with a leading zero", good("uid", "01"), seckill.Attempt{}, seckill.DeadInvalidUID},
		{"a uid with a space", good("uid", " 1"), seckill.Attempt{}, seckill.DeadInvalidUID},
		{"a uid of other digits", good("uid", "１"), seckill.Attempt{}, seckill.DeadInvalidUID},
		{"a uid beyond int64", good("uid", "9223372036854775808"), seckill.Attempt{}, seckill.DeadInvalidUID},
		{"a uid that is no string", map[string]any{"uid": 1}, seckill.Attempt{}, seckill.DeadInvalidUID},
		{"an empty ts", good("ts", ""), seckill.Attempt{}, seckill.DeadInvalidTS},
		{"ts zero", good("ts", "0"), seckill.Attempt{}, seckill.DeadInvalidTS},
		{"a negative ts", good("ts", "-5"), seckill.Attempt{}, seckill.DeadInvalidTS},
		{"a ts with a sign", good("ts", "+5"), seckill.Attempt{}, seckill.DeadInvalidTS},
		{"a ts of fractions", good("ts", "1.5"), seckill.Attempt{}, seckill.DeadInvalidTS},
		{"a ts after 9999", good("ts", "253402300800000"), seckill.Attempt{}, seckill.DeadInvalidTS},
		{"a ts beyond int64", good("ts", "99999999999999999999"), seckill.Attempt{}, seckill.DeadInvalidTS},
		{"an empty rid", good("rid", ""), seckill.Attempt{}, seckill.DeadInvalidRID},
		{"a rid of 65 characters", good("rid", strings.Repeat("r", 65)), seckill.Attempt{}, seckill.DeadInvalidRID},
		{"a rid with a space", good("rid", "a b"), seckill.Attempt{}, seckill.DeadInvalidRID},
		{"a rid with DEL", good("rid", "a\x7f"), seckill.Attempt{}, seckill.DeadInvalidRID},
		{"a rid beyond ASCII", good("rid", "é"), seckill.Attempt{}, seckill.DeadInvalidRID},
		{"uid is checked first", map[string]any{"uid": "x", "ts": "x", "rid": ""}, seckill.Attempt{}, seckill.DeadInvalidUID},
		{"ts is checked before rid", good("ts", "x", "rid", ""), seckill.Attempt{}, seckill.DeadInvalidTS},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, reason := seckill.Decode("5-1", tt.fields)
			if reason != tt.reason {
				t.Fatalf("reason %q, want %q", reason, tt.reason)
			}
			if reason != "" {
				return
			}
			if got.StreamID != "5-1" || got.UserID != tt.want.UserID || got.EventAtMs != tt.want.EventAtMs ||
				got.RequestID != tt.want.RequestID {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

// TestTheMarkOfOurOwnGate is never an error: whatever else stands under its name is a
// field like others.
func TestTheMarkOfOurOwnGate(t *testing.T) {
	tests := []struct {
		name     string
		field    any
		admitted bool
		epoch    int64
	}{
		{"none", nil, false, 0},
		{"of a settled product", "12", true, 12},
		{"of a record-only product", "0", true, 0},
		{"of the last epoch", "9223372036854775807", true, 9223372036854775807},
		{"beyond int64", "9223372036854775808", false, 0},
		{"empty", "", false, 0},
		{"negative", "-1", false, 0},
		{"with a sign", "+1", false, 0},
		{"with a leading zero", "01", false, 0},
		{"with a space", "1 ", false, 0},
		{"words", "latest", false, 0},
		{"no string", 12, false, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fields := map[string]any{"uid": "5"}
			if tt.field != nil {
				fields[seckill.EpochField] = tt.field
			}
			a, reason := seckill.Decode("5-1", fields)
			if reason != "" || a.UserID != 5 || a.Admitted != tt.admitted || a.Epoch != tt.epoch {
				t.Errorf("%+v, %q; want admitted %v, epoch %d", a, reason, tt.admitted, tt.epoch)
			}
			if letter := a.DeadLetter(seckill.DeadTooManyDeliveries, 5); letter.Epoch != a.Epoch {
				t.Errorf("its dead letter is of epoch %d, not %d", letter.Epoch, a.Epoch)
			}
			if !tt.admitted && (seckill.Gate{Epoch: 12}).Counts(a.StreamID, a.Epoch) {
				t.Error("the gate has counted it")
			}
		})
	}
}

// FuzzDecode checks what holds of every entry, whatever its bytes: an attempt keeps
// every rule and can be read back from its own fields; a dead letter always has
// JSON that PostgreSQL takes.
func FuzzDecode(f *testing.F) {
	f.Add("123", "1234567890", "r-1", "k", "v")
	f.Add("0", "-1", "", "\x00", "\xff")
	f.Add("9223372036854775807", "253402300799999", "~", "base64:", "")
	f.Add("5", "1", "r", "epoch", "12")
	f.Add("5", "1", "r", "epoch", "0")
	f.Add("5", "1", "r", "epoch", "99999999999999999999")
	f.Fuzz(func(t *testing.T, uid, ts, rid, name, value string) {
		fields := map[string]any{name: value, "uid": uid, "ts": ts, "rid": rid}
		a, reason := seckill.Decode("1-1", fields)
		if reason != "" {
			checkDeadLetter(t, seckill.DeadLetter{StreamID: "1-1", Fields: fields, Reason: reason})
			return
		}
		if a.UserID <= 0 || a.EventAtMs <= 0 || a.EventAtMs > 253402300799999 || a.RequestID != rid || len(rid) > 64 {
			t.Errorf("attempt breaks a rule: %+v", a)
		}
		marked := name == seckill.EpochField && strconv.FormatInt(a.Epoch, 10) == value
		if a.Admitted && !marked || a.Epoch < 0 || name != seckill.EpochField && a.Epoch != 0 {
			t.Errorf("field %q = %q makes an entry of epoch %d, admitted %v", name, value, a.Epoch, a.Admitted)
		}
		again, reason := seckill.Decode("1-1", map[string]any{"uid": uid, "ts": ts, "rid": rid})
		if reason != "" || again.UserID != a.UserID || again.EventAtMs != a.EventAtMs {
			t.Errorf("without the unknown field: %+v, %q; with it: %+v", again, reason, a)
		}
	})
}
