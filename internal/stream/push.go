package stream

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// Push adds an entry with the given fields to a stream, as a BFF does that goes past the gate,
// and makes no stream that the service does not consume yet.
func (c *Clients) Push(ctx context.Context, key string, fields ...any) error {
	id, err := c.Commands.XAdd(ctx, &redis.XAddArgs{Stream: key, NoMkStream: true, Values: fields}).Result()
	reply := NewReading([]any{id}, err, 1)
	reply.StreamID()
	if err := reply.Err(); err != nil {
		return fmt.Errorf("push an entry to %s: %w", key, err)
	}
	return nil
}
