package consumer

import (
	"context"
	"fmt"
	"slices"
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
	// tidyMost is the most streams that are looked at in one turn, and tidyPage how many of them
	// together.
	tidyMost, tidyPage = 10_000, 500
	// consumersInterval is how often the consumers of a product that has several are looked at.
	consumersInterval = 10 * time.Minute
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
	turns     role.Turns           // where the next turn begins, where there are very many
	lookedAt  map[int64]time.Time  // when the consumers of each product that has several were looked at
}

// Janitor makes the role that keeps the streams tidy: it trims what is older than
// retention and needed by nobody (0 = never), and deletes consumers that replicas
// have left behind. A stream that cannot be tidied keeps no other from it.
func Janitor(client redis.UniversalClient, retention time.Duration, products func() []model.ProductState,
	reader func(productID int64) *stream.Reader, gauge TrimGauge) *role.Role {
	j := &janitor{
		client: client, retention: retention, gauge: gauge, told: map[string]time.Time{}, lookedAt: map[int64]time.Time{},
	}
	return role.Every(tidyInterval, "tidy streams", func(ctx context.Context) error {
		var living []int64
		for _, p := range products() {
			if !p.Drained {
				living = append(living, p.ProductID)
			}
		}
		var problems []error
		for page := range slices.Chunk(j.turns.Next(living, tidyMost), tidyPage) {
			problems = append(problems, j.tidyPage(ctx, page, reader)...)
		}
		return role.Problems(problems)
	})
}

// tidyPage looks at streams together, and tidies those of which there may be something to be
// tidied.
func (j *janitor) tidyPage(ctx context.Context, page []int64, reader func(productID int64) *stream.Reader) []error {
	readers, keys := make([]*stream.Reader, len(page)), make([]string, len(page))
	for i, id := range page {
		readers[i] = reader(id)
		keys[i] = readers[i].Key()
	}
	lookCtx, cancel := context.WithTimeout(ctx, tidyTimeout)
	defer cancel()
	clutters, err := stream.Clutters(lookCtx, j.client, readers[0].Group(), keys, j.retention)
	if err != nil {
		clutters = make([]stream.Clutter, len(page)) // nobody can tell of any
		for i := range clutters {
			clutters[i].Err = err
		}
	}
	problems := make([]error, len(page))
	for i, id := range page {
		c := clutters[i]
		if c.Err == nil && (c.Old || j.isDue(id, c.Consumers)) && ctx.Err() == nil {
			c.Err = j.tidy(ctx, id, readers[i])
		} else if c.Err == nil {
			j.gauge.TrimHeld(id, "", 0)
		}
		if c.Err != nil {
			j.gauge.TrimHeld(id, "", 0) // nobody can tell
			problems[i] = fmt.Errorf("product %d: %w", id, c.Err)
		}
	}
	return problems
}

// isDue reports whether the consumers of a product are to be looked at.
func (j *janitor) isDue(productID, consumers int64) bool {
	if consumers < 2 || time.Since(j.lookedAt[productID]) < consumersInterval {
		return false
	}
	j.lookedAt[productID] = time.Now()
	return true
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
