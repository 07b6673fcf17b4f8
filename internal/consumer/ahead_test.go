package consumer_test

import (
	"context"
	"testing"
	"time"

	"seckill/internal/health"
	"seckill/internal/metrics"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/internal/stream"
)

// TestAnIDAheadOfTheClockIsAnAlarm: a product whose last ID is of the next hour, one whose
// stream can take nothing more, and one that is in step.
func TestAnIDAheadOfTheClockIsAnAlarm(t *testing.T) {
	log := hear(t)
	w := newWorld(t, 1, 2, 3)
	hour := uint64(time.Now().Add(time.Hour).UnixMilli())
	w.add(1, seckill.StreamID{Ms: hour}.String(), "uid", "1")
	w.add(2, "18446744073709551615-18446744073709551615", "uid", "1")
	w.push(3, 1, 1)
	ok := func(context.Context) error { return nil }
	w.start(w.metrics.Collector(metrics.Sources{
		Redis: health.Check{Run: ok}, Postgres: health.Check{Run: ok},
		Database: w.pool, Streams: stream.NewInspector(w.clients.Commands, "g1", seckill.StreamKey),
	}))
	servertest.Eventually(t, "the gauges are there", func() bool {
		return w.metric("seckill_stream_length", 1) == 1 && w.metric("seckill_stream_length", 2) == 1 && w.metric("seckill_stream_length", 3) == 1
	})
	if ahead := w.metric("seckill_stream_ahead_seconds", 1); ahead < 3000 || ahead > 3600 {
		t.Errorf("product 1 is %v s ahead, want an hour", ahead)
	}
	if ahead := w.metric("seckill_stream_ahead_seconds", 2); ahead < 1e9 {
		t.Errorf("product 2 is %v s ahead, want centuries", ahead)
	}
	if ahead := w.metric("seckill_stream_ahead_seconds", 3); ahead != 0 {
		t.Errorf("product 3 is %v s ahead, want none", ahead)
	}
	servertest.Eventually(t, "the log names both", func() bool {
		return log.has("the last ID of stream:seckill:1, ") && log.has("stream:seckill:2 takes no entry any more")
	})
	if log.has("stream:seckill:3") {
		t.Error("the log names the product that is in step")
	}
}
