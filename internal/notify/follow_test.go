package notify

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// asked is a look that can be answered from outside.
type asked struct {
	looks atomic.Int64
	found atomic.Bool
	err   atomic.Value // of type failure
}

type failure struct{ error }

func (a *asked) look(context.Context) (bool, error) {
	a.looks.Add(1)
	if f, _ := a.err.Load().(failure); f.error != nil {
		return false, f.error
	}
	return a.found.Load(), nil
}

// await follows a product on a hub, and returns what comes of it.
func (a *asked) await(t *testing.T, h *Hub, wait time.Duration) <-chan error {
	t.Helper()
	ended := make(chan error, 1)
	before := a.looks.Load()
	go func() { ended <- h.AwaitChange(t.Context(), 1, wait, a.look) }()
	servertest.Eventually(t, "it is looked", func() bool { return a.looks.Load() > before })
	return ended
}

func TestAChangeWakesWhoFollowsTheProductOnEveryReplica(t *testing.T) {
	server := servertest.Redis(t)
	s := newStore()
	changing := start(t, servertest.Client(t, server), s.sources(), deaf)
	other := start(t, servertest.Client(t, server), s.sources(), deaf)
	for name, h := range map[string]*Hub{"the replica that has made it": changing, "another replica": other} {
		var a asked
		ended := a.await(t, h, time.Minute)
		changing.Changed(2, []int64{7}) // of another product: it changes nothing
		changing.Changed(1, []int64{7})
		servertest.Eventually(t, name+" looks again", func() bool { return a.looks.Load() == 2 })
		a.found.Store(true)
		changing.Changed(1, []int64{8, 9})
		if err := <-ended; err != nil || a.looks.Load() != 3 {
			t.Errorf("on %s: %v after %d looks, want 3", name, err, a.looks.Load())
		}
	}
}

func TestWhoFollowsLooksAgainWhenTheSubscriptionIsNew(t *testing.T) {
	server := servertest.Redis(t)
	s := newStore()
	h := start(t, servertest.Client(t, server), s.sources(), pace{heartbeat: 50 * time.Millisecond, silence: 300 * time.Millisecond, sweep: time.Hour})
	var a asked
	ended := a.await(t, h, time.Minute)
	if err := server.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.found.Store(true) // and nobody could tell
	if err := server.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestAWaitOutlivesADatabaseThatIsAway(t *testing.T) {
	s := newStore()
	h := start(t, servertest.Client(t, servertest.Redis(t)), s.sources(), quickPace)
	var a asked
	away := errors.New("away")
	a.err.Store(failure{away})
	ended := a.await(t, h, time.Minute)
	servertest.Eventually(t, "it is looked again by itself", func() bool { return a.looks.Load() > 2 })
	a.found.Store(true)
	a.err.Store(failure{})
	if err := <-ended; err != nil {
		t.Error(err)
	}
	a.err.Store(failure{away})
	if err := <-a.await(t, h, time.Millisecond); !errors.Is(err, away) {
		t.Errorf("at the end of the wait: %v", err)
	}
	a.err.Store(failure{seckill.Errorf(seckill.CodeEventsReset, "anew")})
	if err := <-a.await(t, h, time.Minute); seckill.ErrorCode(err) != seckill.CodeEventsReset {
		t.Errorf("refused: %v", err)
	}
}

func TestAWaitEndsWithItsTimeItsClientAndItsHub(t *testing.T) {
	s := newStore()
	h := newHub(servertest.Client(t, servertest.Redis(t)), s.sources(), deaf)
	r := h.Role()
	go r.Start()
	var a asked
	if err := <-a.await(t, h, time.Millisecond); err != nil {
		t.Errorf("at the end of the wait: %v", err)
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if err := h.AwaitChange(gone, 1, time.Minute, a.look); !errors.Is(err, context.Canceled) {
		t.Errorf("when the client has gone: %v", err)
	}
	ended := a.await(t, h, time.Minute)
	r.Stop()
	if err := <-ended; err != nil {
		t.Errorf("when the hub stops: %v", err)
	}
}

// TestWhatAnotherReplicaTellsIsPassedOn, by its product, and what a hub tells itself is not.
func TestWhatAnotherReplicaTellsIsPassedOn(t *testing.T) {
	client := servertest.Client(t, servertest.Redis(t))
	h := newHub(client, newStore().sources(), deaf)
	var told []int64
	h.TellChanges(func(productID int64) { told = append(told, productID) })
	other := strconv.FormatInt(h.name%1000+1, 10)
	for _, message := range []string{
		other + " 7 1 2", other + " 8", other, strconv.FormatInt(h.name, 10) + " 9 1", other + " no", "",
	} {
		_, _ = h.take(message, nil)
	}
	if !slices.Equal(told, []int64{7, 8}) {
		t.Errorf("told of products %v, want 7 and 8", told)
	}
}
