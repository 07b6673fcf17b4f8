package notify

import (
	"context"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/internal/devstack"
	"seckill/internal/servertest"
)

// TestTheChannelFollowsItsSlot moves the slot of the channel on a Redis Cluster, and
// then kills the master that has got it. By themselves the clients look only once an
// hour where the slots are.
func TestTheChannelFollowsItsSlot(t *testing.T) {
	cluster := servertest.Cluster(t)
	s := newStore()
	a := start(t, clusterClient(t, cluster), newStore().sources(), deaf)
	b := start(t, clusterClient(t, cluster), s.sources(), deaf)
	w := b.Watch(1, 1)
	defer w.Close()
	if n := shardSubscribers(t, cluster); n != 2 {
		t.Errorf("%d sharded subscriptions, want one a hub", n)
	}
	n := 0
	next := func() string {
		n++
		streamID := strconv.Itoa(n) + "-0"
		s.set(failed(1, streamID))
		return streamID
	}
	heals := func(what string, fault func() error) {
		t.Helper()
		// This one nobody tells of: it is looked up with the new subscription.
		want := next()
		if err := fault(); err != nil {
			t.Fatal(err)
		}
		if got := receive(t, w); got.StreamId != want {
			t.Errorf("%s: given %s, want %s", what, got.StreamId, want)
		}
		servertest.Eventually(t, "the hubs hear again", func() bool { return a.hears(a.clock()) && b.hears(b.clock()) })
		want = next()
		a.Changed(1, []int64{1})
		if got := receive(t, w); got.StreamId != want {
			t.Errorf("after %s: given %s, want %s", what, got.StreamId, want)
		}
	}

	heals("the slot moved", func() error { return cluster.MoveSlot(t.Context(), channelName) })
	heals("the slot moved again", func() error { return cluster.MoveSlot(t.Context(), channelName) })
	heals("the master died", func() error { return cluster.KillMaster(t.Context(), channelName) })
}

// shardSubscribers counts the subscriptions that the masters know.
func shardSubscribers(t *testing.T, cluster *devstack.RedisCluster) int64 {
	t.Helper()
	var n atomic.Int64
	err := clusterClient(t, cluster).ForEachMaster(t.Context(), func(ctx context.Context, master *redis.Client) error {
		subscribers, err := master.PubSubShardNumSub(ctx, channelName).Result()
		n.Add(subscribers[channelName])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n.Load()
}

func clusterClient(t *testing.T, cluster *devstack.RedisCluster) *redis.ClusterClient {
	t.Helper()
	client := redis.NewClusterClient(&redis.ClusterOptions{
		Addrs: cluster.Addrs(), ContextTimeoutEnabled: true, ClusterStateReloadInterval: time.Hour,
	})
	t.Cleanup(func() { _ = client.Close() })
	return client
}
