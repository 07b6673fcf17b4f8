package consumer_test

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"seckill/internal/consumer"
	"seckill/internal/devstack"
	"seckill/internal/ledger"
	"seckill/internal/metrics"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/internal/stream"
)

// clusterWorld is a world on a Redis Cluster, with products on each of its masters.
type clusterWorld struct {
	*world

	cluster  *devstack.RedisCluster
	bff      *redis.ClusterClient
	products []int64
}

func newClusterWorld(t *testing.T) *clusterWorld {
	t.Helper()
	w := &clusterWorld{cluster: servertest.Cluster(t)}
	w.bff = servertest.ClusterClient(t, w.cluster)
	w.world = &world{t: t, pool: servertest.Pool(t), reg: prometheus.NewRegistry()}
	w.clients = stream.NewClients(stream.ClientConfig{
		Addrs: w.cluster.Addrs(), ReadTimeout: 2 * time.Second, WriteTimeout: 2 * time.Second,
	})
	t.Cleanup(func() { _ = w.clients.Close() })
	w.metrics = metrics.New(w.reg)
	w.ledger = ledger.New(w.pool, w.metrics)
	w.products = w.onEachMaster(2)
	if err := w.pool.AddRecordOnlyProducts(t.Context(), w.products); err != nil {
		t.Fatal(err)
	}
	return w
}

// onEachMaster returns products, n of whose streams are on each of the three masters.
func (w *clusterWorld) onEachMaster(n int) []int64 {
	w.t.Helper()
	var products []int64
	held := map[string]int{}
	for product := int64(1); len(products) < 3*n; product++ {
		master, err := w.bff.MasterForKey(w.t.Context(), seckill.StreamKey(product))
		if err != nil {
			w.t.Fatal(err)
		}
		if addr := master.Options().Addr; held[addr] < n {
			held[addr]++
			products = append(products, product)
		}
	}
	return products
}

// tide pushes entries of one product until it is stopped, each of another user: the
// first of user 1, and so on. Whoever gets an error is not pushed again, for the
// entry may be in the stream nevertheless; the next users try.
type tide struct {
	pushed    atomic.Int64     // users tried
	confirmed map[string]int64 // by stream ID: the users whose entries Redis has twice
	alone     bool             // the master has no replica any more that could confirm
	stop      func()
}

const tideBatch = 20

func (w *clusterWorld) rise(product int64) *tide {
	ctx, cancel := context.WithCancel(context.Background())
	td := &tide{confirmed: map[string]int64{}}
	var wg sync.WaitGroup
	wg.Go(func() {
		pause := time.NewTicker(10 * time.Millisecond) // no faster than two cores can consume
		defer pause.Stop()
		for ctx.Err() == nil {
			w.pushTide(td, product)
			<-pause.C
		}
	})
	td.stop = func() { cancel(); wg.Wait() }
	w.t.Cleanup(td.stop)
	return td
}

// pushTide goes to the master itself, because a ClusterClient would silently send a
// batch a second time after a broken connection, and because WAIT is about the
// writes of its own connection.
func (w *clusterWorld) pushTide(td *tide, product int64) {
	ctx := context.Background()
	first := td.pushed.Add(tideBatch) - tideBatch + 1
	master, err := w.bff.MasterForKey(ctx, seckill.StreamKey(product))
	if err != nil {
		return
	}
	pipe := master.Pipeline()
	adds := xadds(ctx, pipe, product, first, first+tideBatch-1)
	replicas := redis.NewCmd(ctx)
	if !td.alone {
		replicas = pipe.Do(ctx, "WAIT", 1, 1000)
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return // of each command; the next look at the cluster is at most 100 ms away
	}
	if n, err := replicas.Int(); err != nil || n < 1 {
		td.alone = true
		return
	}
	for i, add := range adds {
		td.confirmed[add.Val()] = first + int64(i)
	}
}

