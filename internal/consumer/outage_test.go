package consumer_test

import (
	"context"
	"sync"
	"testing"

	"seckill/internal/devstack"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// load pushes entries, 50 at a time, until stop is called, which returns how many
// have been pushed. A push that fails, because Redis is away, is repeated by the
// BFF: here it is counted only when it succeeded.
func (w *world) load(product int64) (stop func() int) {
	done := make(chan struct{})
	var wg sync.WaitGroup
	pushed := 0
	wg.Go(func() {
		for pushed < 200_000 {
			select {
			case <-done:
				return
			default:
			}
			if err := push(context.Background(), w.client, product, pushed+1, pushed+50); err == nil {
				pushed += 50
			}
		}
	})
	return sync.OnceValue(func() int { close(done); wg.Wait(); return pushed })
}

func TestPostgresStoppedAndStartedUnderLoad(t *testing.T) {
	server := servertest.Postgres(t)
	w := newWorldOn(t, servertest.Redis(t), servertest.Open(t, server.URL("")), 1)
	loop := w.loop(1, "", w.ledger)
	stop := w.load(1)
	defer stop()
	for range 2 {
		before := w.logs(1)
		servertest.Eventually(t, "the consumer is at work", func() bool { return w.logs(1) > before+200 })
		if err := server.Pause(t.Context()); err != nil {
			t.Fatal(err)
		}
		// Back-pressure: what may be under way is a batch being stored, one waiting
		// and one read; then reading stops though the load goes on.
		servertest.Eventually(t, "reading has stopped", func() bool {
			lag := w.lag(1)
			return lag > 1000 && w.pending(1) <= 3*int64(config().Count)
		})
		if !loop.Joined() {
			t.Error("the loop has left its group over an outage of PostgreSQL")
		}
		if err := server.Resume(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	pushed := stop()
	w.drained(1, pushed)
	if n := w.deadLetters("true"); n != 0 {
		t.Errorf("%d dead letters: an outage counted as a refusal", n)
	}
}

// lag is how many entries have not been delivered.
func (w *world) lag(product int64) int64 {
	groups, err := w.client.XInfoGroups(w.t.Context(), seckill.StreamKey(product)).Result()
	if err != nil || len(groups) == 0 {
		return -1
	}
	return groups[0].Lag
}

func TestRedisRestartedWithItsData(t *testing.T) {
	w := newWorld(t, 1)
	w.loop(1, "", w.ledger)
	w.push(1, 1, 1000)
	servertest.Eventually(t, "the consumer is at work", func() bool { return w.logs(1) > 0 })
	restart(t, w.redis, w.redis.Resume)
	w.push(1, 1001, 2000)
	w.drained(1, 2000)
}

func TestRedisRestartedEmpty(t *testing.T) {
	w := newWorld(t, 1)
	w.loop(1, "", w.ledger)
	w.push(1, 1, 1000)
	w.drained(1, 1000)
	restart(t, w.redis, w.redis.ResumeEmpty)
	w.push(1, 1001, 2000)
	w.drained(1, 2000)
}

func restart(t *testing.T, server *devstack.Redis, resume func(context.Context) error) {
	t.Helper()
	if err := server.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := resume(t.Context()); err != nil {
		t.Fatal(err)
	}
}
