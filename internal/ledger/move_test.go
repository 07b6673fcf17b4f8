package ledger_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"seckill/internal/ledger"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/model"
)

// admitted makes an attempt that the gate has let in under an epoch.
func admitted(user int64, id string, epoch int64) seckill.Attempt {
	a := attempt(user, id)
	a.Admitted, a.Epoch = true, epoch
	a.Fields[seckill.EpochField] = fmt.Sprint(epoch)
	return a
}

// movesOf lists what the gate has to be told, as "number:units +taken -freed".
func movesOf(t *testing.T, pool *model.Pool) string {
	t.Helper()
	var list string
	err := pool.QueryRow(t.Context(), `SELECT coalesce(string_agg(number || ':' || units || ' +' || array_to_string(taken, ',') || ' -' ||
		array_to_string(freed, ','), '; ' ORDER BY number), '') FROM seckill_moves`).Scan(&list)
	if err != nil {
		t.Fatal(err)
	}
	if n, m := servertest.Count(t, pool, "SELECT count(*) FROM seckill_moves"), servertest.Count(t, pool, "SELECT moves FROM seckill_products"); n != m {
		t.Errorf("%d moves are written, the product counts %d", n, m)
	}
	return list
}

// beginEpoch begins the next epoch of product 1; the gate has carried the given entries.
func beginEpoch(t *testing.T, pool *model.Pool, expected int64, carried ...string) model.NewEpoch {
	t.Helper()
	moves := servertest.Count(t, pool, "SELECT moves FROM seckill_products WHERE product_id = 1")
	next, err := pool.BeginEpoch(t.Context(), 1, expected, carried, nil)
	if err != nil {
		t.Fatal(err)
	}
	next.Epoch, next.Moves = expected+1, int64(moves) // easier to read than the time
	if _, err := pool.Exec(t.Context(), "UPDATE seckill_products SET gate_epoch = $1, moves = $2 WHERE product_id = 1", next.Epoch, moves); err != nil {
		t.Fatal(err)
	}
	return next
}

