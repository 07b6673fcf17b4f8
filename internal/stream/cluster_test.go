package stream_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/internal/devstack"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/internal/stream"
)

// clusterClients are the clients that the service would make.
func clusterClients(t *testing.T, cluster *devstack.RedisCluster) *stream.Clients {
	t.Helper()
	clients := stream.NewClients(stream.ClientConfig{
		Addrs: cluster.Addrs(), ReadTimeout: 2 * time.Second, WriteTimeout: 2 * time.Second,
	})
	t.Cleanup(func() { _ = clients.Close() })
	return clients
}

func clusterReader(c *stream.Clients, product int64, consumer string) *stream.Reader {
	return stream.NewReader(c.Commands, c.Blocking, seckill.StreamKey(product), "g1", consumer)
}

// fill writes the entries 1-0 … n-0 to a product's stream, gives them to consumer
// "a", and acknowledges all but the last 50.
func fill(t *testing.T, c *stream.Clients, product int64, n int) {
	t.Helper()
	pipe := c.Commands.Pipeline()
	for i := 1; i <= n; i++ {
		pipe.XAdd(t.Context(), &redis.XAddArgs{Stream: seckill.StreamKey(product), ID: fmt.Sprintf("%d-0", i), Values: []string{"uid", "1"}})
	}
	must[[]redis.Cmder](t)(pipe.Exec(t.Context()))
	r := clusterReader(c, product, "a")
	if err := r.Join(t.Context()); err != nil {
		t.Fatal(err)
	}
	read := ids(must[stream.Batch](t)(r.Read(t.Context(), n, time.Second)))
	if err := r.Ack(t.Context(), read[:n-50], ""); err != nil {
		t.Fatal(err)
	}
}

// TestClusterStreamsAreInspectedAndTidied on all masters, and again after their
// slots have moved.
func TestClusterStreamsAreInspectedAndTidied(t *testing.T) {
	cluster := servertest.Cluster(t)
	c := clusterClients(t, cluster)
	inspector := stream.NewInspector(c.Commands, "g1", seckill.StreamKey)
	writesAreChecked(t, c)
	const products, entries = 6, 1000
	for product := int64(1); product <= products; product++ {
		if s := must[stream.State](t)(inspector.State(t.Context(), product)); s.Length != 0 || s.Lag != nil {
			t.Errorf("no stream: %+v", s)
		}
		fill(t, c, product, entries)
		checkInspected(t, inspector, product, entries)
	}
	for product := int64(1); product <= products; product++ {
		if err := cluster.MoveSlot(t.Context(), seckill.StreamKey(product)); err != nil {
			t.Fatal(err)
		}
		checkInspected(t, inspector, product, entries)
		checkTogether(t, c, inspector, products)
		checkTidied(t, c, product, entries)
	}
	if err := c.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	if now := must[time.Time](t)(c.Now(t.Context())); time.Since(now).Abs() > time.Minute {
		t.Errorf("the cluster's clock says %v", now)
	}
}

func checkInspected(t *testing.T, inspector *stream.Inspector, product int64, entries int) {
	t.Helper()
	s := must[stream.State](t)(inspector.Sample(t.Context(), product))
	if s.Length != int64(entries) || s.Lag == nil || *s.Lag != 0 || s.Pending != 50 ||
		s.LastDeliveredID != fmt.Sprintf("%d-0", entries) || s.OldestPending == nil || len(s.Consumers) != 1 {
		t.Errorf("product %d: %+v", product, s)
	}
	pending := must[[]stream.PendingEntry](t)(inspector.Pending(t.Context(), product, "", 10))
	if len(pending) != 10 || pending[0].StreamID != s.LastDeliveredID || pending[0].Consumer != "a" {
		t.Errorf("product %d: pending %+v", product, pending)
	}
}

// checkTogether looks at all streams at once, and counts a second of each product.
func checkTogether(t *testing.T, c *stream.Clients, inspector *stream.Inspector, products int64) {
	t.Helper()
	seconds := stream.NewSeconds(c.Commands, seckill.StreamKey)
	second, all := time.Now().Unix(), make([]int64, products)
	counts, asked := make([]stream.SecondCount, products), make([]stream.SecondAsked, products)
	for n := range all {
		all[n] = int64(n) + 1
		counts[n] = stream.SecondCount{ProductID: all[n], Second: second, Mark: fmt.Sprint(second), Names: []string{"admitted"}, Numbers: []int64{all[n]}}
		asked[n] = stream.SecondAsked{ProductID: all[n], Second: second}
	}
	for range 2 { // the second time as after a lost reply
		if err := errors.Join(seconds.Add(t.Context(), counts)...); err != nil {
			t.Fatal(err)
		}
	}
	states := must[[]stream.Standing](t)(inspector.States(t.Context(), all))
	for n, read := range seconds.Read(t.Context(), asked, []string{"admitted", "paused"}) {
		alone := must[stream.State](t)(inspector.State(t.Context(), all[n]))
		if s := states[n]; s.Err != nil || s.Length != alone.Length || s.Pending != alone.Pending || *s.Lag != *alone.Lag || s.OldestPending == nil {
			t.Errorf("product %d: %+v, alone %+v", all[n], s, alone)
		}
		if read.Err != nil || len(read.Numbers) != 1 || read.Numbers["admitted"] != all[n] {
			t.Errorf("product %d: %+v", all[n], read)
		}
		history := must[map[int64]map[string]int64](t)(seconds.History(t.Context(), all[n], second, second))
		if history[second]["admitted"] != read.Numbers["admitted"] {
			t.Errorf("product %d: history %v, read %v", all[n], history, read)
		}
	}
}

