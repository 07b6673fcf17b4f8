package notify

import (
	"math/rand/v2"
	"runtime"
	"strconv"
	"testing"
	"time"

	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

const many = 10_000

// heap is the memory that is in use, in bytes.
func heap() uint64 {
	var m runtime.MemStats
	for range 2 { // what finalizers free is seen by the second
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestWatchersAreCheap measures the hub alone; a request's own memory comes on top.
func TestWatchersAreCheap(t *testing.T) {
	h := newHub(nil, newStore().sources(), usualPace)
	watchers := make([]*Watcher, many)
	goroutines, before := runtime.NumGoroutine(), heap()
	for i := range watchers {
		watchers[i] = h.Watch(1, int64(i+1))
	}
	bytes := heap() - before
	t.Logf("%d bytes a watcher", bytes/many)
	if bytes > 10<<20 {
		t.Errorf("%d watchers cost %d bytes, want 10 MB at most", many, bytes)
	}
	if n := runtime.NumGoroutine(); n > goroutines {
		t.Errorf("%d goroutines more", n-goroutines)
	}
	for _, w := range watchers {
		w.Close()
	}
	if h.Watchers() != 0 {
		t.Errorf("%d watchers after all were closed", h.Watchers())
	}
}

// TestABurstWakesAllWatchersWithFewLooks settles the attempts of all watchers on
// another replica, batch by batch.
func TestABurstWakesAllWatchersWithFewLooks(t *testing.T) {
	server := servertest.Redis(t)
	s := newStore()
	a := start(t, servertest.Client(t, server), newStore().sources(), deaf)
	b := start(t, servertest.Client(t, server), s.sources(), deaf)
	watchers, users := make([]*Watcher, many), make([]int64, many)
	for i := range watchers {
		users[i] = int64(i + 1)
		watchers[i] = b.Watch(1, users[i])
		defer watchers[i].Close()
		s.set(row(users[i], strconv.Itoa(i+1)+"-0", seckill.StatusFailed, ""))
	}
	rand.Shuffle(many, func(i, j int) { users[i], users[j] = users[j], users[i] })

	begin := time.Now()
	for batch := users; len(batch) > 0; batch = batch[250:] {
		a.Changed(1, batch[:250])
	}
	for _, w := range watchers {
		got := receive(t, w)
		if got.UserId != w.key.userID {
			t.Fatalf("the watcher of %d is given the result of %d", w.key.userID, got.UserId)
		}
	}
	t.Logf("%d watchers woken in %v with %d looks", many, time.Since(begin), s.calls())
	if n := s.calls(); n > 60 {
		t.Errorf("the source was asked %d times, want a few dozen at most", n)
	}
}

// BenchmarkUnwatched is the hot path: messages of a thousand users each, of whom
// one in a thousand is watched on this replica, and none of these is in a message.
func BenchmarkUnwatched(b *testing.B) {
	h := newHub(nil, newStore().sources(), usualPace)
	for user := range int64(many) {
		defer h.Watch(1, 50_000_000+user).Close()
	}
	message := appendNumber([]byte("1"), 1)
	for _, user := range rand.Perm(10_000_000)[:usersPerMessage] {
		message = appendNumber(message, int64(user+1))
	}
	text, watched := string(message), []int64(nil)
	b.ReportAllocs()
	for b.Loop() {
		_, watched = h.take(text, watched[:0])
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/usersPerMessage, "ns/user")
}

// BenchmarkChanged is what a settlement of 256 attempts costs that tells of them.
func BenchmarkChanged(b *testing.B) {
	h := newHub(nil, newStore().sources(), usualPace)
	users := make([]int64, 256)
	for i := range users {
		users[i] = rand.Int64N(10_000_000) + 1
	}
	b.ReportAllocs()
	for b.Loop() {
		h.Changed(1, users)
		if h.publisher.users > queuedUsers/2 {
			h.publisher.take()
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(users)), "ns/user")
}

// BenchmarkRemembered is a result that is answered from memory.
func BenchmarkRemembered(b *testing.B) {
	h := newHub(nil, newStore().sources(), usualPace)
	h.heard.Store(1 << 62)
	k := key{1, 1}
	h.shard(k).memory.put(k, failed(1, "5-0"), 1<<62)
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := h.Result(ctx, 1, 1); err != nil {
			b.Fatal(err)
		}
	}
}
