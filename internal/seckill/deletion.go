package seckill

// OnItsWay is what may still change something of a product.
type OnItsWay struct {
	Undelivered int64 // entries of the stream that no consumer has got
	Pending     int64 // entries that a consumer has got and that are not acknowledged
	InFlight    int64 // units that the gate has admitted and that are not settled
	Moves       int64 // decisions that the gate has not been told
	Orders      int64 // orders that can be paid
}

// Deletable returns nil when a product may be deleted: it has ended, and nothing of it is
// on its way.
func (p Product) Deletable(w OnItsWay) error {
	switch {
	case p.Status != ProductEnded:
		return Errorf(CodeInvalidTransition, "product %d is %s; only one that has ended can be deleted", p.ProductID, p.Status)
	case w.Undelivered > 0 || w.Pending > 0:
		return Errorf(CodeInvalidTransition, "entries of product %d are not stored yet: %d in the stream, %d pending",
			p.ProductID, w.Undelivered, w.Pending)
	case w.Orders > 0:
		return Errorf(CodeInvalidTransition, "%d orders of product %d can still be paid", w.Orders, p.ProductID)
	case w.InFlight > 0 || w.Moves > 0:
		return Errorf(CodeInvalidTransition, "the gate of product %d is not settled: %d units in flight, %d decisions to come",
			p.ProductID, w.InFlight, w.Moves)
	}
	return nil
}
