package stream

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync/atomic"

	"github.com/redis/go-redis/v9"
)

// memory notices, where INFO is not allowed, that a server may not be the one that it was:
// a server forgets at its end the scripts that it has run. One that does not know ours was
// started again, perhaps on an older copy of its data, or is another one.
type memory struct {
	script *redis.Script // of this process alone, so that nobody else makes it known again
	name   string        // what it answers, behind 0 or 1
	lapses atomic.Int64
}

func newMemory() *memory {
	name := rand.Text()
	// The key leads to the server, on Redis Cluster.
	return &memory{name: name, script: redis.NewScript("return redis.call('EXISTS', KEYS[1]) .. '" + name + "'")}
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
			switch answer, err := reply.Text(); {
			case redis.HasErrorPrefix(err, "NOSCRIPT"):
				unknown = append(unknown, keys[n])
			case err != nil:
				failed = err
			case len(answer) != 1+len(m.name) || answer[1:] != m.name:
				failed = fmt.Errorf("answer %.40q: %w", answer, ErrReply)
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
