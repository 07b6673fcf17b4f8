package stream

import (
	"context"
	"fmt"
	"strconv"
	"sync"

	"github.com/redis/go-redis/v9"
)

// Usage is how much memory one server of Redis uses.
type Usage struct {
	Addr  string // where it listens, host:port or the path of a socket
	Used  int64  // bytes
	Limit int64  // its maxmemory, bytes; 0 = it has none
}

// Usage asks each server that serves a product for its memory, in one round trip. Of a
// cluster it returns what those masters say that answer, with the errors of the others.
func (c *Clients) Usage(ctx context.Context) ([]Usage, error) {
	cluster, ok := c.Commands.(*redis.ClusterClient)
	if !ok {
		usage, err := usageOf(ctx, c.Commands, c.address())
		if err != nil {
			return nil, err
		}
		return []Usage{usage}, nil
	}
	var mu sync.Mutex
	var all []Usage
	err := cluster.ForEachMaster(ctx, func(ctx context.Context, master *redis.Client) error {
		usage, err := usageOf(ctx, master, master.Options().Addr)
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		all = append(all, usage)
		return nil
	})
	return all, err
}

// usageOf asks one server.
func usageOf(ctx context.Context, server redis.Cmdable, addr string) (Usage, error) {
	text, err := server.Info(ctx, "memory").Result()
	if err != nil {
		return Usage{}, fmt.Errorf("ask for the memory of redis: %w", err)
	}
	facts := linesOf(text)
	used, usedErr := strconv.ParseInt(facts["used_memory"], 10, 64)
	limit, limitErr := strconv.ParseInt(facts["maxmemory"], 10, 64)
	if usedErr != nil || limitErr != nil || used < 0 || limit < 0 {
		return Usage{}, fmt.Errorf("ask for the memory of redis: %w", ErrReply)
	}
	return Usage{Addr: addr, Used: used, Limit: limit}, nil
}
