package stream_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/internal/stream"
)

func newInspector(client *redis.Client) *stream.Inspector {
	return stream.NewInspector(client, "g1", seckill.StreamKey)
}

func TestStateOfAGroup(t *testing.T) {
	client := servertest.Client(t, servertest.Redis(t))
	inspector := newInspector(client)
	empty := must[stream.State](t)(inspector.State(t.Context(), 1))
	if empty.Stream != key || empty.Length != 0 || empty.Lag != nil || empty.OldestPending != nil || empty.Consumers != nil {
		t.Errorf("no stream: %+v", empty)
	}
	add(t, client, 1, 10)
	if s := must[stream.State](t)(inspector.State(t.Context(), 1)); s.Length != 10 || s.Pending != 0 {
		t.Errorf("no group: %+v", s)
	}
	deliver(t, client, "g1", 6)
	acknowledge(t, client, "g1", 1, 2)
	s := must[stream.State](t)(inspector.State(t.Context(), 1))
	if s.Length != 10 || s.Lag == nil || *s.Lag != 4 || s.Pending != 4 || s.LastDeliveredID != "6-0" ||
		s.OldestPending == nil || *s.OldestPending < time.Hour || len(s.Consumers) != 1 || s.Consumers[0].Pending != 4 {
		t.Errorf("%+v", s)
	}
}

func TestLagIsCountedWhereRedisCannotTell(t *testing.T) {
	client := servertest.Client(t, servertest.Redis(t))
	add(t, client, 1, 10)
	if err := client.XGroupCreate(t.Context(), key, "g1", "4-0").Err(); err != nil {
		t.Fatal(err)
	}
	must[int64](t)(client.XDel(t.Context(), key, "8-0").Result())
	groups := must[[]redis.XInfoGroup](t)(client.XInfoGroups(t.Context(), key).Result())
	if groups[0].Lag != -1 {
		t.Fatalf("this Redis can tell: %+v", groups[0])
	}
	s := must[stream.State](t)(newInspector(client).State(t.Context(), 1))
	if s.Lag == nil || *s.Lag != 5 {
		t.Errorf("%+v", s)
	}
}

func TestRateComesFromTwoSamples(t *testing.T) {
	client := servertest.Client(t, servertest.Redis(t))
	inspector := newInspector(client)
	add(t, client, 1, 10)
	createGroup(t, client, "g1")
	if s := must[stream.State](t)(inspector.Sample(t.Context(), 1)); s.EntriesPerSecond != 0 {
		t.Errorf("one sample: %+v", s)
	}
	must[stream.Batch](t)(newReader(client, "a").Read(t.Context(), 10, time.Second))
	sampled := must[stream.State](t)(inspector.Sample(t.Context(), 1))
	if sampled.EntriesPerSecond <= 0 {
		t.Errorf("two samples: %+v", sampled)
	}
	if s := must[stream.State](t)(inspector.State(t.Context(), 1)); s.EntriesPerSecond != sampled.EntriesPerSecond {
		t.Errorf("a state after the samples: %+v", s)
	}
}

func TestPendingEntriesNewestFirst(t *testing.T) {
	client := servertest.Client(t, servertest.Redis(t))
	inspector := newInspector(client)
	if list := must[[]stream.PendingEntry](t)(inspector.Pending(t.Context(), 1, "", 10)); len(list) != 0 {
		t.Errorf("no stream: %v", list)
	}
	const entries = 10_050 // more than one page
	pipe := client.Pipeline()
	for i := 1; i <= entries; i++ {
		pipe.XAdd(t.Context(), &redis.XAddArgs{Stream: key, ID: fmt.Sprintf("%d-0", i), Values: []string{"uid", "1"}})
	}
	must[[]redis.Cmder](t)(pipe.Exec(t.Context()))
	deliver(t, client, "g1", entries)
	seen, before := 0, ""
	for {
		page := must[[]stream.PendingEntry](t)(inspector.Pending(t.Context(), 1, before, 4000))
		for _, e := range page {
			if want := fmt.Sprintf("%d-0", entries-seen); e.StreamID != want || e.Consumer != "a" || e.Deliveries != 1 {
				t.Fatalf("entry %d is %+v, want %s", seen, e, want)
			}
			seen++
		}
		if len(page) < 4000 {
			break
		}
		before = page[len(page)-1].StreamID
	}
	if seen != entries {
		t.Errorf("%d of %d entries", seen, entries)
	}
}
