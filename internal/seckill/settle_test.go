package seckill_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"seckill/internal/seckill"
)

// at makes an attempt of a user that arrives at a millisecond.
func at(ms int, user int64) seckill.Attempt {
	return seckill.Attempt{UserID: user, StreamID: fmt.Sprintf("%d-0", ms)}
}

func TestSettle(t *testing.T) {
	win := func(slot int64) seckill.Decision { return seckill.Decision{Status: seckill.StatusSuccess, Slot: slot} }
	lose := func(r seckill.Reason) seckill.Decision {
		return seckill.Decision{Status: seckill.StatusFailed, Reason: r}
	}
	const soldOut, limit, early, late = seckill.ReasonSoldOut, seckill.ReasonLimitReached, seckill.ReasonNotStarted, seckill.ReasonEnded
	tests := []struct {
		name     string
		sale     seckill.Sale
		held     seckill.Holdings
		attempts []seckill.Attempt
		want     []seckill.Decision
		left     int64
	}{
		{
			"first come first served, until nothing is left",
			seckill.Sale{Left: 2, PerUserLimit: 1},
			nil,
			[]seckill.Attempt{at(1, 10), at(2, 11), at(3, 12)},
			[]seckill.Decision{win(1), win(1), lose(soldOut)}, 0,
		},
		{
			"a user who has one gets no second",
			seckill.Sale{Left: 5, PerUserLimit: 1},
			seckill.Holdings{10: {1}},
			[]seckill.Attempt{at(1, 10), at(2, 11), at(3, 11)},
			[]seckill.Decision{lose(limit), win(1), lose(limit)}, 4,
		},
		{
			"sold out is told before the limit",
			seckill.Sale{Left: 0, PerUserLimit: 1},
			seckill.Holdings{10: {1}},
			[]seckill.Attempt{at(1, 10)},
			[]seckill.Decision{lose(soldOut)}, 0,
		},
		{
			"a limit of three fills the slots that are free",
			seckill.Sale{Left: 9, PerUserLimit: 3},
			seckill.Holdings{10: {2}},
			[]seckill.Attempt{at(1, 10), at(2, 10), at(3, 10)},
			[]seckill.Decision{win(1), win(3), lose(limit)}, 7,
		},
		{
			"no limit",
			seckill.Sale{Left: 3, PerUserLimit: 0},
			seckill.Holdings{10: {1, 2}},
			[]seckill.Attempt{at(1, 10), at(2, 10), at(3, 10), at(4, 10)},
			[]seckill.Decision{win(3), win(4), win(5), lose(soldOut)}, 0,
		},
		{
			"a limit that has been lowered below what a user holds",
			seckill.Sale{Left: 3, PerUserLimit: 1},
			seckill.Holdings{10: {2}},
			[]seckill.Attempt{at(1, 10)},
			[]seckill.Decision{lose(limit)}, 3,
		},
		{
			"the window is inclusive at its start and exclusive at its end, and checked first",
			seckill.Sale{Left: 1, PerUserLimit: 1, StartsAt: time.UnixMilli(100), EndsAt: time.UnixMilli(200)},
			nil,
			[]seckill.Attempt{at(99, 10), at(100, 10), at(199, 11), at(200, 12)},
			[]seckill.Decision{lose(early), win(1), lose(soldOut), lose(late)}, 0,
		},
		{
			"what arrived before an operator's end competes, what came later does not",
			seckill.Sale{Left: 2, PerUserLimit: 1, EndedAt: time.UnixMilli(150)},
			nil,
			[]seckill.Attempt{at(149, 10), at(150, 11)},
			[]seckill.Decision{win(1), lose(late)}, 1,
		},
		{
			"a start within a millisecond is after its beginning",
			seckill.Sale{Left: 2, StartsAt: time.UnixMicro(100_500)},
			nil,
			[]seckill.Attempt{at(100, 10), at(101, 10)},
			[]seckill.Decision{lose(early), win(1)}, 1,
		},
		{
			"an ID at the end of time is after every window",
			seckill.Sale{Left: 2, StartsAt: time.UnixMilli(1), EndsAt: time.UnixMilli(2)},
			nil,
			[]seckill.Attempt{{UserID: 1, StreamID: "18446744073709551615-1"}},
			[]seckill.Decision{lose(late)}, 2,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			held := tt.held
			if held == nil {
				held = seckill.Holdings{}
			}
			got, after := tt.sale.Settle(tt.attempts, held)
			for i := range tt.want {
				if got[i] != tt.want[i] {
					t.Errorf("attempt %d: %+v, want %+v", i, got[i], tt.want[i])
				}
			}
			if after.Left != tt.left {
				t.Errorf("%d left, want %d", after.Left, tt.left)
			}
		})
	}
}

