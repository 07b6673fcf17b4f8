package consumer_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"seckill/internal/admission"
	"seckill/internal/consumer"
	"seckill/internal/ledger"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// doorman notes what it is told, and whether that was still pending then. At first it
// fails.
type doorman struct {
	w *world

	mu       sync.Mutex
	failures int
	told     []admission.Entry
	late     int // told after the acknowledgement
}

func (d *doorman) Settled(_ context.Context, productID int64, entries []admission.Entry) error {
	pending := d.w.pending(productID)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.failures > 0 {
		d.failures--
		return errors.New("the gate does not answer")
	}
	if pending < int64(len(entries)) {
		d.late++
	}
	d.told = append(d.told, entries...)
	return nil
}

func (d *doorman) users() []int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	var users []int64
	for _, e := range d.told {
		users = append(users, e.UserID)
	}
	slices.Sort(users)
	return users
}

// behindGate starts a loop that tells a gate.
func (w *world) behindGate(gate consumer.Gate, store consumer.Ledger) *consumer.Loop {
	l := consumer.NewLoop(1, config(), w.reader(1, ""), store, w.metrics)
	l.Tell(gate)
	w.start(l.Role)
	return l
}

func TestTheGateIsToldOfWhatItAdmittedBeforeItIsAcknowledged(t *testing.T) {
	w := newWorld(t, 1)
	gate := &doorman{w: w, failures: 3}
	w.add(1, "1-0", "uid", "10", "epoch", "4")
	w.add(1, "2-0", "uid", "11") // raw
	w.add(1, "3-0", "uid", "12", "epoch", "0")
	w.add(1, "4-0", "uid", "13", "epoch", "forged") // a field like others
	w.add(1, "5-0", "uid", "x", "epoch", "4")       // unreadable: no user to tell of
	w.behindGate(gate, w.ledger)
	w.drained(1, 4)
	if got := gate.users(); !slices.Equal(got, []int64{10, 12}) {
		t.Errorf("the gate was told of users %v", got)
	}
	if gate.late > 0 {
		t.Error("the gate was told after the acknowledgement")
	}
}

// TestTheGateIsNotToldOfWhatTheDatabaseRefuses until it is a dead letter.
func TestTheGateIsNotToldOfWhatTheDatabaseRefuses(t *testing.T) {
	w := newWorld(t, 1)
	w.refuse(10)
	gate := &doorman{w: w}
	w.add(1, "1-0", "uid", "10", "epoch", "4")
	w.add(1, "2-0", "uid", "11", "epoch", "4")
	w.behindGate(gate, w.ledger)
	servertest.Eventually(t, "the other entry is told", func() bool { return len(gate.users()) > 0 })
	if got := gate.users(); w.deadLetters("stream_id = '1-0'") == 0 && !slices.Equal(got, []int64{11}) {
		t.Errorf("the gate was told of users %v", got)
	}
	servertest.Eventually(t, "both are told", func() bool { return slices.Equal(gate.users(), []int64{10, 11}) })
	if n := w.deadLetters("stream_id = '1-0' AND reason = 'REJECTED_BY_DATABASE'"); n != 1 {
		t.Errorf("%d dead letters", n)
	}
}

// TestADeadLetterThatTheConsumerMakesGivesItsUnitBack, on the whole way.
func TestADeadLetterThatTheConsumerMakesGivesItsUnitBack(t *testing.T) {
	w := newWorld(t)
	if _, err := w.ledger.CreateProduct(t.Context(), "tester", seckill.Product{ProductID: 1, StockTotal: new(int64(5)), PaymentWindow: time.Hour}); err != nil {
		t.Fatal(err)
	}
	w.refuse(10)
	if _, err := w.pool.Exec(t.Context(), "UPDATE seckill_products SET gate_epoch = 4"); err != nil {
		t.Fatal(err)
	}
	w.add(1, "1-0", "uid", "10", "epoch", "4")
	w.add(1, "2-0", "uid", "11", "epoch", "4")
	w.add(1, "3-0", "uid", "10", "epoch", "3")
	w.behindGate(&doorman{w: w}, w.ledger)
	servertest.Eventually(t, "the dead letters are made", func() bool { return w.deadLetters("true") == 2 })
	var units int64
	var freed []int64
	if err := w.pool.QueryRow(t.Context(), "SELECT units, freed FROM seckill_moves").Scan(&units, &freed); err != nil ||
		units != 1 || !slices.Equal(freed, []int64{10}) {
		t.Errorf("the gate is to be told of %d units of %v, %v", units, freed, err)
	}
	if n := servertest.Count(t, w.pool, "SELECT stock_left FROM seckill_products"); n != 4 {
		t.Errorf("%d left", n)
	}
}

// stuck stores and then fails, as our own code may after a commit.
type stuck struct{ consumer.Ledger }

func (s stuck) Store(ctx context.Context, b ledger.Batch) (ledger.Outcome, error) {
	outcome, err := s.Ledger.Store(ctx, b)
	if err == nil && len(b.Attempts) > 0 {
		panic("after the commit")
	}
	return outcome, err
}

// TestAFailureAfterTheCommitFreesNothing: the order lives.
func TestAFailureAfterTheCommitFreesNothing(t *testing.T) {
	w := newWorld(t)
	if _, err := w.ledger.CreateProduct(t.Context(), "tester", seckill.Product{ProductID: 1, StockTotal: new(int64(5))}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.pool.BeginEpoch(t.Context(), 1, 0, nil, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := w.pool.Exec(t.Context(), "UPDATE seckill_products SET gate_epoch = 1"); err != nil {
		t.Fatal(err)
	}
	w.add(1, "1-0", "uid", "10", "epoch", "1")
	w.behindGate(&doorman{w: w}, stuck{w.ledger})
	servertest.Eventually(t, "the consumer gives the entry up", func() bool { return w.deadLetters("true") == 1 && w.pending(1) == 0 })
	if moving, err := w.pool.MovingProducts(t.Context()); err != nil || len(moving) > 0 {
		t.Errorf("the gate is told that products %v have moved, %v", moving, err)
	}
}
