package e2e

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// clusterCrowd is customers of one product. Each tries at both replicas in turn until he is told
// something that is final, half of them with a request ID. 503 and 429 are not final.
type clusterCrowd struct {
	site    *clusterSite
	product int64
	pause   atomic.Int64 // of each customer's place before the next one takes it, ns
	users   atomic.Int64
	stop    func()

	mu       sync.Mutex
	admitted map[string]int64 // users by the stream ID of their 202
	refused  map[string]int   // final refusals, by code
	last     time.Time        // when the latest attempt began that was admitted
	turns    []clusterTurn    // since the last report
}

// clusterTurn is what a customer was told who was sent away at least once.
type clusterTurn struct {
	codes map[string]int
	from  time.Time // of his first attempt
	took  time.Duration
	slow  time.Duration // his slowest attempt
}

const clusterCrowdSize = 8

func (s *clusterSite) gather(product int64, pause time.Duration) *clusterCrowd {
	ctx, cancel := context.WithCancel(context.Background())
	c := &clusterCrowd{site: s, product: product, admitted: map[string]int64{}, refused: map[string]int{}}
	c.pause.Store(int64(pause))
	var places sync.WaitGroup
	for range clusterCrowdSize {
		places.Go(func() {
			for ctx.Err() == nil {
				c.come(ctx, c.users.Add(1))
				time.Sleep(time.Duration(c.pause.Load())) // the pace of the load
			}
		})
	}
	c.stop = sync.OnceFunc(func() { cancel(); places.Wait() })
	s.t.Cleanup(c.stop)
	return c
}

// come lets a customer try until he is told something final, or the crowd goes home.
func (c *clusterCrowd) come(ctx context.Context, user int64) {
	request := ""
	if user%2 == 0 {
		request = fmt.Sprint("request-", user)
	}
	t := clusterTurn{codes: map[string]int{}, from: time.Now()}
	for n := user; ctx.Err() == nil; n++ {
		began := time.Now()
		at := []*process{c.site.a, c.site.b}[n/2%2]
		got, err := c.site.attempt(at, c.product, user, request)
		t.slow = max(t.slow, time.Since(began))
		switch {
		case err != nil || got.status == http.StatusServiceUnavailable && got.retry == "":
			c.site.t.Errorf("user %d: %+v, %v", user, got, err)
			return
		case got.status == http.StatusServiceUnavailable || got.status == http.StatusTooManyRequests:
			t.codes[got.code]++
			time.Sleep(20 * time.Millisecond) // the pace of a customer who is in a hurry
			continue
		}
		c.told(user, got, began, t)
		return
	}
}

// told notes what a customer was told in the end.
func (c *clusterCrowd) told(user int64, got clusterAnswer, began time.Time, t clusterTurn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t.took = time.Since(t.from)
	if len(t.codes) > 0 {
		c.turns = append(c.turns, t)
	}
	switch {
	case got.status == http.StatusAccepted:
		c.admitted[got.streamID] = user
		if began.After(c.last) {
			c.last = began
		}
	case got.status == http.StatusConflict && (got.code == "SOLD_OUT" || got.code == "LIMIT_REACHED"):
		c.refused[got.code]++
	default:
		c.site.t.Errorf("user %d: %+v", user, got)
	}
}

// sellsAgain waits until an attempt that began just now or later is admitted.
func (c *clusterCrowd) sellsAgain() {
	c.site.t.Helper()
	now := time.Now()
	servertest.Eventually(c.site.t, fmt.Sprintf("product %d is sold", c.product), func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.last.After(now)
	})
}

// sells waits until n more attempts are admitted.
func (c *clusterCrowd) sells(n int) {
	c.site.t.Helper()
	goal := c.sold() + n
	servertest.Eventually(c.site.t, fmt.Sprintf("product %d is sold %d times", c.product, goal), func() bool { return c.sold() >= goal })
}

func (c *clusterCrowd) sold() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.admitted)
}

// report writes what customers have noticed of an outage since the last report, and
// returns for how long the longest was sent away.
func (c *clusterCrowd) report(what string) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	codes, first, last := map[string]int{}, time.Time{}, time.Time{}
	var longest, slowest time.Duration
	for _, t := range c.turns {
		for code, n := range t.codes {
			codes[code] += n
		}
		longest, slowest = max(longest, t.took), max(slowest, t.slow)
		if first.IsZero() || t.from.Before(first) {
			first = t.from
		}
		if end := t.from.Add(t.took); end.After(last) {
			last = end
		}
	}
	c.site.t.Logf("%s, product %d: %d customers were sent away with %v within %v, the longest for %v, the slowest answer took %v",
		what, c.product, len(c.turns), codes, last.Sub(first).Round(time.Millisecond), longest.Round(time.Millisecond), slowest.Round(time.Millisecond))
	c.turns = nil
	return longest
}

// sellOut has the crowd buy what is left, as fast as it can, and proves what it was told.
// lost says that Redis has lost what it had acknowledged.
func (c *clusterCrowd) sellOut(units int, lost bool) {
	c.site.t.Helper()
	c.pause.Store(0)
	servertest.Eventually(c.site.t, fmt.Sprintf("product %d is sold out", c.product), func() bool {
		c.pause.Store(int64(time.Millisecond))
		return c.site.count("SELECT stock_left FROM seckill_products WHERE product_id = $1", c.product) == 0
	})
	c.stop()
	c.site.proven(c.product, units)
	c.kept(lost)
}