// redelivered settles a batch, then again by a replica that knows of nothing, and
// wants what the gate is told to be the same.
func redelivered(t *testing.T, l *ledger.Ledger, pool *model.Pool, b ledger.Batch, want string) {
	t.Helper()
	for n, by := range []*ledger.Ledger{l, l, ledger.New(pool, &observed{})} {
		if _, err := by.Store(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		if got := movesOf(t, pool); got != want {
			t.Errorf("delivery %d: the gate is told %q, want %q", n+1, got, want)
		}
	}
}

func TestSettlementTellsTheGateOnceWhatItDoesNotKnow(t *testing.T) {
	rejected := func(a seckill.Attempt) seckill.DeadLetter { return a.DeadLetter(seckill.DeadRejectedByDatabase, 5) }
	old := time.UnixMilli(1000)
	one := func(list ...seckill.Attempt) ledger.Batch { return ledger.Batch{ProductID: 1, Attempts: list} }
	for _, tt := range []struct {
		name   string
		sale   seckill.Product // of product 1, one unit, limit 1; epoch 2 is in force, which has carried 5-0
		batch  ledger.Batch
		expect string
	}{
		{"an admitted winner is no news", seckill.Product{}, one(admitted(10, "1-0", 2)), ""},
		{"a raw winner is debited", seckill.Product{}, one(attempt(10, "1-0")), "1:-1 +10 -"},
		{"a winner that took no unit when it was let in", seckill.Product{}, one(admitted(10, "1-0", 0)), "1:-1 +10 -"},
		{"an admitted loser, sold out", seckill.Product{}, one(admitted(10, "1-0", 2), admitted(11, "2-0", 2)), "1:1 + -11"},
		{"an admitted loser, limit reached", seckill.Product{StockTotal: new(int64(3))}, one(admitted(10, "1-0", 2), admitted(10, "2-0", 2)), "1:1 + -10"},
		{"an admitted loser, not started", seckill.Product{StartsAt: old}, one(admitted(10, "1-0", 2)), "1:1 + -10"},
		{"an admitted loser, ended", seckill.Product{EndsAt: old}, one(admitted(10, "1000-0", 2)), "1:1 + -10"},
		{"raw losers are no news", seckill.Product{StockTotal: new(int64(0))}, one(attempt(10, "1-0"), admitted(11, "2-0", 0)), ""},
		{"a raw winner takes the unit of an admitted loser", seckill.Product{}, one(attempt(10, "1-0"), admitted(11, "2-0", 2)), "1:0 +10 -11"},
		{"one who wins twice past the gate", seckill.Product{StockTotal: new(int64(9)), PerUserLimit: 2}, one(attempt(10, "1-0"), attempt(10, "2-0")), "1:-2 +10,10 -"},
		{"a winner of an older epoch that was lost", seckill.Product{}, one(admitted(10, "4-0", 1)), "1:-1 +10 -"},
		{"a loser of an older epoch that was lost", seckill.Product{StockTotal: new(int64(0))}, one(admitted(10, "4-0", 1)), ""},
		{"a winner that was carried over", seckill.Product{}, one(admitted(10, "5-0", 1)), ""},
		{"a loser that was carried over", seckill.Product{StockTotal: new(int64(0))}, one(admitted(10, "5-0", 1)), "1:1 + -10"},
		{"an entry of an epoch that is not known here", seckill.Product{}, one(admitted(10, "1-0", 3)), "1:-1 +10 -"},
		{"a dead letter that held a unit", seckill.Product{}, ledger.Batch{ProductID: 1, Dead: []seckill.DeadLetter{rejected(admitted(10, "1-0", 2))}}, "1:1 + -10"},
		{"a carried dead letter", seckill.Product{}, ledger.Batch{ProductID: 1, Dead: []seckill.DeadLetter{rejected(admitted(10, "5-0", 1))}}, "1:1 + -10"},
		{"a lost dead letter", seckill.Product{}, ledger.Batch{ProductID: 1, Dead: []seckill.DeadLetter{rejected(admitted(10, "4-0", 1))}}, ""},
		{"a raw dead letter", seckill.Product{}, ledger.Batch{ProductID: 1, Dead: []seckill.DeadLetter{rejected(attempt(10, "1-0"))}}, ""},
		{"an entry that could not be read", seckill.Product{}, ledger.Batch{ProductID: 1, Dead: []seckill.DeadLetter{deadLetter("1-0", seckill.DeadInvalidUID, "x")}}, ""},
		{"the same dead letter twice in a batch", seckill.Product{}, ledger.Batch{ProductID: 1, Dead: []seckill.DeadLetter{
			rejected(admitted(10, "1-0", 2)), rejected(admitted(10, "1-0", 2)),
		}}, "1:1 + -10"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := tt.sale
			p.ProductID, p.PerUserLimit = 1, max(1, p.PerUserLimit)
			if p.StockTotal == nil {
				p.StockTotal = new(int64(1))
			}
			l, pool, _ := newSale(t, p)
			beginEpoch(t, pool, 0)
			beginEpoch(t, pool, 1, "5-0")
			redelivered(t, l, pool, tt.batch, tt.expect)
		})
	}
}

func TestAnEntryWhoseIDIsTakenGivesItsUnitBackOnce(t *testing.T) {
	l, pool, _ := newSale(t, paying(5))
	beginEpoch(t, pool, 0)
	settle(t, l, admitted(10, "1-0", 1))
	redelivered(t, l, pool, ledger.Batch{ProductID: 1, Attempts: []seckill.Attempt{admitted(11, "1-0", 1), admitted(12, "2-0", 1)}}, "1:1 + -11")
	redelivered(t, l, pool, ledger.Batch{ProductID: 1, Attempts: []seckill.Attempt{attempt(13, "1-0")}}, "1:1 + -11")
	balanced(t, pool, 3)
}

