package books_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/redis/go-redis/v9"
)

// slowRedis does something once, just before a gate opens.
type slowRedis struct {
	Client    redis.UniversalClient
	meanwhile func()
	once      sync.Once
}

// client is a connection of its own, which waits where it is told to.
func (s *slowRedis) client(t *testing.T) *redis.Client {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: s.Client.(*redis.Client).Options().Addr})
	t.Cleanup(func() { _ = client.Close() })
	client.AddHook(s)
	return client
}

func (*slowRedis) DialHook(next redis.DialHook) redis.DialHook { return next }

func (*slowRedis) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (s *slowRedis) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if opens(cmd) {
			s.once.Do(s.meanwhile)
		}
		return next(ctx, cmd)
	}
}

// opens recognises the call that opens a gate by the keys that were put aside.
func opens(cmd redis.Cmder) bool {
	name := strings.ToUpper(cmd.Name())
	if name != "EVALSHA" && name != "EVAL" {
		return false
	}
	for _, arg := range cmd.Args() {
		if s, ok := arg.(string); ok && strings.Contains(s, ":aside:") {
			return true
		}
	}
	return false
}
