package stream_test

import (
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"seckill/internal/stream"
)

// TestTheSubstituteWillDo asks the server of `make run`, where no Redis is installed, for
// what it does not know as Redis does.
func TestTheSubstituteWillDo(t *testing.T) {
	server := miniredis.RunT(t)
	client := redis.NewClient(&redis.Options{Addr: server.Addr()})
	t.Cleanup(func() { _ = client.Close() })
	r := newReader(client, "a")
	for range 2 {
		if err := r.Join(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	add(t, client, 1, 5)
	if b := must[[]stream.Backlog](t)(newInspector(client).Backlogs(t.Context(), []int64{1})); b[0].Waiting != 5 {
		t.Errorf("%+v", b)
	}
	if batch := must[stream.Batch](t)(r.Read(t.Context(), 3, time.Millisecond)); len(batch.Entries) != 3 {
		t.Errorf("%+v", batch)
	}
	must[int64](t)(client.XDel(t.Context(), key, "2-0").Result())
	batch, next, err := newReader(client, "b").Claim(t.Context(), "0-0", 0, 100)
	if err != nil || next != "0-0" || len(batch.Entries) != 2 || len(batch.Lost) != 1 {
		t.Errorf("%+v, %s, %v", batch, next, err)
	}
	must[time.Time](t)(newInspector(client).NowFor(t.Context(), 1))
	must[stream.Trimmed](t)(stream.Trim(t.Context(), client, key, time.Hour))
	must[[]string](t)(r.DeleteIdleConsumers(t.Context(), time.Hour))
	if left := newInspector(client).Leftovers(t.Context(), []int64{1}); left[0].Err != nil || !left[0].Left {
		t.Errorf("%+v", left)
	}
	if last := newInspector(client).LastIDs(t.Context(), []int64{1}); last[0].Err != nil {
		t.Errorf("%+v", last)
	}
	if err := stream.NewWriteCheck(client, nothing).Run(t.Context()); err != nil {
		t.Error(err)
	}
	stream.NewEviction(client).Read(t.Context())
}