// kept proves that everybody who was admitted has a final result, but those whose
// entries are neither in the stream nor stored.
func (c *clusterCrowd) kept(lost bool) {
	t := c.site.t
	t.Helper()
	entries, err := c.site.bff.XRange(t.Context(), seckill.StreamKey(c.product), "-", "+").Result()
	if err != nil {
		t.Fatal(err)
	}
	logs := c.site.logsByID(c.product)
	for _, e := range entries {
		if user := fmt.Sprint(logs[e.ID]); user != e.Values["uid"] {
			t.Errorf("entry %s of user %v is stored with user %s", e.ID, e.Values["uid"], user)
		}
	}
	gone := 0
	for id, user := range c.admitted {
		if logs[id] != user {
			gone++
		}
	}
	if t.Logf("product %d: %d were admitted, of whom %d are gone; refused: %v; %d gates opened",
		c.product, len(c.admitted), gone, c.refused, c.site.gates(c.product)); gone > 0 && !lost {
		t.Errorf("%d users who were admitted have no result", gone)
	}
}

// logsByID returns the users of a product's logs.
func (s *clusterSite) logsByID(product int64) map[string]int64 {
	s.t.Helper()
	return servertest.LogUsers(s.t, s.pool, product)
}

// TestClusterSlotMovesDuringASale six times, to each master and back, and again.
func TestClusterSlotMovesDuringASale(t *testing.T) {
	const units, moves = 4000, 6
	s := newClusterSite(t, "")
	product := s.onEachMaster("any")[0]
	s.sell(product, units)
	c := s.gather(product, 20*time.Millisecond)
	for move := range moves {
		c.sells(50)
		began, gates := time.Now(), s.gates(product)
		if err := s.cluster.MoveSlot(t.Context(), seckill.StreamKey(product)); err != nil {
			t.Fatal(err)
		}
		moved := time.Now()
		servertest.Eventually(t, "the gate is opened on the new server", func() bool { return s.gates(product) > gates })
		opened := time.Now()
		c.sellsAgain()
		c.sells(50)
		t.Logf("move %d took %v, the gate was open %v later; %d gates opened", move, moved.Sub(began).Round(time.Millisecond),
			opened.Sub(moved).Round(time.Millisecond), s.gates(product)-gates)
		if longest := c.report(fmt.Sprint("move ", move)); longest > 10*time.Second {
			t.Errorf("nothing was sold for %v", longest)
		}
	}
	c.sellOut(units, false)
	if n := s.gates(product); n > 1+moves {
		t.Errorf("the gate was opened %d times for %d moves", n, moves)
	}
}

// TestClusterMasterDiesDuringASale that serves the one product and the channel of
// results, but not the other product.
func TestClusterMasterDiesDuringASale(t *testing.T) {
	const units = 4000
	s := newClusterSite(t, "Admission: {PerUserPerSecond: 3}")
	products := s.onEachMaster("{seckill}:results")
	crowds := make([]*clusterCrowd, 2)
	for i := range crowds {
		s.sell(products[i], units)
		crowds[i] = s.gather(products[i], 30*time.Millisecond)
		crowds[i].sells(100)
	}
	s.unlinkReplica(products[0])
	crowds[0].sells(100) // and they are lost with the master
	opened := s.gates(products[1])
	killed := time.Now()
	if err := s.cluster.KillMaster(t.Context(), seckill.StreamKey(products[0])); err != nil {
		t.Fatal(err)
	}
	t.Logf("a replica has taken over after %v", time.Since(killed))
	for _, c := range crowds {
		c.sellsAgain()
		c.sells(50)
	}
	t.Logf("both products are sold again after %v", time.Since(killed))
	s.resultsArrive(products[1], killed)
	s.usersAreLimited(products[1])
	for i, c := range crowds {
		if longest := c.report("a master died"); longest > 30*time.Second {
			t.Errorf("nothing was sold for %v", longest)
		}
		c.sellOut(units, i == 0)
	}
	if n := s.gates(products[1]) - opened; n != 0 {
		t.Errorf("the gate of the product whose master lives was opened %d times", n)
	}
	for _, p := range []*process{s.a, s.b} {
		p.ready()
		servertest.Eventually(t, "Redis is shown as up", func() bool { return p.metric("seckill_redis_up") == "1" })
	}
}

// unlinkReplica breaks the connection of the replica to the master of a product for good.
// What is written from now on is on the master alone.
func (s *clusterSite) unlinkReplica(product int64) {
	s.t.Helper()
	if err := s.bff.ForEachSlave(s.t.Context(), func(ctx context.Context, replica *redis.Client) error {
		return replica.ConfigSet(ctx, "masterauth", "refused").Err() // when it connects again
	}); err != nil {
		s.t.Fatal(err)
	}
	master, err := s.bff.MasterForKey(s.t.Context(), seckill.StreamKey(product))
	if err != nil {
		s.t.Fatal(err)
	}
	if n, err := master.ClientKillByFilter(s.t.Context(), "TYPE", "replica").Result(); err != nil || n != 1 {
		s.t.Errorf("%d replicas were unlinked, %v", n, err)
	}
}

// resultsArrive waits until a result that is decided at one replica arrives at the other
// at once again.
func (s *clusterSite) resultsArrive(product int64, since time.Time) {
	s.t.Helper()
	user := int64(1_000_000)
	servertest.Eventually(s.t, "results arrive at the other replica at once", func() bool {
		user++
		var status string
		var took time.Duration
		var wg sync.WaitGroup
		wg.Go(func() { status, took = s.result(s.b, product, user) })
		s.buy(s.a, product, user)
		wg.Wait()
		s.t.Logf("%v after the death, user %d is told %s after %v", time.Since(since).Round(time.Millisecond), user, status, took)
		return status == "SUCCESS" && took < time.Second
	})
}