// naive is the sale as one would write it down without any thought of batches: one
// attempt after another against a list of all orders.
type naive struct {
	sale   seckill.Sale
	orders []naiveOrder
}

type naiveOrder struct {
	user, slot int64
}

func (n *naive) attempt(ms int, user int64) (seckill.Status, seckill.Reason) {
	arrived := time.UnixMilli(int64(ms))
	mine := 0
	for _, o := range n.orders {
		if o.user == user {
			mine++
		}
	}
	switch {
	case !n.sale.StartsAt.IsZero() && arrived.Before(n.sale.StartsAt):
		return seckill.StatusFailed, seckill.ReasonNotStarted
	case !n.sale.EndsAt.IsZero() && !arrived.Before(n.sale.EndsAt):
		return seckill.StatusFailed, seckill.ReasonEnded
	case !n.sale.EndedAt.IsZero() && !arrived.Before(n.sale.EndedAt):
		return seckill.StatusFailed, seckill.ReasonEnded
	case int64(len(n.orders)) >= n.sale.Left:
		return seckill.StatusFailed, seckill.ReasonSoldOut
	case n.sale.PerUserLimit > 0 && int64(mine) >= n.sale.PerUserLimit:
		return seckill.StatusFailed, seckill.ReasonLimitReached
	default:
		return seckill.StatusSuccess, ""
	}
}

// TestSettleAgreesWithTheNaiveModel settles random streams in random batches, with
// units coming back between them, and compares every attempt with the naive model.
func TestSettleAgreesWithTheNaiveModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		moment := rapid.SampledFrom([]time.Time{{}, time.UnixMilli(20), time.UnixMilli(60)})
		sale := seckill.Sale{
			Left:         rapid.Int64Range(0, 30).Draw(t, "stock"),
			PerUserLimit: rapid.Int64Range(0, 4).Draw(t, "limit"),
			StartsAt:     moment.Draw(t, "starts"), EndsAt: moment.Draw(t, "ends"), EndedAt: moment.Draw(t, "ended"),
		}
		model := naive{sale: sale}
		total, ms := sale.Left, 0
		for range rapid.IntRange(1, 6).Draw(t, "batches") {
			var batch []seckill.Attempt
			var users []int64
			for range rapid.IntRange(0, 20).Draw(t, "size") {
				ms += rapid.IntRange(0, 5).Draw(t, "gap")
				users = append(users, rapid.Int64Range(1, 8).Draw(t, "user"))
				batch = append(batch, at(ms, users[len(users)-1]))
			}
			held := seckill.Holdings{}
			for _, o := range model.orders {
				held[o.user] = append(held[o.user], o.slot)
			}
			var decisions []seckill.Decision
			decisions, sale = sale.Settle(batch, held)
			for i, d := range decisions {
				id, _ := seckill.ParseStreamID(batch[i].StreamID)
				status, reason := model.attempt(int(id.Ms), users[i])
				if d.Status != status || d.Reason != reason {
					t.Fatalf("attempt %s of user %d: %s %s, the model says %s %s", batch[i].StreamID, users[i], d.Status, d.Reason, status, reason)
				}
				if d.Status == seckill.StatusSuccess {
					model.orders = append(model.orders, naiveOrder{users[i], d.Slot})
				}
			}
			checkOrders(t, model.orders, sale, total)
			if n := len(model.orders); n > 0 && rapid.Bool().Draw(t, "one comes back") {
				gone := rapid.IntRange(0, n-1).Draw(t, "which")
				model.orders = append(model.orders[:gone], model.orders[gone+1:]...)
				sale.Left++
			}
		}
	})
}

// checkOrders checks what must hold of the live orders at any moment.
func checkOrders(t *rapid.T, orders []naiveOrder, sale seckill.Sale, total int64) {
	if sale.Left < 0 || sale.Left+int64(len(orders)) != total {
		t.Fatalf("%d left and %d orders of %d units", sale.Left, len(orders), total)
	}
	taken := map[naiveOrder]bool{}
	for _, o := range orders {
		if taken[o] {
			t.Fatalf("user %d has slot %d twice", o.user, o.slot)
		}
		if o.slot < 1 || sale.PerUserLimit > 0 && o.slot > sale.PerUserLimit {
			t.Fatalf("user %d has slot %d, limit %d", o.user, o.slot, sale.PerUserLimit)
		}
		taken[o] = true
	}
}
