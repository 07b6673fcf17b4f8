package seckill

// Books are the accounts of a product, as they stand at one moment.
type Books struct {
	ProductID      int64
	StockTotal     *int64 // nil of a record-only product
	StockLeft      *int64
	LiveOrders     int64
	OrdersByStatus map[OrderStatus]int64
	LogsByStatus   map[Status]int64
	Gate           *GateAccount // nil while the product has no open gate, and of a record-only one
}

// GateAccount is what the gate in Redis holds of a product, and by how much that is off.
type GateAccount struct {
	Left         int64 // units that it can admit
	InFlight     int64 // units that it has admitted and that are not known to be settled
	PendingMoves int64 // units that decisions which it has not been told yet will add to Left
	Drift        int64 // units that it should hold more than it does, if what is left in PostgreSQL is right
}

// Imbalance is by how many units total differs from left plus live orders; 0 when stock
// and orders balance, and of a record-only product.
func (b Books) Imbalance() int64 {
	if b.StockTotal == nil || b.StockLeft == nil {
		return 0
	}
	return *b.StockTotal - *b.StockLeft - b.LiveOrders
}

// Drift is by how many units the books are off, 0 only when all is well: by how many the
// gate should hold more than it does, or if that is right, the imbalance.
func (b Books) Drift() int64 {
	if b.Gate != nil && b.Gate.Drift != 0 {
		return b.Gate.Drift
	}
	return b.Imbalance()
}

// Balanced reports whether every unit is in one place: in stock or held by a live
// order, and the same for the gate.
func (b Books) Balanced() bool { return b.Drift() == 0 && b.Imbalance() == 0 }

// DriftOf is by how many units a gate is off when stockLeft units are left in the
// database: what is left there has been admitted and not settled, or the gate holds it
// or is about to be told.
func (g GateAccount) DriftOf(stockLeft int64) int64 {
	return stockLeft - g.InFlight - g.PendingMoves - g.Left
}

// LeastDrift is the drift that two readings of a gate prove, one before the database was
// read and one after. Units that settle in between make the first reading look too high
// and the second too low; what lies between them proves nothing. Units that are settled
// before and told to the gate afterwards make both look too high: see [Surer].
func LeastDrift(before, after int64) int64 {
	low, high := min(before, after), max(before, after)
	switch {
	case low > 0:
		return low
	case high < 0:
		return high
	default:
		return 0
	}
}

// Surer returns which of two accounts of a gate says more of its drift; seen is nil at first.
// Both say the least that it should hold more, so a gate that holds too little does so by the
// larger drift, and one that holds too much may by either: units whose settlement is committed
// and not told to the gate yet look like it, and are others at the next reading.
func Surer(seen, next *GateAccount) *GateAccount {
	if seen == nil || next.Drift > seen.Drift {
		return next
	}
	return seen
}
