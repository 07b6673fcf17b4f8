package stream

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"

	"seckill/internal/seckill"
)

// Push adds an entry with the given fields to a stream, as a BFF does that goes past the gate,
// and makes no stream that the service does not consume yet.
func (c *Clients) Push(ctx context.Context, key string, fields ...any) error {
	id, err := c.Commands.XAdd(ctx, &redis.XAddArgs{Stream: key, NoMkStream: true, Values: fields}).Result()
	if err == nil {
		if _, malformed := seckill.ParseStreamID(id); malformed != nil {
			err = fmt.Errorf("the ID %.40q: %w", id, ErrReply)
		}
	}
	if err != nil {
		return fmt.Errorf("push an entry to %s: %w", key, err)
	}
	return nil
}
