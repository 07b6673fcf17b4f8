package stream_test

import (
	"testing"

	"github.com/redis/go-redis/v9"

	"seckill/internal/servertest"
	"seckill/internal/stream"
)

// lags asks for the lag in every way there is: the API, the gauge, the gate's estimate.
func lags(t *testing.T, inspector *stream.Inspector) (state, sample, waiting int64) {
	t.Helper()
	of := func(s stream.State, err error) int64 {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		if s.Lag == nil {
			return -1
		}
		return *s.Lag
	}
	backlogs, err := inspector.Backlogs(t.Context(), []int64{1})
	if err != nil {
		t.Fatal(err)
	}
	return of(inspector.State(t.Context(), 1)), of(inspector.Sample(t.Context(), 1)), backlogs[0].Waiting
}

func TestTheLagIsTrueWhateverBecameOfTheEntries(t *testing.T) {
	client := servertest.SharedRedis(t)
	do := func(args ...any) {
		t.Helper()
		if err := client.Do(t.Context(), args...).Err(); err != nil {
			t.Fatalf("%v: %v", args, err)
		}
	}
	all := func(n int64) { // delivers n entries and acknowledges them
		t.Helper()
		_, err := client.XReadGroup(t.Context(), &redis.XReadGroupArgs{
			Group: "g1", Consumer: "c", Streams: []string{key, ">"}, Count: n, NoAck: true, Block: -1,
		}).Result()
		if err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name string
		make func()
		want int64
	}{
		{"nothing was removed", func() { add(t, client, 1, 20); all(5) }, 15},
		{"trimmed before delivery, and all the rest delivered", func() {
			add(t, client, 1, 20)
			do("XTRIM", key, "MAXLEN", 5)
			all(10)
		}, 0},
		{"trimmed before delivery, then more came", func() {
			add(t, client, 1, 20)
			do("XTRIM", key, "MAXLEN", 5)
			all(10)
			add(t, client, 21, 23)
		}, 3},
		{"trimmed before delivery, in the middle of reading", func() {
			add(t, client, 1, 20)
			all(5)
			do("XTRIM", key, "MINID", "16-0")
			all(5)
			add(t, client, 21, 23)
		}, 3},
		{"the same, and nothing more came", func() {
			add(t, client, 1, 20)
			all(5)
			do("XTRIM", key, "MINID", "16-0")
			all(5)
		}, 0},
		{"the same, with deletions", func() {
			add(t, client, 1, 20)
			all(5)
			do("XDEL", key, "7-0", "8-0", "9-0")
			all(10)
			add(t, client, 21, 23)
		}, 5},
		{"trimmed before delivery, and none delivered", func() {
			add(t, client, 1, 3000)
			do("XTRIM", key, "MAXLEN", 7)
		}, 7},
		{"deleted in the middle", func() { add(t, client, 1, 20); all(5); do("XDEL", key, "10-0", "11-0") }, 13},
		{"the last ones deleted", func() { add(t, client, 1, 20); all(5); do("XDEL", key, "19-0", "20-0") }, 13},
		{"all deleted", func() { add(t, client, 1, 20); do("XTRIM", key, "MAXLEN", 0) }, 0},
		{"the last ID was set ahead", func() { add(t, client, 1, 20); all(20); do("XSETID", key, "50-0") }, 0},
		{"the number of entries ever added was set", func() {
			add(t, client, 1, 20)
			all(20)
			do("XSETID", key, "50-0", "ENTRIESADDED", 5000, "MAXDELETEDID", "0-0")
			add(t, client, 51, 54)
		}, 4},
		{"the group was set to an ID in the middle", func() { add(t, client, 1, 20); do("XGROUP", "SETID", key, "g1", "12-0") }, 8},
		{"the group was told a wrong number of entries read", func() {
			add(t, client, 1, 20)
			do("XGROUP", "SETID", key, "g1", "12-0", "ENTRIESREAD", "1")
			do("XDEL", key, "1-0")
		}, 8},
		{"the group was set to the end, and told that it has read little", func() {
			add(t, client, 1, 20)
			do("XGROUP", "SETID", key, "g1", "20-0", "ENTRIESREAD", "1")
		}, 0},
		{"the group was told more than there are", func() {
			add(t, client, 1, 20)
			all(5)
			do("XGROUP", "SETID", key, "g1", "5-0", "ENTRIESREAD", "300")
			do("XDEL", key, "1-0")
		}, 15},
		{"the group begins at an ID that is gone", func() {
			add(t, client, 1, 20)
			do("XDEL", key, "12-0")
			do("XGROUP", "SETID", key, "g1", "12-0")
		}, 8},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client.FlushAll(t.Context())
			do("XGROUP", "CREATE", key, "g1", "0", "MKSTREAM")
			tt.make()
			for range 2 { // what was learned the first time must not spoil the second
				inspector := newInspector(client)
				if state, sample, waiting := lags(t, inspector); state != tt.want || sample != tt.want || waiting != tt.want {
					t.Errorf("lag %d, sampled %d, waiting %d, want %d", state, sample, waiting, tt.want)
				}
			}
		})
	}
}

func TestTheLagIsTrueAgainAfterItWasCorrected(t *testing.T) {
	client := servertest.SharedRedis(t)
	inspector := newInspector(client)
	createGroup(t, client, "g1")
	add(t, client, 1, 60_000)
	must[int64](t)(client.XTrimMaxLen(t.Context(), key, 0).Result())
	if state, _, waiting := lags(t, inspector); state != 0 || waiting != 0 {
		t.Errorf("lag %d, waiting %d of an empty stream", state, waiting)
	}
	// A backlog beyond what is counted: the excess of before is known.
	add(t, client, 60_001, 65_000)
	if state, sample, waiting := lags(t, inspector); state != 5000 || sample != 5000 || waiting != 5000 {
		t.Errorf("lag %d, sampled %d, waiting %d, want 5000", state, sample, waiting)
	}
	// Somebody who has seen nothing of that counts.
	if state, _, waiting := lags(t, newInspector(client)); state != 5000 || waiting != 5000 {
		t.Errorf("lag %d, waiting %d, want 5000 of who comes later", state, waiting)
	}
	// The stream is made anew, with what was learned of the one before.
	client.FlushAll(t.Context())
	createGroup(t, client, "g1")
	add(t, client, 1, 2500)
	if state, _, waiting := lags(t, inspector); state != 2500 || waiting != 2500 {
		t.Errorf("lag %d, waiting %d of a new stream, want 2500", state, waiting)
	}
}
