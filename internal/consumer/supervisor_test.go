package consumer_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"seckill/internal/consumer"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/internal/stream"
	"seckill/model"
)

func (w *world) supervisor(prepare func(context.Context) error) *consumer.Supervisor {
	s := w.sharing(prepare, 2, w.ledger)
	w.start(s.Role)
	return s
}

// sharing makes a supervisor whose products share some lanes.
func (w *world) sharing(prepare func(context.Context) error, lanes int, store consumer.Ledger) *consumer.Supervisor {
	s := consumer.NewSupervisor(prepare, w.pool.ProductStates, func(product int64) *consumer.Loop {
		return consumer.NewLoop(product, config(), w.reader(product, ""), store, w.metrics)
	})
	s.Share(consumer.Sharing{
		Lanes: lanes, Quiet: stream.NewInspector(w.clients.Commands, "g1", seckill.StreamKey), ClaimIdle: config().ClaimIdle,
		Reader: func(product int64) *stream.Reader { return w.reader(product, "") }, Up: w.metrics.ConsumerUp,
	})
	return s
}

func prepared(context.Context) error { return nil }

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	if _, err := w.pool.Exec(w.t.Context(), sql, args...); err != nil {
		w.t.Fatal(err)
	}
}

func TestSeveralProductsAtOnce(t *testing.T) {
	w := newWorld(t, 1, 2, 3)
	s := w.supervisor(prepared)
	for product := int64(1); product <= 3; product++ {
		w.push(product, 1, int(product)*100)
	}
	for product := int64(1); product <= 3; product++ {
		w.drained(product, int(product)*100)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Errorf("not ready: %v", err)
	}
}

func TestTheSupervisorFollowsTheTableOfProducts(t *testing.T) {
	w := newWorld(t, 1)
	w.supervisor(prepared)
	w.push(1, 1, 10)
	w.drained(1, 10)

	w.exec("INSERT INTO seckill_products (product_id) VALUES (2)")
	w.push(2, 1, 10)
	w.drained(2, 10)

	w.exec("UPDATE seckill_products SET status = 'PAUSED' WHERE product_id = 1")
	servertest.Eventually(t, "the paused product is not consumed", func() bool {
		return w.metric("seckill_consumers_up", 1) == 0
	})
	w.push(1, 11, 20)
	w.push(2, 11, 20)
	w.drained(2, 20)
	if n := w.logs(1); n != 10 {
		t.Errorf("a paused product went on to %d logs", n)
	}

	w.exec("UPDATE seckill_products SET status = 'ENDED' WHERE product_id = 1")
	w.drained(1, 20)
}

func TestPreparingIsRepeatedUntilItSucceeds(t *testing.T) {
	w := newWorld(t, 1)
	var calls atomic.Int32
	gate := errors.New("the database is away")
	s := w.supervisor(func(context.Context) error {
		if calls.Add(1) < 3 {
			return gate
		}
		return nil
	})
	if err := s.Check(t.Context()); err == nil {
		t.Error("ready before anything is prepared")
	}
	w.push(1, 1, 10)
	w.drained(1, 10)
	if calls.Load() != 3 {
		t.Errorf("prepared %d times", calls.Load())
	}
}

func TestCheckNamesTheProductsThatAreNotConsumed(t *testing.T) {
	w := newWorld(t, 1)
	s := w.supervisor(prepared)
	servertest.Eventually(t, "consumed", func() bool { return s.Check(t.Context()) == nil })
	if err := w.redis.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	servertest.Eventually(t, "the product is named", func() bool {
		err := s.Check(t.Context())
		return err != nil && strings.Contains(err.Error(), fmt.Sprint([]int64{1}))
	})
	if err := w.redis.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	servertest.Eventually(t, "consumed again", func() bool { return s.Check(t.Context()) == nil })
}

func TestStoppingTheSupervisorStopsEveryLoop(t *testing.T) {
	w := newWorld(t, 1, 2, 3, 4)
	s := w.supervisor(prepared)
	servertest.Eventually(t, "consumed", func() bool { return s.Check(t.Context()) == nil })
	s.Stop()
	for product := int64(1); product <= 4; product++ {
		if w.metric("seckill_consumers_up", product) != 0 {
			t.Errorf("product %d is still consumed", product)
		}
	}
}

func TestTheJanitorTrimsWhatIsStored(t *testing.T) {
	w := newWorld(t, 1)
	for i := 1; i <= 500; i++ {
		w.add(1, fmt.Sprintf("%d-0", i), "uid", fmt.Sprint(i))
	}
	w.loop(1, "", w.ledger)
	w.drained(1, 500)
	products := func() []model.ProductState { return []model.ProductState{{ProductID: 1}} }
	janitor := consumer.Janitor(w.client, time.Hour, products, func(product int64) *stream.Reader {
		return w.reader(product, "")
	}, w.metrics)
	w.start(janitor)
	servertest.Eventually(t, "old entries are trimmed", func() bool {
		return w.client.XLen(t.Context(), "stream:seckill:1").Val() <= 100
	})
}
