package servertest

import (
	"context"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/internal/devstack"
)

// Cluster starts a Redis Cluster of the test's own: three masters, each with one
// replica. It takes about three seconds.
func Cluster(tb testing.TB) *devstack.RedisCluster {
	tb.Helper()
	cluster, err := devstack.StartRedisCluster(tb.Context(), devstack.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = cluster.Stop(context.Background()) })
	return cluster
}

// ClusterClient opens a client of a Redis Cluster, one that soon notices a failover:
// by itself go-redis looks once a minute.
func ClusterClient(tb testing.TB, cluster *devstack.RedisCluster) *redis.ClusterClient {
	tb.Helper()
	client := redis.NewClusterClient(&redis.ClusterOptions{
		Addrs: cluster.Addrs(), ClusterStateReloadInterval: 100 * time.Millisecond,
	})
	tb.Cleanup(func() { _ = client.Close() })
	return client
}