// TestADeadLetterOfWhatIsStoredKeepsTheUnit: our own code failed after the commit until the
// consumer gave the entry up.
func TestADeadLetterOfWhatIsStoredKeepsTheUnit(t *testing.T) {
	l, pool, _ := newSale(t, paying(1))
	beginEpoch(t, pool, 0)
	winner, loser, other := admitted(10, "1-0", 1), admitted(11, "2-0", 1), admitted(12, "1-0", 1)
	settle(t, l, winner, loser)
	dead := func(list ...seckill.Attempt) ledger.Batch {
		b := ledger.Batch{ProductID: 1, Attempts: []seckill.Attempt{attempt(99, "3-0")}}
		for _, a := range list {
			b.Dead = append(b.Dead, a.DeadLetter(seckill.DeadTooManyDeliveries, 5))
		}
		return b
	}
	redelivered(t, l, pool, dead(winner, loser), "1:1 + -11") // that of the settlement
	redelivered(t, l, pool, dead(winner, other), "1:1 + -11; 2:1 + -12")
	balanced(t, pool, 0)
}

func TestUnitsThatComeBackAreToldOnce(t *testing.T) {
	l, pool, _ := newSale(t, paying(9))
	cancelled, paid := newOrder(t, l, pool, 10), newOrder(t, l, pool, 11)
	newOrder(t, l, pool, 12)
	newOrder(t, l, pool, 13)
	if _, err := pool.Exec(t.Context(), "DELETE FROM seckill_moves; UPDATE seckill_products SET moves = 0"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := l.PayOrder(t.Context(), paid, "tester", "ref"); err != nil {
			t.Fatal(err)
		}
		if _, err := l.CancelOrder(t.Context(), cancelled, "tester", false); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := movesOf(t, pool), "1:1 + -10"; got != want {
		t.Errorf("after a payment and a cancellation, twice: %q, want %q", got, want)
	}
	overdue(t, pool)
	expire(t, l)
	expire(t, l)
	if got := movesOf(t, pool); got != "1:1 + -10; 2:2 + -12,13" && got != "1:1 + -10; 2:2 + -13,12" {
		t.Errorf("after the sweep: %q", got)
	}
	_, err := l.CancelOrder(t.Context(), cancelled, "tester", true)
	if err != nil {
		t.Fatal(err)
	}
	balanced(t, pool, 8)
}

func TestEveryChangeOfAProductIsOneMove(t *testing.T) {
	l, pool, _ := newSale(t, seckill.Product{ProductID: 1, PerUserLimit: 1})
	change := func(c seckill.ProductChange) error {
		_, err := l.ChangeProduct(t.Context(), "tester", 1, c)
		return err
	}
	to := func(status seckill.ProductStatus) error {
		_, err := l.MoveProduct(t.Context(), "tester", 1, status, time.UnixMilli(5))
		return err
	}
	restock := func(delta int64) error {
		_, err := l.RestockProduct(t.Context(), "tester", 1, delta, "n")
		return err
	}
	for i, step := range []struct {
		name  string
		do    func() error
		units int64
	}{
		{"stock makes a record-only product settled", func() error { return change(seckill.ProductChange{StockTotal: new(int64(5))}) }, 5},
		{"stock added", func() error { return restock(4) }, 4},
		{"stock withdrawn", func() error { return restock(-2) }, -2},
		{"another limit", func() error { return change(seckill.ProductChange{PerUserLimit: new(int64(3))}) }, 0},
		{"another window", func() error { return change(seckill.ProductChange{EndsAt: new(time.UnixMilli(9))}) }, 0},
		{"a pause", func() error { return to(seckill.ProductPaused) }, 0},
		{"a resume", func() error { return to(seckill.ProductActive) }, 0},
		{"the end", func() error { return to(seckill.ProductEnded) }, 0},
	} {
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		var units, number int64
		err := pool.QueryRow(t.Context(), "SELECT number, units FROM seckill_moves ORDER BY number DESC LIMIT 1").Scan(&number, &units)
		if err != nil || number != int64(i+1) || units != step.units {
			t.Errorf("%s: move %d of %d units, %v; want move %d of %d", step.name, number, units, err, i+1, step.units)
		}
	}
	before := movesOf(t, pool)
	for _, nothing := range []func() error{
		func() error { return to(seckill.ProductEnded) },
		func() error { return change(seckill.ProductChange{PerUserLimit: new(int64(3))}) },
		func() error { return ignore(restock(-100)) },
		func() error { return ignore(to(seckill.ProductActive)) },
	} {
		if err := nothing(); err != nil {
			t.Fatal(err)
		}
	}
	if got := movesOf(t, pool); got != before {
		t.Errorf("what changes nothing is told: %q, before %q", got, before)
	}
}

// ignore lets a refusal pass.
func ignore(err error) error {
	if seckill.ErrorCode(err) != seckill.CodeInternal {
		return nil
	}
	return err
}

// TestEntriesHeldInMemoryOverARebuildTakeNoUnitTwice: a consumer has read them, Redis has
// lost them, and they are stored after the next epoch began.
func TestEntriesHeldInMemoryOverARebuildTakeNoUnitTwice(t *testing.T) {
	l, pool, _ := newSale(t, paying(10))
	beginEpoch(t, pool, 0)
	var held []seckill.Attempt
	for user := int64(1); user <= 6; user++ {
		held = append(held, admitted(user, fmt.Sprintf("%d-0", user), 1))
	}
	settle(t, l, held[0]) // stored before the rebuild
	next := beginEpoch(t, pool, 1, "1-0", "2-0", "3-0")
	if next.Epoch != 2 || next.Left != 9 || len(next.Unsettled) != 2 || !next.Unsettled["2-0"] || !next.Unsettled["3-0"] || next.Holders[1] != 1 {
		t.Fatalf("the epoch begins with %+v", next)
	}
	redelivered(t, l, pool, ledger.Batch{ProductID: 1, Attempts: held}, "1:-3 +4,5,6 -")
	// What the gate has now: left as it was opened, and the move.
	if left := next.Left - 2 - 3; left != int64(servertest.Count(t, pool, "SELECT stock_left FROM seckill_products")) {
		t.Errorf("the gate ends with %d left", left)
	}
	balanced(t, pool, 4)
	// The entries of two rebuilds ago that nobody carried the second time are lost.
	beginEpoch(t, pool, 2)
	settle(t, l, admitted(7, "2-1", 2), admitted(8, "2-2", 1))
	if got, want := movesNow(t, pool), "2:-2 +7,8 -"; got != want {
		t.Errorf("the gate is told %q, want %q", got, want)
	}
}

// movesNow is movesOf after moves have been dropped.
func movesNow(t *testing.T, pool *model.Pool) string {
	t.Helper()
	var list string
	err := pool.QueryRow(t.Context(), `SELECT string_agg(number || ':' || units || ' +' || array_to_string(taken, ',') || ' -' ||
		array_to_string(freed, ','), '; ' ORDER BY number) FROM seckill_moves`).Scan(&list)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestMovesAreNumberedWithoutAGap while everybody writes some at once.
func TestMovesAreNumberedWithoutAGap(t *testing.T) {
	const writers, each = 6, 15
	l, pool, _ := newSale(t, paying(500))
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for n := range each {
				user := int64(1 + w*each + n)
				a := attempt(user, fmt.Sprintf("%d-%d", n+1, w))
				if _, err := l.Store(t.Context(), ledger.Batch{ProductID: 1, Attempts: []seckill.Attempt{a}}); err != nil {
					t.Error(err)
				}
				var id int64
				if err := pool.QueryRow(t.Context(), "SELECT id FROM seckill_orders WHERE user_id = $1", user).Scan(&id); err != nil {
					t.Error(err)
				}
				if _, err := l.CancelOrder(t.Context(), id, "tester", false); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	const all = 2 * writers * each
	if n := servertest.Count(t, pool, "SELECT count(*) FROM seckill_moves m, generate_series(1, $1) AS n WHERE m.number = n", all); n != all {
		t.Errorf("%d of %d moves are numbered from 1 up", n, all)
	}
	if units := servertest.Count(t, pool, "SELECT sum(units) FROM seckill_moves"); units != 0 {
		t.Errorf("the moves add up to %d units", units)
	}
	balanced(t, pool, 500)
}
