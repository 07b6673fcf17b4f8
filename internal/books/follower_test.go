package books_test

import (
	"errors"
	"fmt"

	"seckill/internal/seckill"
	"seckill/model"
)

// follower carries the orders of product 1 on, through whatever is put back, and remembers
// what every number has told that it has ever seen.
type follower struct {
	h      *house
	after  int64
	anew   int
	orders map[int64]string // by ID
	told   map[int64]string // by number
}

func newFollower(h *house) *follower {
	return &follower{h: h, orders: map[int64]string{}, told: map[int64]string{}}
}

func orderText(o model.SeckillOrders) string {
	return fmt.Sprint(o.Id, " ", o.UserId, " ", o.StreamId, " ", o.Status, " ", o.ExpiresAt.Time.UTC(), " ", o.PaymentRef.String, " ", o.UpdatedAt.UTC())
}

// table lists the orders as they stand.
func (f *follower) table() map[int64]string {
	f.h.t.Helper()
	rows, err := model.NewSeckillOrdersModel(f.h.pool.Conn()).FindPage(f.h.t.Context(), model.OrderFilter{ProductID: 1, LastID: 1 << 62, Limit: 10_000})
	f.h.must(err)
	orders := map[int64]string{}
	for _, row := range rows {
		orders[row.Id] = orderText(*row)
	}
	return orders
}

// follow goes to the end of what there is, and begins anew where it is told to.
func (f *follower) follow() {
	f.h.t.Helper()
	for more := true; more; {
		events, err := f.h.pool.OrderEvents(f.h.t.Context(), 1, f.after, 7)
		if refused, is := errors.AsType[*seckill.Error](err); is {
			f.anew++
			f.after, f.orders = refused.Position.Next, f.table()
			continue
		}
		f.h.must(err)
		for _, e := range events {
			told := fmt.Sprint(e.Type, " ", orderText(e.Order))
			if before, found := f.told[e.Number]; found && before != told {
				f.h.t.Errorf("number %d has told %q, and tells %q", e.Number, before, told)
			}
			f.after, f.orders[e.Order.Id], f.told[e.Number] = e.Number, orderText(e.Order), told
		}
		more = len(events) > 0
	}
}

// wantTable follows to the end, and wants the orders as they stand.
func (f *follower) wantTable() {
	f.h.t.Helper()
	f.follow()
	want := f.table()
	for id, order := range want {
		if f.orders[id] != order {
			f.h.t.Errorf("a follower has order %q, it is %q", f.orders[id], order)
		}
	}
	if len(f.orders) != len(want) {
		f.h.t.Errorf("a follower has %d orders, there are %d", len(f.orders), len(want))
	}
}
