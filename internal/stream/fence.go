package stream

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/zeromicro/go-zero/core/logx"
)

// endOfTime is the latest moment that may be written down: the last of the year 9999.
const endOfTime = 253_402_300_799_999

// fence sets the last ID of a stream to a later one, so that no entry that comes from now
// on is below it. KEYS: stream. ARGV: ID.
var fence = redis.NewScript(`return redis.call('XSETID', KEYS[1], ARGV[1])`)

// NowFor returns the time that separates what has arrived for a product until now from
// what arrives later, by the IDs of its stream: the time by Redis's clock, unless IDs are
// ahead of it. Then it is the one after the last ID, and later entries are kept from
// coming before it.
func (i *Inspector) NowFor(ctx context.Context, productID int64) (time.Time, error) {
	now, err := i.Now(ctx)
	if err != nil {
		return time.Time{}, err
	}
	key := i.key(productID)
	l := lookAt(ctx, i.client, key)[0]
	if l.err != nil {
		return time.Time{}, fmt.Errorf("inspect %s: %w", key, l.err)
	}
	last := parseID(l.stream.LastGeneratedID)
	if now.UnixMilli() > 0 && last.Ms < uint64(now.UnixMilli()) {
		return now, nil
	}
	after := time.UnixMilli(int64(min(last.Ms, endOfTime-1)) + 1)
	if last.Ms < endOfTime {
		// Without it what comes within that millisecond counts as before: worth a word, but
		// not that the product cannot be ended.
		id := fmt.Sprintf("%d-0", after.UnixMilli())
		if err := fence.Run(ctx, i.client, []string{key}, id).Err(); err != nil {
			logx.Errorf("set the last ID of %s to %s: %v", key, id, err)
		}
	}
	return after, nil
}
