package stream

import (
	"context"
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

// Trimmed is what became of a stream that was trimmed.
type Trimmed struct {
	Removed int64
	Hold    *Hold // who has kept it from being trimmed as far as the retention says; nil = nobody
}

// Hold is a group of a stream that has not done with entries beyond the retention.
type Hold struct {
	Group    string
	StreamID string    // of the oldest entry that it needs
	Since    time.Time // when that arrived, by its ID
}

// Trim removes entries that are older than retention, by Redis's own clock, and
// that nobody needs: it never reaches an entry that any group of the stream has
// pending or has not been given yet. Redis removes
// whole nodes of its tree (100 entries by default), so a few old ones stay.
func Trim(ctx context.Context, client redis.UniversalClient, key string, retention time.Duration) (Trimmed, error) {
	bound, hold, err := trimBound(ctx, client, key, retention)
	trimmed := Trimmed{Hold: hold}
	if err != nil || bound == "" {
		return trimmed, err
	}
	for range trimSteps {
		n, err := client.XTrimMinIDApprox(ctx, key, bound, trimStep).Result()
		if err == nil {
			err = Within(0, trimStep, n)
		}
		if err != nil {
			return trimmed, fmt.Errorf("trim %s below %s: %w", key, bound, err)
		}
		trimmed.Removed += n
		if n == 0 {
			break
		}
	}
	return trimmed, nil
}

// Clutter is what there may be to be tidied of a stream.
type Clutter struct {
	Old       bool  // there are entries beyond the retention
	Consumers int64 // of our group
	Err       error // the server has not answered, or the key is no stream; the rest is unknown
}

// Clutters looks whether there may be anything to be tidied of streams, in one round trip a
// server: to Trim one of which there is nothing costs several. With a retention of 0 nothing
// is old.
func Clutters(ctx context.Context, client redis.UniversalClient, group string, keys []string, retention time.Duration) ([]Clutter, error) {
	now, err := timeOf(client.Time(ctx).Result())
	if err != nil {
		return nil, err
	}
	oldest := now.Add(-retention)
	all := make([]Clutter, len(keys))
	for n, l := range lookAt(ctx, client, keys...) {
		c := &all[n]
		if c.Err = l.err; c.Err != nil {
			continue
		}
		c.Old = retention > 0 && l.stream.Length > 0 && arrival(l.stream.FirstEntry.ID).Before(oldest)
		if g := l.group(group); g != nil {
			c.Consumers = g.Consumers
			c.Err = Within(0, mostEntries, c.Consumers)
		}
	}
	return all, nil
}

// trimBound returns the ID below which everything may go, "" when nothing may, and which
// group has set it, if one has.
func trimBound(ctx context.Context, client redis.UniversalClient, key string, retention time.Duration) (string, *Hold, error) {
	l := lookAt(ctx, client, key)[0]
	if l.err != nil {
		return "", nil, fmt.Errorf("list groups of %s: %w", key, l.err)
	}
	if len(l.groups) == 0 {
		return "", nil, nil
	}
	// A group that is not told of would lose what it needs.
	if err := Within(l.stream.Groups, mostEntries, int64(len(l.groups))); err != nil {
		return "", nil, fmt.Errorf("list groups of %s: %w", key, err)
	}
	now, err := timeOf(client.Time(ctx).Result())
	if err != nil {
		return "", nil, err
	}
	oldest := seckill.StreamID{Ms: uint64(max(0, now.Add(-retention).UnixMilli()))}
	bound, need := oldest, oldest
	var hold *Hold
	for i := range l.groups {
		done, needed, err := needs(ctx, client, key, &l, &l.groups[i], oldest)
		if err != nil {
			return "", nil, err
		}
		bound = lower(bound, done)
		if needed.Compare(need) < 0 {
			need = needed
			hold = &Hold{Group: l.groups[i].Name, StreamID: needed.String(), Since: arrival(needed.String())}
		}
	}
	return bound.String(), hold, nil
}

// needs returns the ID below which a group has done with everything, and the one of the
// oldest entry that it needs, oldest when that is not older.
func needs(ctx context.Context, client redis.UniversalClient, key string, l *look, g *redis.XInfoGroup,
	oldest seckill.StreamID) (done, needed seckill.StreamID, err error) {
	done, needed = parseID(g.LastDeliveredID), oldest
	if done.Compare(oldest) < 0 && !caughtUp(l, g) {
		next, err := client.XRangeN(ctx, key, "("+g.LastDeliveredID, "+", 1).Result()
		if err == nil {
			err = checkBatch(g.LastDeliveredID, next)
		}
		if err != nil {
			return done, needed, fmt.Errorf("look for what %s has not read of %s: %w", g.Name, key, err)
		}
		if len(next) > 0 {
			needed = lower(needed, parseID(next[0].ID))
		}
	}
	pending, err := pendingOf(ctx, client, key, g.Name)
	if err != nil {
		return done, needed, fmt.Errorf("look at pending entries of %s in %s: %w", g.Name, key, err)
	}
	if pending.Count > 0 {
		done, needed = lower(done, parseID(pending.Lower)), lower(needed, parseID(pending.Lower))
	}
	return done, needed, nil
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
	if err != nil && isNoGroup(err) {
		return nil, nil // nobody has joined it yet
	}
	if err != nil {
		return nil, fmt.Errorf("list consumers of %s: %w", r.key, err)
	}
	var gone []string
	for _, c := range consumers {
		if c.Name == r.consumer { // the script judges all others
			continue
		}
		deleted, err := deleteIdleConsumer.Run(ctx, r.commands, []string{r.key},
			r.group, c.Name, idle.Milliseconds()).Int64()
		if err == nil {
			err = Within(0, 1, deleted)
		}
		if err != nil {
			return gone, fmt.Errorf("delete consumer %s of %s: %w", c.Name, r.key, err)
		}
		if deleted == 1 {
			gone = append(gone, c.Name)
		}
	}
	return gone, nil
}

// parseID reads an ID that was checked when Redis told it; no ID at all counts as 0-0.
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
