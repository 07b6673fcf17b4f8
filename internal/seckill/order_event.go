package seckill

// OrderEventType is what became of an order.
type OrderEventType string

// The kinds of order events. An order begins with one of the first two: a created one waits
// for its payment, a confirmed one needs none.
const (
	OrderEventCreated   OrderEventType = "CREATED"
	OrderEventConfirmed OrderEventType = "CONFIRMED"
	OrderEventPaid      OrderEventType = "PAID"
	OrderEventCancelled OrderEventType = "CANCELLED"
	OrderEventExpired   OrderEventType = "EXPIRED"
)

// Status returns the status that the event has brought its order into.
func (t OrderEventType) Status() OrderStatus {
	if t == OrderEventCreated {
		return OrderPendingPayment
	}
	return OrderStatus(t)
}

// Begins reports whether the event is the first of its order, which has no payment yet.
func (t OrderEventType) Begins() bool { return t == OrderEventCreated || t == OrderEventConfirmed }

// Feed is how far the events of a product's orders have come, and how they stand to the
// number that a follower has come to. Numbers that follow each other by one are a stretch.
// The first number of a stretch may be far above the last of the one before; between them
// nothing is missing.
type Feed struct {
	Last    int64 // the last number that was given out; 0 = none was
	Reset   int64 // who has not come as far as this has to begin anew; 0 = nobody
	Trimmed int64 // the last number that was removed for its age; 0 = none was
	Oldest  int64 // the oldest number that is left; 0 = none is
	From    int64 // the number before the events that are left and concern the follower; Last = none does
}

// FeedPosition tells a follower who cannot go on where to begin anew.
type FeedPosition struct {
	Oldest int64 `json:"oldest,omitempty"` // the oldest number that is left; 0 = none is, or it is of no use
	Next   int64 `json:"next"`             // the number to go on after, once the orders are listed
}

// Follow fails unless one who has seen the events up to after gets to see all that came
// since: with EVENTS_RESET when something has changed that no event tells, or when after is
// not known: it was given out by a database that has lost it. With EVENTS_TRIMMED when what
// came next has been removed for its age.
func (f Feed) Follow(after int64) error {
	switch {
	case after < f.Reset, after > f.Last, after >= f.Trimmed && after < f.From && after != max(f.Reset, f.Trimmed):
		return &Error{
			Code: CodeEventsReset, Position: &FeedPosition{Next: f.Last},
			Message: "the events after this number cannot be told: list the orders, and go on after the number next",
		}
	case after < f.Trimmed:
		return &Error{
			Code: CodeEventsTrimmed, Position: &FeedPosition{Oldest: f.Oldest, Next: f.Last},
			Message: "events after this number were removed for their age: list the orders, and go on after the number next",
		}
	default:
		return nil
	}
}
