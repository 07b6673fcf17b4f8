package devstack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

func startCluster(t *testing.T, o Options) *RedisCluster {
	t.Helper()
	start := time.Now()
	c, err := StartRedisCluster(testContext(t), o)
	must(t, err)
	t.Cleanup(func() { _ = c.Stop(context.Background()) })
	t.Logf("started in %v", time.Since(start))
	return c
}

func clusterClient(t *testing.T, c *RedisCluster) *redis.ClusterClient {
	t.Helper()
	client := redis.NewClusterClient(&redis.ClusterOptions{
		Addrs: c.Addrs(), DisableIdentity: true, ClusterStateReloadInterval: 100 * time.Millisecond,
	})
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// servedBy is the address of the node that serves a key.
func servedBy(t *testing.T, c *RedisCluster, key string) string {
	t.Helper()
	_, owner, others, err := c.find(testContext(t), key)
	must(t, err)
	if len(others) != clusterMasters-1 {
		t.Fatalf("%d masters besides %s", len(others), owner.addr())
	}
	return owner.addr()
}

func TestClusterServesKeysOfEverySlot(t *testing.T) {
	c, ctx := startCluster(t, Options{}), testContext(t)
	client, masters := clusterClient(t, c), map[string]int{}
	if n := len(c.Addrs()); n != 6 {
		t.Errorf("%d nodes", n)
	}
	for i := range 100 {
		key := fmt.Sprint("k", i)
		must(t, client.Set(ctx, key, i, 0).Err())
		masters[servedBy(t, c, key)]++
	}
	if len(masters) != clusterMasters {
		t.Errorf("keys are on %v", masters)
	}
}

func TestClusterMovesASlotWithItsKeys(t *testing.T) {
	c, ctx := startCluster(t, Options{}), testContext(t)
	client, seen := clusterClient(t, c), map[string]bool{}
	for i := range 3 * migrateChunk { // more than one chunk
		must(t, client.Set(ctx, fmt.Sprintf("{a}%d", i), i, 0).Err())
	}
	for range clusterMasters {
		seen[servedBy(t, c, "a")] = true
		must(t, c.MoveSlot(ctx, "a"))
		for i := range 3 * migrateChunk {
			got, err := client.Get(ctx, fmt.Sprintf("{a}%d", i)).Int()
			if must(t, err); got != i {
				t.Fatalf("key %d has value %d", i, got)
			}
		}
	}
	if len(seen) != clusterMasters || !seen[servedBy(t, c, "a")] {
		t.Errorf("served by %v, now by %s", seen, servedBy(t, c, "a"))
	}
}

func TestClusterReplicaTakesOverFromAKilledMaster(t *testing.T) {
	c, ctx := startCluster(t, Options{}), testContext(t)
	client, former := clusterClient(t, c), servedBy(t, c, "a")
	setReplicated(t, client, "a", "kept")
	killed := time.Now()
	must(t, c.KillMaster(ctx, "a"))
	t.Logf("taken over after %v", time.Since(killed))
	refused(t, former)
	if now := servedBy(t, c, "a"); now == former {
		t.Errorf("still served by %s", now)
	}
	must(t, await(ctx, func() error { return client.Set(ctx, "b{a}", "new", 0).Err() }))
	if got := client.Get(ctx, "a").Val(); got != "kept" {
		t.Errorf("read %q", got)
	}
	must(t, c.MoveSlot(ctx, "a")) // the dead node need not be asked
	wantError(t, c.KillMaster(cancelled(ctx), "a"), "canceled")
}

// setReplicated sets a key and waits until the replica has it. WAIT is about the
// writes of its own connection, so it has to be in the same pipeline.
func setReplicated(t *testing.T, client *redis.ClusterClient, key, value string) {
	t.Helper()
	ctx := testContext(t)
	master, err := client.MasterForKey(ctx, key)
	must(t, err)
	pipe := master.Pipeline()
	pipe.Set(ctx, key, value, 0)
	replicas := pipe.Do(ctx, "WAIT", 1, 2000)
	_, err = pipe.Exec(ctx)
	must(t, err)
	if n, err := replicas.Int(); err != nil || n != 1 {
		t.Fatalf("%d replicas have it, %v", n, err)
	}
}

func cancelled(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	return ctx
}

func TestClusterStopEndsEveryNodeAndRemovesItsData(t *testing.T) {
	var log bytes.Buffer
	c, ctx := startCluster(t, Options{Log: &log}), testContext(t)
	must(t, c.Stop(ctx))
	must(t, c.Stop(ctx))
	for _, n := range c.nodes {
		refused(t, n.addr())
		if _, err := os.Stat(n.folder.path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("data folder is still there: %v", err)
		}
	}
	if !bytes.Contains(log.Bytes(), []byte("Cluster state changed: ok")) {
		t.Errorf("log: %s", &log)
	}
	wantError(t, c.MoveSlot(ctx, "a"), "no node serves it")
}

func TestClusterTakesNeitherFolderNorPort(t *testing.T) {
	_, err := StartRedisCluster(testContext(t), Options{Dir: dataDir(t)})
	wantError(t, err, "chooses its folders")
	_, err = StartRedisCluster(testContext(t), Options{Port: 20000})
	wantError(t, err, "chooses its folders")
}

func TestClusterThatCannotFormLeavesNothingBehind(t *testing.T) {
	t.Setenv("TMPDIR", dataDir(t))
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond) // it takes two seconds at least
	defer cancel()
	_, err := StartRedisCluster(ctx, Options{})
	wantError(t, err, "deadline")
	left, err := os.ReadDir(os.TempDir())
	if must(t, err); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}