func xadds(ctx context.Context, pipe redis.Pipeliner, product, from, to int64) []*redis.StringCmd {
	var adds []*redis.StringCmd
	for uid := from; uid <= to; uid++ {
		adds = append(adds, pipe.XAdd(ctx, &redis.XAddArgs{
			Stream: seckill.StreamKey(product), Values: []string{"uid", strconv.FormatInt(uid, 10)},
		}))
	}
	return adds
}

// push adds entries of the users from … to, and lets go-redis follow redirections.
func (w *clusterWorld) push(product, from, to int64) {
	w.t.Helper()
	pipe := w.bff.Pipeline()
	xadds(w.t.Context(), pipe, product, from, to)
	if _, err := pipe.Exec(w.t.Context()); err != nil {
		w.t.Fatalf("push to product %d: %v", product, err)
	}
}

// consumed waits until the group has been given the whole stream and has nothing
// pending, then compares the stream with the logs: each entry is stored once, with
// its user, and no user is stored twice. It returns the logs, users by stream ID.
func (w *clusterWorld) consumed(product int64) map[string]int64 {
	w.t.Helper()
	key := seckill.StreamKey(product)
	servertest.Eventually(w.t, fmt.Sprintf("product %d is consumed", product), func() bool {
		info, err := w.bff.XInfoStream(w.t.Context(), key).Result()
		if err != nil {
			return false
		}
		groups, err := w.bff.XInfoGroups(w.t.Context(), key).Result()
		return err == nil && len(groups) == 1 && groups[0].Pending == 0 && groups[0].LastDeliveredID == info.LastGeneratedID
	})
	logs := w.logsByID(product)
	entries, err := w.bff.XRange(w.t.Context(), key, "-", "+").Result()
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range entries {
		if uid := fmt.Sprint(logs[e.ID]); uid != e.Values["uid"] {
			w.t.Fatalf("product %d: entry %s of user %v is stored with user %s", product, e.ID, e.Values["uid"], uid)
		}
	}
	if n, users := w.logs(product), w.users(product); n != users || n < len(entries) {
		w.t.Errorf("product %d: %d entries, %d logs of %d users", product, len(entries), n, users)
	}
	if n := w.deadLetters("true"); n != 0 {
		w.t.Errorf("%d dead letters", n)
	}
	return logs
}

func (w *clusterWorld) logsByID(product int64) map[string]int64 {
	w.t.Helper()
	return servertest.LogUsers(w.t, w.pool, product)
}

// storedAbove is how many users with a number above the given one have a log.
func (w *clusterWorld) storedAbove(product, user int64) int {
	w.t.Helper()
	return servertest.Count(w.t, w.pool, "SELECT count(*) FROM seckill_logs WHERE product_id = $1 AND user_id > $2", product, user)
}

func TestClusterProductsOnAllMastersAreConsumed(t *testing.T) {
	w := newClusterWorld(t)
	const entries = 2000
	for _, product := range w.products {
		w.push(product, 1, entries/2)
	}
	s := w.supervisor(prepared)
	for _, product := range w.products {
		w.push(product, entries/2+1, entries)
	}
	for _, product := range w.products {
		if logs := w.consumed(product); len(logs) != entries {
			t.Errorf("product %d has %d logs of %d", product, len(logs), entries)
		}
	}
	if err := s.Check(t.Context()); err != nil {
		t.Errorf("not ready: %v", err)
	}
}

