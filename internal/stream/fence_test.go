package stream_test

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// TestWhatArrivesLaterIsAfterTheMomentThatWasTold has the last ID of the stream ahead of the
// clock, so that later entries would come within its millisecond.
func TestWhatArrivesLaterIsAfterTheMomentThatWasTold(t *testing.T) {
	client := servertest.SharedRedis(t)
	for name, ahead := range map[string]time.Duration{
		"no entry": -1, "in step with the clock": 0, "an hour ahead": time.Hour, "a century ahead": 100 * 365 * 24 * time.Hour,
	} {
		t.Run(name, func(t *testing.T) {
			client.FlushAll(t.Context())
			now := must[time.Time](t)(client.Time(t.Context()).Result())
			id := seckill.StreamID{Ms: uint64(now.Add(ahead).UnixMilli()), Seq: 5}
			if ahead >= 0 {
				put := &redis.XAddArgs{Stream: key, ID: id.String(), Values: []string{"uid", "1"}}
				if err := client.XAdd(t.Context(), put).Err(); err != nil {
					t.Fatal(err)
				}
			}
			end := must[time.Time](t)(newInspector(client).NowFor(t.Context(), 1))
			later, err := seckill.ParseStreamID(must[string](t)(client.XAdd(t.Context(), &redis.XAddArgs{
				Stream: key, Values: []string{"uid", "2"},
			}).Result()))
			if err != nil || int64(later.Ms) < end.UnixMilli() {
				t.Errorf("%s came later, and counts as before %d", later, end.UnixMilli())
			}
			if ahead > 0 && int64(id.Ms) >= end.UnixMilli() {
				t.Errorf("%s came before, and counts as after %d", id, end.UnixMilli())
			}
		})
	}
	client.FlushAll(t.Context())
	add(t, client, 1, 1)
	put := &redis.XAddArgs{Stream: key, ID: "18446744073709551615-18446744073709551615", Values: []string{"uid", "1"}}
	if err := client.XAdd(t.Context(), put).Err(); err != nil {
		t.Fatal(err)
	}
	if end := must[time.Time](t)(newInspector(client).NowFor(t.Context(), 1)); end.UTC().Year() != 9999 {
		t.Errorf("of an exhausted stream: %s", end)
	}
}
