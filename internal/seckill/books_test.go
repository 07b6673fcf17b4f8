package seckill_test

import (
	"testing"

	"seckill/internal/seckill"
)

func TestBooks(t *testing.T) {
	units := func(n int64) *int64 { return &n }
	gate := func(drift int64) *seckill.GateAccount { return &seckill.GateAccount{Drift: drift} }
	tests := []struct {
		name             string
		books            seckill.Books
		imbalance, drift int64
		balanced         bool
	}{
		{"every unit is in stock or sold", seckill.Books{StockTotal: units(10), StockLeft: units(7), LiveOrders: 3}, 0, 0, true},
		{"a unit is missing", seckill.Books{StockTotal: units(10), StockLeft: units(6), LiveOrders: 3}, 1, 1, false},
		{"a unit was sold twice", seckill.Books{StockTotal: units(10), StockLeft: units(7), LiveOrders: 4}, -1, -1, false},
		{"a record-only product has no books", seckill.Books{LiveOrders: 3}, 0, 0, true},
		{"half of the stock is not known", seckill.Books{StockTotal: units(10), LiveOrders: 3}, 0, 0, true},
		{"the gate is right", seckill.Books{StockTotal: units(1), StockLeft: units(1), Gate: gate(0)}, 0, 0, true},
		{"the gate is off", seckill.Books{StockTotal: units(1), StockLeft: units(1), Gate: gate(-2)}, 0, -2, false},
		{"the gate is right and the database is not", seckill.Books{StockTotal: units(9), StockLeft: units(1), Gate: gate(0)}, 8, 8, false},
		{"both are off: the gate's drift is told", seckill.Books{StockTotal: units(9), StockLeft: units(1), Gate: gate(3)}, 8, 3, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := tt.books
			if b.Imbalance() != tt.imbalance || b.Drift() != tt.drift || b.Balanced() != tt.balanced {
				t.Errorf("imbalance %d, drift %d, balanced %v; want %d, %d, %v",
					b.Imbalance(), b.Drift(), b.Balanced(), tt.imbalance, tt.drift, tt.balanced)
			}
		})
	}
}

func TestWhereTheUnitsOfTheDatabaseAreAtTheGate(t *testing.T) {
	tests := []struct {
		name string
		gate seckill.GateAccount
		left int64
		want int64
	}{
		{"left here and left there", seckill.GateAccount{Left: 10}, 10, 0},
		{"admitted and not settled", seckill.GateAccount{Left: 7, InFlight: 3}, 10, 0},
		{"about to be told", seckill.GateAccount{Left: 7, PendingMoves: 3}, 10, 0},
		{"about to be told to give up", seckill.GateAccount{Left: 12, PendingMoves: -2}, 10, 0},
		{"everything at once", seckill.GateAccount{Left: 4, InFlight: 5, PendingMoves: 1}, 10, 0},
		{"the gate has lost two", seckill.GateAccount{Left: 3, InFlight: 5}, 10, 2},
		{"the gate has two too many", seckill.GateAccount{Left: 7, InFlight: 5}, 10, -2},
		{"below nothing until the move comes", seckill.GateAccount{Left: -1, PendingMoves: 1}, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.gate.DriftOf(tt.left); got != tt.want {
				t.Errorf("%d, want %d", got, tt.want)
			}
		})
	}
}

func TestLeastDrift(t *testing.T) {
	tests := []struct {
		name                string
		before, after, want int64
	}{
		{"both right", 0, 0, 0},
		{"both off alike", 3, 3, 3},
		{"both too low: the smaller is proved", 5, 2, 2},
		{"whichever comes first", 2, 5, 2},
		{"both too high: the smaller is proved", -5, -2, -2},
		{"whichever comes first, too high", -2, -5, -2},
		{"units settled in between", -3, 4, 0},
		{"only the first is off", -3, 0, 0},
		{"only the second is off", 0, 4, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := seckill.LeastDrift(tt.before, tt.after); got != tt.want {
				t.Errorf("%d, want %d", got, tt.want)
			}
		})
	}
}

// TestAGateThatIsToldLateIsReadAgain: what two readings of such a gate prove is the one that is
// nearer to nothing.
func TestAGateThatIsToldLateIsReadAgain(t *testing.T) {
	for _, tt := range []struct {
		name  string
		drift []int64 // of the readings
		want  int64
	}{
		{"one reading", []int64{-3}, -3},
		{"the units of the first are told", []int64{-3, 0}, 0},
		{"the second has units that are not told", []int64{-2, -6}, -2},
		{"it holds too much each time", []int64{-5, -3, -4}, -3},
		{"it holds too little, which one reading proves", []int64{-3, 2}, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var seen *seckill.GateAccount
			for _, drift := range tt.drift {
				seen = seckill.Surer(seen, &seckill.GateAccount{Drift: drift})
			}
			if seen.Drift != tt.want {
				t.Errorf("%d, want %d", seen.Drift, tt.want)
			}
		})
	}
}
