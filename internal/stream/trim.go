package stream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/internal/seckill"
)

// trimStep is the most entries that one XTRIM removes, so that the first trim of a
// huge stream does not keep Redis busy; trimSteps is how many follow each other.
const (
	trimStep  = 10_000
	trimSteps = 100
)

// Trim removes entries that are older than retention, by Redis's own clock, and
// that nobody needs: it never reaches an entry that any group of the stream has
// pending or has not been given yet. It returns how many it removed. Redis removes
// whole nodes of its tree (100 entries by default), so a few old ones stay.
func Trim(ctx context.Context, client redis.UniversalClient, key string, retention time.Duration) (int64, error) {
	bound, err := trimBound(ctx, client, key, retention)
	if err != nil || bound == "" {
		return 0, err
	}
	var removed int64
	for range trimSteps {
		n, err := client.XTrimMinIDApprox(ctx, key, bound, trimStep).Result()
		if err != nil {
			return removed, fmt.Errorf("trim %s below %s: %w", key, bound, err)
		}
		removed += n
		if n == 0 {
			break
		}
	}
	return removed, nil
}

// trimBound returns the ID below which everything may go, "" when nothing may.
func trimBound(ctx context.Context, client redis.UniversalClient, key string, retention time.Duration) (string, error) {
	groups, err := client.XInfoGroups(ctx, key).Result()
	if err != nil && isNoKey(err) || err == nil && len(groups) == 0 {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("list groups of %s: %w", key, err)
	}
	now, err := client.Time(ctx).Result()
	if err != nil {
		return "", fmt.Errorf("read the clock of Redis: %w", err)
	}
	bound := seckill.StreamID{Ms: uint64(max(0, now.Add(-retention).UnixMilli()))}
	for _, g := range groups {
		pending, err := client.XPending(ctx, key, g.Name).Result()
		if err != nil {
			return "", fmt.Errorf("look at pending entries of %s in %s: %w", g.Name, key, err)
		}
		bound = lower(bound, parseID(g.LastDeliveredID))
		if pending.Count > 0 {
			bound = lower(bound, parseID(pending.Lower))
		}
	}
	return bound.String(), nil
}

// deleteIdleConsumer deletes one consumer only if it has been idle for ARGV[3]
// milliseconds and has nothing pending, checked and done in one step: to delete a
// consumer is to throw its pending entries away.
var deleteIdleConsumer = redis.NewScript(`
for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local facts = {}
  for i = 1, #consumer, 2 do facts[consumer[i]] = consumer[i + 1] end
  if facts.name == ARGV[2] and facts.pending == 0 and facts.idle >= tonumber(ARGV[3]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
    return 1
  end
end
return 0`)

// DeleteIdleConsumers removes the group's consumers that have sent nothing for
// idle or longer and have nothing pending, as replicas leave them behind, and
// returns their names.
func (r *Reader) DeleteIdleConsumers(ctx context.Context, idle time.Duration) ([]string, error) {
	consumers, err := r.commands.XInfoConsumers(ctx, r.key, r.group).Result()
	if err != nil {
		return nil, fmt.Errorf("list consumers of %s: %w", r.key, err)
	}
	var gone []string
	for _, c := range consumers {
		if c.Name == r.consumer { // the script judges all others
			continue
		}
		deleted, err := deleteIdleConsumer.Run(ctx, r.commands, []string{r.key},
			r.group, c.Name, idle.Milliseconds()).Int()
		if err != nil && !errors.Is(err, redis.Nil) {
			return gone, fmt.Errorf("delete consumer %s of %s: %w", c.Name, r.key, err)
		}
		if deleted == 1 {
			gone = append(gone, c.Name)
		}
	}
	return gone, nil
}

// parseID reads an ID that Redis itself wrote; what it never writes counts as 0-0,
// below which nothing is trimmed.
func parseID(id string) seckill.StreamID {
	parsed, _ := seckill.ParseStreamID(id)
	return parsed
}

// arrival is the time in an ID. Milliseconds beyond int64 (an ID that somebody
// chose) count as the end of time.
func arrival(id string) time.Time {
	return time.UnixMilli(int64(min(parseID(id).Ms, 1<<62)))
}

func lower(a, b seckill.StreamID) seckill.StreamID {
	if b.Compare(a) < 0 {
		return b
	}
	return a
}

func higher(a, b seckill.StreamID) seckill.StreamID {
	if a.Compare(b) < 0 {
		return b
	}
	return a
}
