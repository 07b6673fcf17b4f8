package seckill_test

import (
	"testing"

	"seckill/internal/seckill"
)

func TestNames(t *testing.T) {
	for got, want := range map[string]string{
		seckill.StreamKey(1001):             "stream:seckill:1001",
		seckill.CompanionKey(1001, "stock"): "{stream:seckill:1001}:stock",
		seckill.ConsumerName(1001, ""):      "seckill-consumer-1001",
		seckill.ConsumerName(1001, "pod-a"): "seckill-consumer-1001-pod-a",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestParseStreamID(t *testing.T) {
	for _, good := range []string{"0-0", "1-0", "1234567890-12", "18446744073709551615-18446744073709551615"} {
		id, err := seckill.ParseStreamID(good)
		if err != nil || id.String() != good {
			t.Errorf("%s is read as %s, error %v", good, id, err)
		}
	}
	for _, bad := range []string{"", "-", "1", "1-", "-1", "1-2-3", "+1-0", "01-0", "1-00", "a-1", "1- 1", "18446744073709551616-0"} {
		if id, err := seckill.ParseStreamID(bad); err == nil {
			t.Errorf("%q is read as %s", bad, id)
		}
	}
}

func TestStreamIDsAreOrderedAsNumbers(t *testing.T) {
	ordered := []seckill.StreamID{{Ms: 9, Seq: 9}, {Ms: 9, Seq: 10}, {Ms: 10}, {Ms: 100}, {Ms: 1 << 63}}
	for i, a := range ordered {
		for j, b := range ordered {
			got := a.Compare(b)
			if (got < 0) != (i < j) || (got > 0) != (i > j) {
				t.Errorf("%s compared with %s is %d", a, b, got)
			}
		}
	}
}
