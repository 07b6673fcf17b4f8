package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"seckill/client"
	"seckill/internal/auth"
	"seckill/internal/servertest"
)

// carrier carries the orders of product 2 on, from whichever replica answers.
type carrier struct {
	s        *site
	replicas [2]*client.Client
	after    atomic.Int64 // what it has come to
	anew     atomic.Int64
	types    map[client.OrderEventType]int
	orders   map[int64]client.Order
}

func newCarrier(s *site, processes []*process) *carrier {
	s.t.Helper()
	c := &carrier{s: s, types: map[client.OrderEventType]int{}, orders: map[int64]client.Order{}}
	token, err := auth.IssueToken(secret, "carrier", "bff", time.Hour)
	if err != nil {
		s.t.Fatal(err)
	}
	for i, p := range processes {
		c.replicas[i], err = client.New(client.Config{
			URL: p.address, Token: client.StaticToken(token), Retry: client.Retry{Tries: 2, Pause: 50 * time.Millisecond},
		})
		if err != nil {
			s.t.Fatal(err)
		}
	}
	return c
}

// run follows until ctx ends, on the other replica after each error.
func (c *carrier) run(ctx context.Context, replica int) {
	for ctx.Err() == nil {
		for event, err := range c.replicas[replica%2].OrderEvents(ctx, 2, c.after.Load()) {
			if code := client.CodeOf(err); code == client.CodeEventsReset || code == client.CodeEventsTrimmed {
				c.anew.Add(1)
			}
			if err != nil {
				break
			}
			c.types[event.Type]++
			c.orders[event.Order.OrderID] = event.Order
			c.after.Store(event.Number)
		}
		replica++
	}
}

// hasTable wants what the carrier has, once it has stopped, to be the table of orders.
func (c *carrier) hasTable() {
	t := c.s.t
	t.Helper()
	rows, err := c.s.pool.Query(t.Context(), `SELECT id, user_id, stream_id, status, coalesce(payment_ref, ''), updated_at
		FROM seckill_orders WHERE product_id = 2`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	n := 0
	for ; rows.Next(); n++ {
		var o client.Order
		if err := rows.Scan(&o.OrderID, &o.UserID, &o.StreamID, &o.Status, &o.PaymentRef, &o.UpdatedAt); err != nil {
			t.Fatal(err)
		}
		has := c.orders[o.OrderID]
		if has.UserID != o.UserID || has.StreamID != o.StreamID || has.Status != o.Status || has.PaymentRef != o.PaymentRef || !has.UpdatedAt.Equal(o.UpdatedAt) {
			t.Errorf("order %d is %+v, the carrier has %+v", o.OrderID, o, has)
		}
	}
	if rows.Err() != nil || n != len(c.orders) || n == 0 {
		t.Errorf("there are %d orders, the carrier has %d, %v", n, len(c.orders), rows.Err())
	}
}

// trade has users buy, pay and change their minds, at whichever replica answers, until ctx ends.
func (s *site) trade(ctx context.Context, processes []*process, users *atomic.Int64) {
	for ctx.Err() == nil {
		user, p := int(users.Add(1)), processes[rand.IntN(len(processes))]
		p.try(2, user, "")
		var order int
		if s.pool.QueryRow(ctx, "SELECT id FROM seckill_orders WHERE status = 'PENDING_PAYMENT' ORDER BY random() LIMIT 1").Scan(&order) != nil {
			continue
		}
		var ignored map[string]any
		switch rand.IntN(3) {
		case 0:
			p.cancel(order)
		case 1:
			p.ask(web, http.MethodPost, fmt.Sprintf("/api/v1/orders/%d/pay", order), `{"paymentRef": "bank"}`, &ignored)
		}
	}
}

// TestWhoeverFollowsTheOrdersHasAllOfThem follows a sale on two replicas, of which one is
// killed, while PostgreSQL and Redis are started again; payments, cancellations and the end of
// the time to pay race for the orders.
func TestWhoeverFollowsTheOrdersHasAllOfThem(t *testing.T) {
	postgres := servertest.Postgres(t)
	s := &site{t: t, redis: servertest.Redis(t), url: postgres.URL("")}
	s.client, s.pool = servertest.Client(t, s.redis), servertest.Open(t, s.url)
	both := s.replicas("", "a", "b")
	both[0].sell(2, `"stockTotal": 100000, "paymentWindowSeconds": 2`)
	carriers := []*carrier{newCarrier(s, both), newCarrier(s, both)}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	trading, end := context.WithCancel(ctx)
	defer end()
	var traders, followers sync.WaitGroup
	var users atomic.Int64
	for range 6 {
		traders.Go(func() { s.trade(trading, both, &users) })
	}
	for i, c := range carriers {
		followers.Go(func() { c.run(ctx, i) })
	}
	moves := func(what string) {
		t.Helper()
		for _, c := range carriers {
			for range 3 {
				last := c.after.Load()
				servertest.Eventually(t, "who follows gets on "+what, func() bool { return c.after.Load() > last })
			}
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	moves("at first")
	both[0].kill()
	moves("on one replica")
	must(postgres.Pause(t.Context()))
	must(postgres.Resume(t.Context()))
	moves("when PostgreSQL is started again")
	must(s.redis.Pause(t.Context()))
	must(s.redis.Resume(t.Context()))
	moves("when Redis is started again")
	end()
	traders.Wait()
	s.quietOrders(both[1])
	for _, c := range carriers {
		servertest.Eventually(t, "who follows is at the end", func() bool {
			return c.after.Load() == int64(s.count("SELECT max(number) FROM seckill_order_events"))
		})
	}
	stop()
	followers.Wait()
	for _, c := range carriers {
		if c.hasTable(); c.anew.Load() > 0 {
			t.Errorf("the carrier had to begin anew %d times, and nothing was lost", c.anew.Load())
		}
		for _, kind := range []client.OrderEventType{client.OrderWasCreated, client.OrderWasPaid, client.OrderWasCancelled, client.OrderHasExpired} {
			if c.types[kind] == 0 {
				t.Errorf("no event was %s: the test shows nothing (%v)", kind, c.types)
			}
		}
	}
}

// quietOrders waits until every entry has its order and every order its end.
func (s *site) quietOrders(p *process) {
	s.t.Helper()
	servertest.Eventually(s.t, "no order waits for its payment", func() bool {
		return s.isDrained(2) && p.books(2).quiet() && s.count("SELECT count(*) FROM seckill_orders WHERE status = 'PENDING_PAYMENT'") == 0
	})
}
