package ledger_test

import (
	"fmt"
	"strings"
	"testing"

	"seckill/internal/ledger"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/model"
)

// withinLimit is the one constraint by which a trigger may have an entry refused.
const withinLimit = "seckill_orders_within_limit"

// kindOf is a kind of products, and the tables into which a batch of it writes.
type kindOf struct {
	productID int64
	tables    []string
}

func bothKinds(t *testing.T) (*ledger.Ledger, *model.Pool, []kindOf) {
	t.Helper()
	l, pool, _ := newLedger(t, 1)
	settled := seckill.Product{ProductID: 2, StockTotal: new(int64(1_000_000))}
	if _, err := l.CreateProduct(t.Context(), "tester", settled); err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(t.Context(), "UPDATE seckill_products SET gate_epoch = 1 WHERE product_id = 2"); err != nil {
		t.Fatal(err)
	}
	servertest.Faulty(t, pool)
	return l, pool, []kindOf{
		{1, []string{"seckill_logs", "seckill_dead_letters"}},
		{2, []string{"seckill_logs", "seckill_dead_letters", "seckill_orders", "seckill_products", "seckill_moves"}},
	}
}

// faultsOf returns the faults of an SQLSTATE that a kind is tried with: a table and a name
// in their turn, and all of them with the class of broken constraints.
func faultsOf(turn int, state string, kind kindOf) []servertest.Fault {
	var all []servertest.Fault
	for _, table := range kind.tables {
		all = append(all, servertest.Fault{Table: table, State: state})
		for _, constraint := range []string{table + "_pkey", "rule_of_somebody", withinLimit} {
			all = append(all, servertest.Fault{Table: table, State: state, Constraint: constraint, Of: table})
		}
	}
	if strings.HasPrefix(state, "23") {
		return all
	}
	return all[turn*5%len(all):][:1]
}

// mixed is a batch of attempts of which one was never admitted by the gate, so that it
// makes a move, and of a dead letter.
func mixed(productID int64, n int) ledger.Batch {
	b := ledger.Batch{ProductID: productID, Attempts: attempts(n*10, 2)}
	b.Attempts[0].Epoch = 0
	b.Dead = []seckill.DeadLetter{deadLetter(fmt.Sprintf("%d-9", n*10), seckill.DeadInvalidUID, "x")}
	return b
}

// TestOfAllSQLStatesOnlyWhatAnEntryCanCauseIsHeldAgainstIt: every error that PostgreSQL
// knows, raised for each table that a batch writes into. Nothing is stored by halves, and
// all of it once the error is gone.
func TestOfAllSQLStatesOnlyWhatAnEntryCanCauseIsHeldAgainstIt(t *testing.T) {
	l, pool, kinds := bothKinds(t)
	n, batches := 0, map[int64]int{}
	for i, state := range servertest.SQLStates() {
		for _, kind := range kinds {
			n++
			batch := mixed(kind.productID, n)
			for _, fault := range faultsOf(i, state, kind) {
				servertest.RaiseFault(t, pool, fault)
				_, err := l.Store(t.Context(), batch)
				held := fault.State == "23514" && fault.Constraint == withinLimit
				if model.SQLState(err) != state || model.IsRejection(err) != held || !model.Away(err) {
					t.Errorf("%+v: %v; held against the entry: %v", fault, err, model.IsRejection(err))
				}
			}
			if i%16 != 0 { // the batch comes to nothing, as the next shows by its count
				continue
			}
			servertest.EndFault(t, pool)
			want := ledger.Outcome{Stored: 2, Dead: 1, Mark: batch.Attempts[1].StreamID}
			if outcome, err := l.Store(t.Context(), batch); err != nil || outcome != want {
				t.Errorf("after %s: %+v, %v", state, outcome, err)
			}
			batches[kind.productID]++
		}
	}
	for productID, stored := range batches {
		for table, want := range map[string]int{"seckill_logs": 2 * stored, "seckill_dead_letters": stored} {
			if got := servertest.Count(t, pool, "SELECT count(*) FROM "+table+" WHERE product_id = $1", productID); got != want {
				t.Errorf("product %d: %d rows in %s, want %d", productID, got, table, want)
			}
		}
	}
	if servertest.FaultsRaised(t, pool) < n {
		t.Errorf("only %d faults of at least %d", servertest.FaultsRaised(t, pool), n)
	}
	left := 1_000_000 - 2*batches[2]
	if got := servertest.Count(t, pool, "SELECT stock_left FROM seckill_products WHERE product_id = 2"); got != left {
		t.Errorf("%d left, want %d", got, left)
	}
}
