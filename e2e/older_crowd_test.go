package e2e

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// buyers come one after the other, several at a time: each to product 2, two thirds through
// the gate, where each tries until he is admitted, and then with an entry to record-only
// product 1.
type buyers struct {
	*site

	replicas []*process
	users    atomic.Int64
	leaving  atomic.Bool
	places   sync.WaitGroup
}

func (s *site) buyers(replicas ...*process) *buyers {
	s.t.Helper()
	c := &buyers{site: s, replicas: replicas}
	for range 4 {
		c.places.Go(func() {
			for !c.leaving.Load() {
				c.come(int(c.users.Add(1)))
				time.Sleep(10 * time.Millisecond) // the pace of the load
			}
		})
	}
	s.t.Cleanup(func() { c.stop() })
	return c
}

// come has one user buy.
func (c *buyers) come(user int) {
	if user%3 == 0 {
		c.add(2, user)
	} else {
		end, got := time.Now().Add(time.Minute), reply{}
		for n := user; !got.admitted() && c.t.Context().Err() == nil; n++ {
			if time.Now().After(end) {
				c.t.Errorf("user %d is not admitted within a minute: %+v", user, got)
				return
			}
			if got = c.replicas[n%len(c.replicas)].try(2, user, fmt.Sprint("r", user)); !got.admitted() {
				time.Sleep(20 * time.Millisecond) // the pace of a customer who is in a hurry
			}
		}
	}
	c.add(1, user)
}

func (c *buyers) add(product int64, user int) {
	err := c.client.XAdd(c.t.Context(), &redis.XAddArgs{Stream: seckill.StreamKey(product), Values: []any{"uid", user}}).Err()
	if err != nil && c.t.Context().Err() == nil { // after that the test has failed already
		c.t.Errorf("user %d: %v", user, err)
	}
}

// stop sends the buyers home, each once he is served, and returns how many there were.
func (c *buyers) stop() int {
	c.leaving.Store(true)
	c.places.Wait()
	return int(c.users.Load())
}

// stores waits until the entries of n more users are stored for each product.
func (c *buyers) stores(n int) {
	c.t.Helper()
	for _, product := range []int{1, 2} {
		stored := func() int { return c.count("SELECT count(*) FROM seckill_logs WHERE product_id = $1", product) }
		goal := stored() + n
		servertest.Eventually(c.t, fmt.Sprintf("%d entries of product %d are stored", goal, product), func() bool { return stored() >= goal })
	}
}

// last is the user whose order was stored last.
func (c *buyers) last() int {
	c.t.Helper()
	return c.count("SELECT user_id FROM seckill_orders WHERE product_id = 2 ORDER BY id DESC LIMIT 1")
}

// TestStandbysThatLagArePromotedWhileACrowdBuys, twice in a row: the second standby follows
// the first one, which has lost its tail already.
func TestStandbysThatLagArePromotedWhileACrowdBuys(t *testing.T) {
	for name, on := range redisWays {
		t.Run(name, func(t *testing.T) { on(t).isPromotedTwice() })
	}
}

func (s *site) isPromotedTwice() {
	s.t.Helper()
	t, primary := s.t, s.onOwnPostgres()
	wire := servertest.NewWire(t, s.url)
	s.url = wire.Through(t, s.url)
	a, b := s.start("a", ""), s.start("b", "")
	a.ready()
	b.ready()
	a.sell(2, `"stockTotal": 50000, "paymentWindowSeconds": 600`)
	c := s.buyers(a, b)
	for round := 1; round <= 2; round++ {
		standby := servertest.Standby(t, primary)
		c.stores(40)
		if err := standby.StopReceiving(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.stores(60)
		user, ref := c.last(), fmt.Sprint("paid in round ", round)
		lost := s.paysOf(a, user, ref)
		if err := primary.Crash(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := standby.Promote(t.Context()); err != nil {
			t.Fatal(err)
		}
		primary = standby.Postgres
		s.pool = servertest.Open(t, standby.URL("older"))
		if n := s.count("SELECT count(*) FROM seckill_orders WHERE id = $1", lost); n != 0 {
			t.Errorf("order %d is not lost: nothing is proved", lost)
		}
		wire.Lead(t, standby.URL(""))
		servertest.Eventually(t, "the order of who has paid is found again", func() bool {
			return s.count("SELECT count(*) FROM seckill_orders WHERE product_id = 2 AND user_id = $1", user) == 1
		})
		s.forgotten(b, lost, user, ref)
		c.stores(40)
	}
	s.isWholeAgain(c.stop(), 2, a, b)
	if n := s.count("SELECT count(*) FROM seckill_dead_letters"); n != 0 {
		t.Errorf("%d dead letters", n)
	}
}
