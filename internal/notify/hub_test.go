package notify

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"seckill/internal/seckill"
	"seckill/model"
)

// result asks for the result of user 1 for product 1.
func result(t *testing.T, h *Hub) string {
	t.Helper()
	got, err := h.Result(t.Context(), 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	return got.StreamId
}

// wantCalls fails the test if the source was not asked that often.
func wantCalls(t *testing.T, s *store, want int, why string) {
	t.Helper()
	if got := s.calls(); got != want {
		t.Errorf("%s: the source was asked %d times, want %d", why, got, want)
	}
}

func TestFinalResultsAreRememberedForASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore()
		s.set(failed(1, "5-0"))
		h := newHub(nil, s.sources(), usualPace)
		h.renewed()
		result(t, h)
		time.Sleep(memoryTime - time.Nanosecond)
		result(t, h)
		wantCalls(t, s, 1, "within the second")
		time.Sleep(time.Nanosecond)
		result(t, h)
		wantCalls(t, s, 2, "after it")
		hear(h, 1, 1)
		result(t, h)
		wantCalls(t, s, 3, "after a change")
		h.Changed(1, []int64{1})
		result(t, h)
		wantCalls(t, s, 4, "after a change on this replica")
		h.renewed()
		result(t, h)
		wantCalls(t, s, 5, "after a new subscription")
		hear(h, 1, 2)
		hear(h, 2, 1)
		result(t, h)
		wantCalls(t, s, 5, "after changes of others")
	})
}

func TestOrdersAreNotRememberedBeyondTheirEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore()
		order := row(1, "5-0", seckill.StatusSuccess, seckill.OrderPendingPayment)
		order.ExpiresAt = sql.NullTime{Time: time.Now().Add(300 * time.Millisecond), Valid: true}
		s.set(order)
		h := newHub(nil, s.sources(), usualPace)
		h.renewed()
		result(t, h)
		time.Sleep(300*time.Millisecond - time.Nanosecond)
		result(t, h)
		wantCalls(t, s, 1, "before its end")
		time.Sleep(time.Nanosecond)
		result(t, h)
		result(t, h)
		wantCalls(t, s, 3, "from its end on")
	})
}

func TestNothingIsRememberedThatMayChangeUnheard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore()
		s.set(row(1, "5-0", seckill.StatusProcessing, ""))
		h := newHub(nil, s.sources(), usualPace)
		h.renewed()
		result(t, h)
		result(t, h)
		wantCalls(t, s, 2, "a result that is not final")

		s.set(failed(1, "5-0"))
		time.Sleep(usualPace.silence - memoryTime/2)
		result(t, h)
		result(t, h)
		wantCalls(t, s, 3, "a final result")
		time.Sleep(memoryTime / 2)
		result(t, h)
		result(t, h)
		wantCalls(t, s, 5, "in silence")
		h.heard.Store(0)
		result(t, h)
		wantCalls(t, s, 6, "without a subscription")
	})
}

// TestALookUpThatWasOvertakenIsRepeated stops a look-up when it has seen the old
// result, changes the result, and lets it go on: the old result must reach neither
// those who ask afterwards, nor the memory, nor a watcher.
func TestALookUpThatWasOvertakenIsRepeated(t *testing.T) {
	changes := map[string]func(h *Hub){
		"by a message":                func(h *Hub) { hear(h, 1, 1) },
		"by a change on this replica": func(h *Hub) { h.Changed(1, []int64{1}) },
		"by a new subscription":       func(h *Hub) { h.renewed() },
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStore()
				s.set(failed(1, "5-0"))
				h := newHub(nil, s.sources(), usualPace)
				h.renewed()
				w := h.Watch(1, 1)
				defer w.Close()
				release := make(chan struct{})
				s.hook(func() { <-release })

				var asked sync.WaitGroup
				asked.Go(func() { result(t, h) })
				release <- struct{}{} // Waiting has answered
				synctest.Wait()       // Stored has seen the old result
				s.set(failed(1, "6-0"))
				change(h)
				asked.Go(func() {
					if got := result(t, h); got != "6-0" {
						t.Errorf("asked after the change: %s", got)
					}
				})
				synctest.Wait()
				close(release)
				asked.Wait()
				if got := result(t, h); got != "6-0" {
					t.Errorf("remembered: %s", got)
				}
				if got := (<-w.C()).StreamId; got != "6-0" {
					t.Errorf("given to the watcher: %s", got)
				}
				wantCalls(t, s, 2, "the look-up and its repetition")
			})
		})
	}
}

func TestLookUpsOfOneResultAreShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore()
		s.set(row(1, "5-0", seckill.StatusProcessing, ""))
		release := make(chan struct{})
		s.hook(func() { <-release })
		h := newHub(nil, s.sources(), usualPace)
		var group sync.WaitGroup
		for range 100 {
			group.Go(func() { result(t, h) })
		}
		synctest.Wait()
		// One gives up; the look-up goes on for the others.
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := h.Result(ctx, 1, 1); !errors.Is(err, context.Canceled) {
			t.Errorf("with an ended context: %v", err)
		}
		close(release)
		group.Wait()
		wantCalls(t, s, 1, "a hundred at once")
		if got, err := h.Result(t.Context(), 1, 9); !errors.Is(err, model.ErrNotFound) || got != nil {
			t.Errorf("without a result: %+v, %v", got, err)
		}
	})
}

func TestWatchersAreGivenEachChangeOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore()
		h := newHub(nil, s.sources(), usualPace)
		first, second, other := h.Watch(1, 1), h.Watch(1, 1), h.Watch(1, 2)
		third := h.Watch(1, 1)
		if h.Watchers() != 4 {
			t.Errorf("%d watchers, want 4", h.Watchers())
		}
		change := func(streamID string) {
			s.set(failed(1, streamID))
			h.Changed(1, []int64{1})
			synctest.Wait()
		}
		change("5-0")
		for _, w := range []*Watcher{first, second, third} {
			if got := (<-w.C()).StreamId; got != "5-0" {
				t.Errorf("given %s, want 5-0", got)
			}
		}
		h.Changed(1, []int64{1})
		synctest.Wait()
		if len(first.C()) != 0 {
			t.Error("the same result was given twice")
		}
		change("6-0")
		change("7-0")
		if got := (<-first.C()).StreamId; got != "7-0" || len(first.C()) != 0 {
			t.Errorf("given %s, want the latest, 7-0, alone", got)
		}
		second.Close()
		second.Close()
		change("8-0")
		if len(first.C()) != 1 || len(third.C()) != 1 || len(other.C()) != 0 {
			t.Error("the others are no longer given, or what is not theirs")
		}
		third.Close()
		first.Close()
		other.Close()
		asked := s.calls()
		change("9-0")
		wantCalls(t, s, asked, "without a watcher")
		if h.Watchers() != 0 || len(h.shard(key{1, 1}).watchers) != 0 {
			t.Error("something is left of the watchers")
		}
	})
}

// TestAllThatIsWatchedIsLookedUpInTurns changes results without telling anybody.
func TestAllThatIsWatchedIsLookedUpInTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const users = 3000
		s := newStore()
		h := newHub(nil, s.sources(), usualPace)
		watchers := make([]*Watcher, users)
		for i := range watchers {
			watchers[i] = h.Watch(1, int64(i+1))
			s.set(failed(int64(i+1), "5-0"))
		}
		ctx, cancel := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() { h.sweep(ctx) })
		time.Sleep(usualPace.sweep)
		synctest.Wait()
		cancel()
		group.Wait()
		for _, w := range watchers {
			if len(w.C()) != 1 {
				t.Fatalf("user %d was not looked up", w.key.userID)
			}
		}
		total := 0
		for _, n := range s.looks() {
			total += n
			if n > findUsers {
				t.Errorf("%d users at once", n)
			}
		}
		if total != users || len(s.looks()) < sweepTurns {
			t.Errorf("%d users in %d looks, want each once, in turns", total, len(s.looks()))
		}
	})
}

func TestMemoryIsBounded(t *testing.T) {
	var m memory
	for user := range int64(memoryResults) {
		k := key{1, user}
		m.put(k, failed(user, "5-0"), time.Second)
		if m.get(k, 0) == nil {
			t.Fatal("what was just put is not remembered")
		}
	}
	if n := len(m.young) + len(m.old); n > memoryResults/shards {
		t.Errorf("a shard remembers %d results, want %d at most", n, memoryResults/shards)
	}
	last := key{1, memoryResults - 1}
	m.age()
	if m.get(last, 0) == nil {
		t.Error("the last generation is forgotten")
	}
	m.forget(last)
	if m.get(last, 0) != nil {
		t.Error("a result of the last generation is not forgotten")
	}
}

func TestResultsOfManyAreLookedUpTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore()
		s.set(failed(1, "5-0"), failed(2, "6-0"), row(3, "7-0", seckill.StatusProcessing, ""))
		h := newHub(nil, s.sources(), usualPace)
		h.renewed()
		users := make([]int64, findUsers)
		for i := range users {
			users[i] = int64(len(users) - i)
		}
		users[0] = 1 // twice
		found := h.Results(t.Context(), 1, users)
		wantCalls(t, s, 1, "as many as may be asked for")
		for i, user := range users {
			one, err := h.Result(t.Context(), 1, user)
			if found[i].Result != one && user != 3 || !errors.Is(err, model.ErrNotFound) != !errors.Is(found[i].Err, model.ErrNotFound) {
				t.Fatalf("user %d: %+v, alone %+v, %v", user, found[i], one, err)
			}
			if (one == nil) != (user > 3) {
				t.Fatalf("user %d: %+v", user, one)
			}
		}
		before := s.calls()
		if again := h.Results(t.Context(), 1, []int64{2, 1}); again[0].Result.StreamId != "6-0" || again[1].Result.StreamId != "5-0" {
			t.Errorf("again: %+v", again)
		}
		wantCalls(t, s, before, "what is remembered")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if gone := h.Results(ctx, 1, []int64{3, 1}); !errors.Is(gone[0].Err, context.Canceled) && gone[0].Err != nil || gone[1].Err != nil {
			t.Errorf("with an ended context: %+v", gone)
		}
	})
}