// checkTidied trims what is acknowledged, and deletes the consumer that has nothing
// pending; it leaves the stream as it should then be.
func checkTidied(t *testing.T, c *stream.Clients, product int64, entries int) {
	t.Helper()
	r := clusterReader(c, product, "ours")
	removed := must[stream.Trimmed](t)(stream.Trim(t.Context(), c.Commands, r.Key(), time.Hour)).Removed
	if wanted := int64(entries - 51); removed > wanted || removed < wanted-100 {
		t.Errorf("product %d: %d entries removed of %d that may go", product, removed, wanted)
	}
	must[int64](t)(c.Commands.XGroupCreateConsumer(t.Context(), r.Key(), "g1", "gone").Result())
	if gone := must[[]string](t)(r.DeleteIdleConsumers(t.Context(), 0)); !slices.Equal(gone, []string{"gone"}) {
		t.Errorf("product %d: consumers deleted: %v", product, gone)
	}
	taken, next, err := r.Claim(t.Context(), "0-0", 0, 100)
	if err != nil || len(taken.Entries) != 50 || len(taken.Lost) != 0 || next != "0-0" {
		t.Errorf("product %d: taken over: %d entries, lost %v, %v", product, len(taken.Entries), taken.Lost, err)
	}
}

// TestClusterBlockingReadEndsWhenItsSlotMoves: Redis deletes the key at its former
// place, which ends the read with an error that means "join again", and does not let
// it wait at a node that will never have an entry.
func TestClusterBlockingReadEndsWhenItsSlotMoves(t *testing.T) {
	cluster := servertest.Cluster(t)
	c, other := clusterClients(t, cluster), servertest.ClusterClient(t, cluster)
	r := clusterReader(c, 1, "a")
	if err := r.Join(t.Context()); err != nil {
		t.Fatal(err)
	}
	failed := make(chan error, 1)
	go func() {
		_, err := r.Read(t.Context(), 10, 30*time.Second)
		failed <- err
	}()
	servertest.Eventually(t, "the read blocks", func() bool {
		master, err := other.MasterForKey(t.Context(), r.Key())
		return err == nil && slices.Contains(blockedCommands(master.ClientList(t.Context()).Val()), "xreadgroup")
	})
	moved := time.Now()
	if err := cluster.MoveSlot(t.Context(), r.Key()); err != nil {
		t.Fatal(err)
	}
	err := <-failed
	t.Logf("the read ended %v after the move began: %v", time.Since(moved), err)
	if !stream.IsNoGroup(err) || errors.Is(err, redis.Nil) {
		t.Errorf("the read ended with %v", err)
	}
	must[string](t)(other.XAdd(t.Context(), &redis.XAddArgs{Stream: r.Key(), Values: []string{"uid", "1"}}).Result())
	if err := r.Join(t.Context()); err != nil {
		t.Fatal(err)
	}
	if batch := must[stream.Batch](t)(r.Read(t.Context(), 10, time.Second)); len(batch.Entries) != 1 {
		t.Errorf("%+v", batch)
	}
}

// writesAreChecked on the masters of products, and on no other.
func writesAreChecked(t *testing.T, c *stream.Clients) {
	t.Helper()
	cluster, ok := c.Commands.(*redis.ClusterClient)
	if !ok {
		t.Fatal("not a cluster")
	}
	master := func(product int64) *redis.Client {
		return must[*redis.Client](t)(cluster.MasterForKey(t.Context(), seckill.StreamKey(product)))
	}
	check := func(products ...int64) error {
		return stream.NewWriteCheck(cluster, func() []int64 { return products }).Run(t.Context())
	}
	ill, other := master(1), int64(2)
	for master(other).Options().Addr == ill.Options().Addr {
		other++
	}
	if err := check(1, other); err != nil {
		t.Errorf("all is well: %v", err)
	}
	ill.ConfigSet(t.Context(), "min-replicas-to-write", "9")
	if err := check(other, 1); err == nil || stream.Reason(err) == "" {
		t.Errorf("a master of a product takes no writes: %v", err)
	}
	if err := check(other); err != nil {
		t.Errorf("it serves no product: %v", err)
	}
	ill.ConfigSet(t.Context(), "min-replicas-to-write", "0")
	if err := check(); err != nil {
		t.Errorf("without products: %v", err)
	}
}
