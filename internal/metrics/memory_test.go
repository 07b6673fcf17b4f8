package metrics_test

import (
	"context"
	"testing"

	"seckill/internal/metrics"
	"seckill/internal/servertest"
	"seckill/internal/stream"
)

func TestTheMemoryOfRedisIsShownWhileItTells(t *testing.T) {
	redis := servertest.Redis(t)
	clients := stream.NewClients(stream.ClientConfig{Addrs: []string{redis.Addr()}})
	t.Cleanup(func() { _ = clients.Close() })
	h := newHouse(t, redis, servertest.Pool(t), func(s *metrics.Sources) { s.Memory = clients.Usage })
	h.collect()
	used := h.find("seckill_redis_memory_used_bytes", "server", redis.Addr())
	if len(used) != 1 || used[0] < 100_000 {
		t.Errorf("used: %v", used)
	}
	if limit := h.find("seckill_redis_memory_max_bytes"); limit != nil {
		t.Errorf("a bound is shown where there is none: %v", limit)
	}

	commands := h.clients.Commands
	h.must(commands.ConfigSet(t.Context(), "maxmemory", "67108864").Err())
	h.must(h.look(t.Context()))
	h.want(64<<20, "seckill_redis_memory_max_bytes", "server", redis.Addr())

	h.must(commands.Do(t.Context(), "ACL", "SETUSER", "default", "-info").Err())
	h.must(h.look(t.Context())) // which is no failure: managed servers do the same
	if h.find("seckill_redis_memory_used_bytes") != nil || h.find("seckill_redis_memory_max_bytes") != nil {
		t.Error("what nobody may look at is shown still")
	}
	h.must(commands.Do(t.Context(), "ACL", "SETUSER", "default", "+info").Err())
	h.must(h.look(t.Context()))
	h.must(redis.Pause(context.WithoutCancel(t.Context())))
	h.collect()
	if h.find("seckill_redis_memory_used_bytes") != nil {
		t.Error("the memory of a server that is away is shown still")
	}
	h.must(redis.Resume(t.Context()))
	servertest.Eventually(t, "Redis is shown again", func() bool {
		h.collect()
		return h.find("seckill_redis_memory_used_bytes") != nil
	})
}
