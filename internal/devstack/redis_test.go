package devstack

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/redis/go-redis/v9"
)

func startRedis(t *testing.T, o Options) *Redis {
	t.Helper()
	r, err := StartRedis(testContext(t), o)
	must(t, err)
	t.Cleanup(func() { _ = r.Stop(context.Background()) })
	return r
}

func client(t *testing.T, r *Redis) *redis.Client {
	t.Helper()
	c := redis.NewClient(&redis.Options{Addr: r.Addr(), DisableIdentity: true})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// eachRedis runs a test on the real server and on its substitute.
func eachRedis(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	t.Run("redis-server", test)
	t.Run("miniredis", func(t *testing.T) {
		t.Setenv(redisEnv, "miniredis")
		test(t)
	})
}

func TestRedisPauseAndResumeKeepPortAndData(t *testing.T) {
	eachRedis(t, func(t *testing.T) {
		r, ctx := startRedis(t, Options{}), testContext(t)
		addr := r.Addr()
		must(t, client(t, r).Set(ctx, "k", "v", 0).Err())
		must(t, r.Pause(ctx))
		must(t, r.Pause(ctx))
		refused(t, addr)
		must(t, r.Resume(ctx))
		must(t, r.Resume(ctx))
		if got := client(t, r).Get(ctx, "k").Val(); got != "v" || r.Addr() != addr {
			t.Errorf("read %q from %s, want v from %s", got, r.Addr(), addr)
		}
	})
}

func TestRedisResumeEmptyLosesEverything(t *testing.T) {
	eachRedis(t, func(t *testing.T) {
		r, ctx := startRedis(t, Options{}), testContext(t)
		addr := r.Addr()
		must(t, client(t, r).Set(ctx, "k", "v", 0).Err())
		must(t, r.Pause(ctx))
		must(t, r.ResumeEmpty(ctx))
		if n := client(t, r).DBSize(ctx).Val(); n != 0 || r.Addr() != addr {
			t.Errorf("%d keys on %s, want none on %s", n, r.Addr(), addr)
		}
		must(t, client(t, r).Set(ctx, "k", "v", 0).Err())
		must(t, r.ResumeEmpty(ctx)) // runs: left alone
		if n := client(t, r).DBSize(ctx).Val(); n != 1 {
			t.Errorf("%d keys, want 1", n)
		}
	})
}

func TestRedisStopIsSafeTwiceAndWhilePaused(t *testing.T) {
	eachRedis(t, func(t *testing.T) {
		r, ctx := startRedis(t, Options{}), testContext(t)
		must(t, r.Stop(ctx))
		must(t, r.Stop(ctx))
		refused(t, r.Addr())
		wantError(t, r.Pause(ctx), "stopped")
		wantError(t, r.Resume(ctx), "stopped")
		r = startRedis(t, Options{})
		must(t, r.Pause(ctx))
		must(t, r.Stop(ctx))
	})
}

func TestRedisPortBusyIsAnErrorThatSaysSo(t *testing.T) {
	eachRedis(t, func(t *testing.T) {
		_, err := StartRedis(testContext(t), Options{Port: occupy(t)})
		wantError(t, err, "already in use")
	})
}

func TestRedisSaysWhetherItKeepsData(t *testing.T) {
	if !startRedis(t, Options{}).Persistent() {
		t.Error("redis-server should be persistent")
	}
	t.Setenv(redisEnv, "miniredis")
	if startRedis(t, Options{}).Persistent() {
		t.Error("miniredis should not be persistent")
	}
}

func TestRedisStopRemovesThrowAwayData(t *testing.T) {
	r := startRedis(t, Options{})
	dir := r.engine.(*redisServer).folder.path
	must(t, r.Stop(testContext(t)))
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("data folder is still there: %v", err)
	}
}

func TestRedisKeepsDataInItsFolder(t *testing.T) {
	dir, ctx := filepath.Join(dataDir(t), "of", "server"), testContext(t)
	r := startRedis(t, Options{Dir: dir})
	must(t, client(t, r).Set(ctx, "k", "kept", 0).Err())
	must(t, r.Stop(ctx))
	r = startRedis(t, Options{Dir: dir})
	if got := client(t, r).Get(ctx, "k").Val(); got != "kept" {
		t.Errorf("read %q", got)
	}
}

func TestRedisLeavesAnotherServerOnItsFormerPortAlone(t *testing.T) {
	dir, ctx := dataDir(t), testContext(t)
	r := startRedis(t, Options{Dir: dir})
	port := r.engine.(*redisServer).port
	must(t, r.Stop(ctx))
	other := startRedis(t, Options{Port: port})
	startRedis(t, Options{Dir: dir})
	must(t, client(t, other).Ping(ctx).Err())
}
