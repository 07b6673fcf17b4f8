package consumer

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/zeromicro/go-zero/core/logx"

	"seckill/internal/role"
	"seckill/internal/stream"
	"seckill/model"
)

const (
	// tidyInterval is how often the streams are tidied.
	tidyInterval = 30 * time.Second
	// consumerIdle is how long a consumer without pending entries must have been
	// silent to count as one whose replica is gone. Redis 7.0 does not count a read
	// that finds nothing as a sign of life, so on a quiet stream a live consumer may
	// be deleted too; Redis makes it again with its next entry, and nothing is lost.
	consumerIdle = 24 * time.Hour
)

// Janitor makes the role that keeps the streams tidy: it trims what is older than
// retention and needed by nobody (0 = never), and deletes consumers that replicas
// have left behind.
func Janitor(client redis.UniversalClient, retention time.Duration,
	products func() []model.ProductState, reader func(productID int64) *stream.Reader) *role.Role {
	return role.Every(tidyInterval, "tidy streams", func(ctx context.Context) error {
		for _, p := range products() {
			if err := tidy(ctx, client, retention, reader(p.ProductID)); err != nil {
				return err
			}
		}
		return nil
	})
}

func tidy(ctx context.Context, client redis.UniversalClient, retention time.Duration, reader *stream.Reader) error {
	gone, err := reader.DeleteIdleConsumers(ctx, consumerIdle)
	if err != nil {
		return err
	}
	if len(gone) > 0 {
		logx.Infof("consumers of %s deleted, idle for %v with nothing pending: %v", reader.Key(), consumerIdle, gone)
	}
	if retention == 0 {
		return nil
	}
	removed, err := stream.Trim(ctx, client, reader.Key(), retention)
	if removed > 0 {
		logx.Infof("%d entries trimmed from %s, older than %v and acknowledged", removed, reader.Key(), retention)
	}
	return err
}
