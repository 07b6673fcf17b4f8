package consumer_test

import (
	"context"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/internal/consumer"
	"seckill/internal/health"
	"seckill/internal/metrics"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/internal/stream"
	"seckill/model"
)

// TestOneProductThatIsBrokenKeepsNoOtherFromBeingLookedAfter has the stream of the first
// product of another type, that of the second missing, as of one that is paused before it
// was ever sold, and the third in order.
func TestOneProductThatIsBrokenKeepsNoOtherFromBeingLookedAfter(t *testing.T) {
	w := newWorld(t, 1, 2, 3)
	w.client.Set(t.Context(), seckill.StreamKey(1), "no stream", 0)
	old := time.Now().Add(-2 * time.Hour).UnixMilli()
	for n := range 300 {
		w.add(3, seckill.StreamID{Ms: uint64(old), Seq: uint64(n)}.String(), "uid", "1")
	}
	reader := w.reader(3, "")
	if err := reader.Join(t.Context()); err != nil {
		t.Fatal(err)
	}
	batch, err := reader.Read(t.Context(), 1000, time.Second)
	if err != nil || len(batch.Entries) != 300 {
		t.Fatalf("%d entries, %v", len(batch.Entries), err)
	}
	for _, e := range batch.Entries {
		w.client.XAck(t.Context(), seckill.StreamKey(3), "g1", e.ID)
	}
	w.push(3, 1, 7)

	products := func() []model.ProductState {
		return []model.ProductState{{ProductID: 1}, {ProductID: 2}, {ProductID: 3}}
	}
	inspector := stream.NewInspector(w.clients.Commands, "g1", seckill.StreamKey)
	ok := func(context.Context) error { return nil }
	w.start(w.metrics.Collector(metrics.Sources{
		Redis: health.Check{Run: ok}, Postgres: health.Check{Run: ok}, Database: w.pool, Streams: inspector,
	}))
	servertest.Eventually(t, "the gauges of the third are there", func() bool { return w.metric("seckill_stream_lag", 3) == 7 })
	if n := w.metric("seckill_stream_length", 3); n != 307 {
		t.Errorf("length %v", n)
	}
	w.start(consumer.Janitor(w.clients.Commands, time.Hour, products, func(product int64) *stream.Reader {
		return w.reader(product, "")
	}, w.metrics))
	servertest.Eventually(t, "the third is trimmed", func() bool {
		return w.client.XLen(t.Context(), seckill.StreamKey(3)).Val() < 300
	})
	backlogs, err := inspector.Backlogs(t.Context(), []int64{1, 2, 3})
	if err == nil || backlogs[0].Err == nil || backlogs[1].Err != nil || backlogs[2].Err != nil || backlogs[2].Waiting != 7 {
		t.Errorf("%+v, %v", backlogs, err)
	}
}

func TestWhoHoldsUpTrimmingIsShown(t *testing.T) {
	w := newWorld(t, 1)
	reader := w.reader(1, "")
	if err := reader.Join(t.Context()); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-3 * time.Hour).UnixMilli()
	for n := range 300 {
		w.add(1, seckill.StreamID{Ms: uint64(old), Seq: uint64(n)}.String(), "uid", "1")
	}
	if err := w.client.XGroupCreate(t.Context(), seckill.StreamKey(1), "analytics", "0").Err(); err != nil {
		t.Fatal(err)
	}
	read := func(group string) {
		t.Helper()
		err := w.client.XReadGroup(t.Context(), &redis.XReadGroupArgs{
			Group: group, Consumer: "c", Streams: []string{seckill.StreamKey(1), ">"}, NoAck: true, Block: -1,
		}).Err()
		if err != nil {
			t.Fatal(err)
		}
	}
	read("g1")
	trim := func() stream.Trimmed {
		t.Helper()
		trimmed, err := stream.Trim(t.Context(), w.client, seckill.StreamKey(1), time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return trimmed
	}
	first := seckill.StreamID{Ms: uint64(old)}.String()
	if got := trim(); got.Removed != 0 || got.Hold == nil || got.Hold.Group != "analytics" || got.Hold.StreamID != first ||
		got.Hold.Since.UnixMilli() != old {
		t.Errorf("%+v, %+v", got, got.Hold)
	}
	products := func() []model.ProductState { return []model.ProductState{{ProductID: 1}} }
	w.start(consumer.Janitor(w.clients.Commands, time.Hour, products, func(product int64) *stream.Reader {
		return w.reader(product, "")
	}, w.metrics))
	servertest.Eventually(t, "it is shown who holds it up, and for how long", func() bool {
		held := w.metric("seckill_stream_trim_held_seconds", 1, "group", "analytics")
		return held > 3600 && held < 3*3600
	})
	read("analytics")
	if got := trim(); got.Hold != nil || got.Removed == 0 {
		t.Errorf("%+v, %+v", got, got.Hold)
	}
}
