package seckill_test

import (
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

// FuzzDecode checks what holds of every entry, whatever its bytes: an attempt keeps
// every rule and can be read back from its own fields; a dead letter always has
// JSON that PostgreSQL takes.
func FuzzDecode(f *testing.F) {
	f.Add("123", "1234567890", "r-1", "k", "v")
	f.Add("0", "-1", "", "\x00", "\xff")
	f.Add("9223372036854775807", "253402300799999", "~", "base64:", "")
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
		again, reason := seckill.Decode("1-1", map[string]any{"uid": uid, "ts": ts, "rid": rid})
		if reason != "" || again.UserID != a.UserID || again.EventAtMs != a.EventAtMs {
			t.Errorf("without the unknown field: %+v, %q; with it: %+v", again, reason, a)
		}
	})
}
