package consumer_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"seckill/internal/admission"
	"seckill/internal/consumer"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/internal/stream"
	"seckill/model"
)

// sale is a supervisor and what looks after the products that have ended, on one world.
type sale struct {
	*world

	gate       *admission.Gate
	supervisor *consumer.Supervisor
	ended      *consumer.Ended
}

// newSale makes a replica; its roles are started by open.
func newSale(w *world, retention time.Duration) *sale {
	s := &sale{world: w, gate: admission.NewGate(w.clients.Commands)}
	s.supervisor = w.sharing(prepared, consumer.DefaultLanes, w.ledger)
	inspector := stream.NewInspector(w.clients.Commands, "g1", seckill.StreamKey)
	s.ended = consumer.NewEnded(s.supervisor.Products, inspector, s.gate, w.ledger, retention)
	s.supervisor.SkipEnded(s.ended.Left)
	return s
}

// with makes what looks after the products of another replica's supervisor.
func (s *sale) with(supervisor *consumer.Supervisor) *consumer.Ended {
	inspector := stream.NewInspector(s.clients.Commands, "g1", seckill.StreamKey)
	return consumer.NewEnded(supervisor.Products, inspector, s.gate, s.ledger, 0)
}

func (s *sale) open() {
	s.start(s.supervisor.Role)
	s.start(s.ended.Role())
}

// settled makes products that sell ten units each.
func settled(t *testing.T, w *world, from, to int64) {
	t.Helper()
	ten := int64(10)
	for id := from; id <= to; id++ {
		if _, err := w.ledger.CreateProduct(t.Context(), "tester", seckill.Product{ProductID: id, StockTotal: &ten}); err != nil {
			t.Fatal(err)
		}
	}
}

// end ends products; what their gates would be told has been told.
func end(t *testing.T, w *world, from, to int64) {
	t.Helper()
	for id := from; id <= to; id++ {
		if _, err := w.ledger.MoveProduct(t.Context(), "tester", id, seckill.ProductEnded, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.pool.Exec(t.Context(), "DELETE FROM seckill_moves"); err != nil {
		t.Fatal(err)
	}
}

func (w *world) count(query string, args ...any) int {
	w.t.Helper()
	return servertest.Count(w.t, w.pool, query, args...)
}

const drained = "SELECT count(*) FROM seckill_drained_products WHERE retired_at IS NULL"

// TestProductsThatHaveEndedCostNothing ends some hundred products, in the middle of their
// life and before the process starts.
func TestProductsThatHaveEndedCostNothing(t *testing.T) {
	const products = 200
	w := newWorld(t)
	settled(t, w, 1, products)
	for id := int64(1); id <= products; id++ {
		w.push(id, 1, 2)
	}
	end(t, w, 1, 50) // with entries that nobody has read
	s := newSale(w, 0)
	s.open()
	servertest.Eventually(t, "every entry is settled", func() bool {
		return w.count("SELECT count(*) FROM seckill_logs WHERE status IN ('SUCCESS', 'FAILED')") == 2*products
	})
	end(t, w, 51, products)
	servertest.Eventually(t, "every product is drained", func() bool { return w.count(drained) == products })
	servertest.Eventually(t, "no product is consumed", func() bool { return len(s.supervisor.Served()) == 0 })
	servertest.Eventually(t, "few connections are left", func() bool { return clients(t, w) < 60 }) // those of the pools, whatever the products were
	before, began := commands(t, w), time.Now()
	servertest.Eventually(t, "five seconds have gone by", func() bool { return time.Since(began) > 5*time.Second })
	perSecond := float64(commands(t, w)-before) / time.Since(began).Seconds()
	if perSecond > 50 { // a look at 200 products in half a minute, and this test's own
		t.Errorf("%.0f commands a second for products that have ended", perSecond)
	}

	w.push(7, 3, 3) // after all; another replica, whose look is due, notes it
	if err := newSale(w, 0).with(s.supervisor).Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	servertest.Eventually(t, "a late entry is settled", func() bool {
		return w.count("SELECT count(*) FROM seckill_logs WHERE product_id = 7 AND user_id = 3 AND status = 'FAILED' AND reason = 'ENDED'") == 1
	})
	servertest.Eventually(t, "its product is drained again", func() bool {
		return w.count(drained) == products && len(s.supervisor.Served()) == 0
	})
}

// info returns a number of INFO.
func info(t *testing.T, w *world, section, name string) int {
	t.Helper()
	_, rest, _ := strings.Cut(w.client.Info(t.Context(), section).Val(), name+":")
	value, _, _ := strings.Cut(rest, "\r\n")
	n, err := strconv.Atoi(value)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

func clients(t *testing.T, w *world) int  { return info(t, w, "clients", "connected_clients") }
func commands(t *testing.T, w *world) int { return info(t, w, "stats", "total_commands_processed") }

func TestTheKeysOfADrainedProductGoOnce(t *testing.T) {
	w := newWorld(t)
	settled(t, w, 1, 2)
	s := newSale(w, time.Hour)
	for id := int64(1); id <= 2; id++ {
		w.push(id, 1, 2)
		o := admission.Opening{Terms: admission.Terms{Settled: true, Status: "ENDED"}, Epoch: 1, Holders: map[int64]int64{1: 1}, Left: 9}
		if err := s.gate.Open(t.Context(), id, o); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.client.XGroupCreate(t.Context(), seckill.StreamKey(2), "foreign", "0").Err(); err != nil {
		t.Fatal(err)
	}
	end(t, w, 1, 2)
	s.start(s.supervisor.Role)
	servertest.Eventually(t, "the products are drained", func() bool {
		if _, err := w.pool.Exec(t.Context(), "DELETE FROM seckill_moves"); err != nil { // as if the gate knew
			t.Fatal(err)
		}
		if err := s.ended.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
		return w.count(drained) == 2
	})
	// Who reads a stream makes it anew, with its group: the keys go hours later.
	servertest.Eventually(t, "no product is consumed", func() bool { return len(s.supervisor.Served()) == 0 })
	if _, err := w.pool.Exec(t.Context(), "UPDATE seckill_drained_products SET drained_at = now() - interval '2 hours'"); err != nil {
		t.Fatal(err)
	}
	again := consumer.NewEnded(func() []model.ProductState { return nil }, nil, s.gate, w.ledger, time.Hour)
	twice := consumer.NewEnded(func() []model.ProductState { return nil }, nil, s.gate, w.ledger, time.Hour)
	for _, e := range []*consumer.Ended{again, twice} {
		if err := e.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for id, want := range map[int64]int{1: 0, 2: 4} { // of product 2 the foreign group has read nothing
		keys := w.client.Keys(t.Context(), fmt.Sprintf("*stream:seckill:%d*", id)).Val()
		if len(keys) != want {
			t.Errorf("keys of product %d: %v, want %d", id, keys, want)
		}
	}
	if n := w.count("SELECT count(*) FROM seckill_audit WHERE action = 'product.retire'"); n != 1 {
		t.Errorf("%d rows in the audit, want one", n)
	}
	states, err := w.pool.ProductStates(t.Context())
	if err != nil || len(states) != 1 || states[0].ProductID != 2 {
		t.Errorf("listed are %v, %v", states, err)
	}
}
