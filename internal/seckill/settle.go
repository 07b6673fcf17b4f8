package seckill

import (
	"slices"
	"time"
)

// Sale is what a batch of attempts of a settled product is decided on: the product
// as it stands in the database, locked.
type Sale struct {
	Left          int64         // units of stock that nobody holds
	PerUserLimit  int64         // most live orders of one user; 0 = no limit
	StartsAt      time.Time     // inclusive; zero = from the beginning
	EndsAt        time.Time     // exclusive; zero = no end
	EndedAt       time.Time     // when an operator ended the product, exclusive; zero = not ended
	PaymentWindow time.Duration // 0 = orders are confirmed at once
}

// Holdings are the live orders of users: for each user the slots that they hold,
// numbers from 1 up, in any order.
type Holdings map[int64][]int64

// Decision is the final status of one attempt. Slot is the winner's slot, 0 of a
// loser.
type Decision struct {
	Status Status
	Reason Reason
	Slot   int64
}

// Settle decides the attempts of a batch, first come first served in the order
// given, which is that of the stream. The reasons are checked in the order of
// contract section 2: window and state, stock, limit. held must name every user
// among the attempts who has a live order; it is brought up to date with the
// winners, and so is the stock of the sale that comes back.
//
// An attempt arrives at the milliseconds of its stream ID, by Redis's clock. No
// other clock is asked.
func (s Sale) Settle(attempts []Attempt, held Holdings) ([]Decision, Sale) {
	decisions := make([]Decision, len(attempts))
	for i := range attempts {
		decisions[i] = s.decide(&attempts[i], held)
		if decisions[i].Status == StatusSuccess {
			user := attempts[i].UserID
			held[user] = append(held[user], decisions[i].Slot)
			s.Left--
		}
	}
	return decisions, s
}

func (s Sale) decide(a *Attempt, held Holdings) Decision {
	slots := held[a.UserID]
	reason := s.window(a.StreamID)
	switch {
	case reason != "":
	case s.Left <= 0:
		reason = ReasonSoldOut
	case s.PerUserLimit > 0 && int64(len(slots)) >= s.PerUserLimit:
		reason = ReasonLimitReached
	default:
		return Decision{Status: StatusSuccess, Slot: lowestFree(slots)}
	}
	return Decision{Status: StatusFailed, Reason: reason}
}

// window tells why an entry of the given ID is outside of the sale, "" when it is
// inside.
func (s Sale) window(streamID string) Reason {
	if s.StartsAt.IsZero() && s.EndsAt.IsZero() && s.EndedAt.IsZero() {
		return ""
	}
	id, err := ParseStreamID(streamID)
	if err != nil {
		return ReasonEnded // Redis mints no such ID; whoever made it up is outside of every window
	}
	switch {
	case before(id, s.StartsAt):
		return ReasonNotStarted
	case !s.EndsAt.IsZero() && !before(id, s.EndsAt), !s.EndedAt.IsZero() && !before(id, s.EndedAt):
		return ReasonEnded
	default:
		return ""
	}
}

// before reports whether an ID was minted before t; an ID stands for the beginning
// of its millisecond.
func before(id StreamID, t time.Time) bool {
	const endOfTime = 1 << 53 // milliseconds, far beyond PostgreSQL's last timestamp
	return !t.IsZero() && id.Ms < endOfTime && time.UnixMilli(int64(id.Ms)).Before(t)
}

// lowestFree returns the lowest number from 1 up that is not among slots.
func lowestFree(slots []int64) int64 {
	free := int64(1)
	for slices.Contains(slots, free) {
		free++
	}
	return free
}

// OrderStatus is the status in which the orders of a sale begin.
func (s Sale) OrderStatus() OrderStatus {
	if s.PaymentWindow > 0 {
		return OrderPendingPayment
	}
	return OrderConfirmed
}