// TestClusterSlotOfAProductMovesUnderLoad: three times, to each master and back. A
// second product of the same kind is idle, so that its read is waiting when its
// slot moves.
func TestClusterSlotOfAProductMovesUnderLoad(t *testing.T) {
	w := newClusterWorld(t)
	busy, idle := w.products[0], w.products[1]
	patient := config()
	patient.Block = time.Minute
	w.loop(busy, "", w.ledger)
	w.start(consumer.NewLoop(idle, patient, w.reader(idle, ""), w.ledger, w.metrics).Role)
	w.push(idle, 1, 10)
	w.consumed(idle)
	pushed, stop := w.pushUntilStopped(busy)
	for move := range int64(3) {
		before := w.logs(busy)
		servertest.Eventually(t, "the consumer is at work", func() bool { return w.logs(busy) > before+500 })
		for _, product := range []int64{busy, idle} {
			if err := w.cluster.MoveSlot(t.Context(), seckill.StreamKey(product)); err != nil {
				t.Fatal(err)
			}
		}
		moved, at := time.Now(), pushed.Load()
		servertest.Eventually(t, "the consumer goes on", func() bool { return w.storedAbove(busy, at) > 0 })
		t.Logf("first entry that was pushed after move %d is stored after %v", move, time.Since(moved))
		w.push(idle, 11+10*move, 20+10*move)
		w.consumed(idle)
	}
	stop()
	if logs := w.consumed(busy); int64(len(logs)) != pushed.Load() {
		t.Errorf("%d logs of %d", len(logs), pushed.Load())
	}
}

// pushUntilStopped pushes through a ClusterClient, and no push may fail.
func (w *clusterWorld) pushUntilStopped(product int64) (pushed *atomic.Int64, stop func()) {
	pushed = &atomic.Int64{}
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		pause := time.NewTicker(10 * time.Millisecond)
		defer pause.Stop()
		for {
			pipe := w.bff.Pipeline()
			xadds(context.Background(), pipe, product, pushed.Load()+1, pushed.Load()+tideBatch)
			if _, err := pipe.Exec(context.Background()); err != nil {
				w.t.Errorf("push: %v", err)
				return
			}
			pushed.Add(tideBatch)
			select {
			case <-done:
				return
			case <-pause.C:
			}
		}
	})
	stop = sync.OnceFunc(func() { close(done); wg.Wait() })
	w.t.Cleanup(stop)
	return pushed, stop
}

// TestClusterMasterKilledUnderLoad: replication is asynchronous, so what a master
// acknowledged right before its death may be lost with it. Everything else is
// stored exactly once, and nobody has to help.
func TestClusterMasterKilledUnderLoad(t *testing.T) {
	w := newClusterWorld(t)
	s := w.supervisor(prepared)
	victim := w.products[0]
	tides := map[int64]*tide{}
	for _, product := range w.products {
		tides[product] = w.rise(product)
	}
	servertest.Eventually(t, "the consumer is at work", func() bool { return w.logs(victim) > 1000 })
	killed := time.Now()
	if err := w.cluster.KillMaster(t.Context(), seckill.StreamKey(victim)); err != nil {
		t.Fatal(err)
	}
	t.Logf("a replica has taken over after %v", time.Since(killed))
	at := tides[victim].pushed.Load()
	servertest.Eventually(t, "the consumer goes on", func() bool { return w.storedAbove(victim, at) > 0 })
	// A guard, not a measure: at go-redis's own pace the clients would go on asking the
	// dead master for a minute.
	outage := time.Since(killed)
	if t.Logf("consumed again after %v", outage); outage > 30*time.Second {
		t.Errorf("not consumed for %v", outage)
	}
	servertest.Eventually(t, "the consumer is at work", func() bool { return w.storedAbove(victim, at) > 1000 })
	for _, td := range tides {
		td.stop()
	}
	for product, td := range tides {
		w.checkTide(product, td)
	}
	servertest.Eventually(t, "ready", func() bool { return s.Check(t.Context()) == nil })
}

func (w *clusterWorld) checkTide(product int64, td *tide) {
	w.t.Helper()
	logs := w.consumed(product)
	for id, user := range td.confirmed {
		if logs[id] != user {
			w.t.Fatalf("product %d: entry %s of user %d, which Redis has confirmed, is stored with user %d", product, id, user, logs[id])
		}
	}
	for id, user := range logs {
		if user > td.pushed.Load() {
			w.t.Fatalf("product %d: entry %s of user %d, who was never pushed", product, id, user)
		}
	}
	if len(td.confirmed) == 0 {
		w.t.Errorf("product %d: nothing was confirmed", product)
	}
	w.t.Logf("product %d: %d users tried, %d entries confirmed, %d logs", product, td.pushed.Load(), len(td.confirmed), len(logs))
}
