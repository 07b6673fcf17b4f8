package peers

import (
	"context"
	"errors"
	"strconv"

	"github.com/redis/go-redis/v9"

	"seckill/internal/seckill"
)

// userOf returns the user of an entry.
func userOf(values map[string]any) (int64, error) {
	text, _ := values["uid"].(string)
	return strconv.ParseInt(text, 10, 64)
}

// read returns up to count entries that nobody has read, none when there are no more.
func (d *bed) read(ctx context.Context, count int) ([]redis.XMessage, error) {
	streams, err := d.client.XReadGroup(ctx, &redis.XReadGroupArgs{
		Group: group, Consumer: "peer", Streams: []string{seckill.StreamKey(product), ">"}, Count: int64(count), Block: -1,
	}).Result()
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return streams[0].Messages, nil
}

// acknowledge takes entries off the pending list.
func (d *bed) acknowledge(ctx context.Context, entries []redis.XMessage) error {
	ids := make([]string, len(entries))
	for i := range entries {
		ids[i] = entries[i].ID
	}
	return d.client.XAck(ctx, seckill.StreamKey(product), group, ids...).Err()
}
