package consumer

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/zeromicro/go-zero/core/logx"

	"seckill/internal/role"
	"seckill/internal/stream"
	"seckill/model"
)

const (
	// tidyInterval is how often the streams are tidied; it keeps the gauge of who holds
	// up trimming as young as the others.
	tidyInterval = 10 * time.Second
	// tidyTimeout bounds the tidying of one stream.
	tidyTimeout = 10 * time.Second
	// holdLogInterval is how often the log names one who holds up the trimming of a stream.
	holdLogInterval = 10 * time.Minute
	// consumerIdle is how long a consumer without pending entries must have been
	// silent to count as one whose replica is gone. Redis 7.0 does not count a read
	// that finds nothing as a sign of life, so on a quiet stream a live consumer may
	// be deleted too; Redis makes it again with its next entry, and nothing is lost.
	consumerIdle = 24 * time.Hour
)

// TrimGauge shows who holds up the trimming of a product's stream; metrics.Metrics is it.
type TrimGauge interface {
	// TrimHeld is told the group, "" when nobody does, and for how long beyond the
	// retention it has held an entry.
	TrimHeld(productID int64, group string, beyond time.Duration)
}

// janitor keeps the streams tidy.
type janitor struct {
	client    redis.UniversalClient
	retention time.Duration
	gauge     TrimGauge
	told      map[string]time.Time // when the log has named who holds up a stream, by stream and group
}

// Janitor makes the role that keeps the streams tidy: it trims what is older than
// retention and needed by nobody (0 = never), and deletes consumers that replicas
// have left behind. A stream that cannot be tidied keeps no other from it.
func Janitor(client redis.UniversalClient, retention time.Duration, products func() []model.ProductState,
	reader func(productID int64) *stream.Reader, gauge TrimGauge) *role.Role {
	j := &janitor{client: client, retention: retention, gauge: gauge, told: map[string]time.Time{}}
	return role.Every(tidyInterval, "tidy streams", func(ctx context.Context) error {
		var problems []error
		for _, p := range products() {
			if p.Drained || ctx.Err() != nil {
				continue
			}
			if err := j.tidy(ctx, p.ProductID, reader(p.ProductID)); err != nil {
				j.gauge.TrimHeld(p.ProductID, "", 0) // nobody can tell
				problems = append(problems, fmt.Errorf("product %d: %w", p.ProductID, err))
			}
		}
		return role.Problems(problems)
	})
}

func (j *janitor) tidy(ctx context.Context, productID int64, reader *stream.Reader) error {
	ctx, cancel := context.WithTimeout(ctx, tidyTimeout)
	defer cancel()
	gone, err := reader.DeleteIdleConsumers(ctx, consumerIdle)
	if err != nil {
		return err
	}
	if len(gone) > 0 {
		logx.Infof("consumers of %s deleted, idle for %v with nothing pending: %v", reader.Key(), consumerIdle, gone)
	}
	if j.retention == 0 {
		return nil
	}
	trimmed, err := stream.Trim(ctx, j.client, reader.Key(), j.retention)
	if trimmed.Removed > 0 {
		logx.Infof("%d entries trimmed from %s, older than %v and acknowledged", trimmed.Removed, reader.Key(), j.retention)
	}
	if err == nil {
		j.showHold(productID, reader.Key(), trimmed.Hold)
	}
	return err
}

// showHold shows who keeps a stream from being trimmed, and says so in the log now and then.
func (j *janitor) showHold(productID int64, key string, hold *stream.Hold) {
	if hold == nil {
		j.gauge.TrimHeld(productID, "", 0)
		return
	}
	j.gauge.TrimHeld(productID, hold.Group, max(0, time.Since(hold.Since)-j.retention))
	name := key + " " + hold.Group
	if last, told := j.told[name]; told && time.Since(last) < holdLogInterval {
		return
	}
	j.told[name] = time.Now()
	logx.Errorf("%s grows: its group %s has not done with entry %s, which has been there since %s, and nothing behind it "+
		"is trimmed; let the group read and acknowledge, or remove it with XGROUP DESTROY %s %s",
		key, hold.Group, hold.StreamID, hold.Since.UTC().Format(time.RFC3339), key, hold.Group)
}
