package stream

import (
	"context"
	"crypto/rand"
	"sync/atomic"

	"github.com/redis/go-redis/v9"
)

// memory notices, where INFO is not allowed, that a server may not be the one that it was:
// a server forgets at its end the scripts that it has run. One that does not know ours was
// started again, perhaps on an older copy of its data, or is another one.
type memory struct {
	script *redis.Script // of this process alone, so that nobody else makes it known again
	lapses atomic.Int64
}

func newMemory() *memory {
	// The key leads to the server, on Redis Cluster.
	return &memory{script: redis.NewScript("return redis.call('EXISTS', KEYS[1]) .. '" + rand.Text() + "'")}
}

// lapse asks the servers of keys whether they know the script, and returns how often one
// did not, since the beginning.
func (m *memory) lapse(ctx context.Context, client redis.UniversalClient, keys []string) (int64, error) {
	for _, known := range []bool{true, false} {
		pipe := client.Pipeline()
		replies := make([]*redis.Cmd, len(keys))
		for n, key := range keys {
			if known {
				replies[n] = m.script.EvalSha(ctx, pipe, []string{key})
			} else {
				replies[n] = m.script.Eval(ctx, pipe, []string{key})
			}
		}
		_, _ = pipe.Exec(ctx) // each command has its own error
		var unknown []string
		var failed error
		for n, reply := range replies {
			if err := reply.Err(); redis.HasErrorPrefix(err, "NOSCRIPT") {
				unknown = append(unknown, keys[n])
			} else if err != nil {
				failed = err
			}
		}
		if len(unknown) > 0 {
			m.lapses.Add(1)
		}
		if failed != nil || len(unknown) == 0 {
			return m.lapses.Load(), failed
		}
		keys = unknown
	}
	return m.lapses.Load(), nil
}
