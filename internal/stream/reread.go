package stream

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"strconv"

	"github.com/redis/go-redis/v9"

	"seckill/internal/seckill"
)

// rereadKey holds, while the group reads again what the database has lost, from where to
// where.
func rereadKey(key string) string { return "{" + key + "}:reread" }

// Reread says what a group reads again because its database has lost it.
type Reread struct {
	From  string // the first entry that was missing, "" when none was found
	Until string // the last entry that had been delivered by then
	Found int64  // how many entries were missing and are in the stream
	Lost  int64  // how many are in neither, as far as that can be told
}

// beginReread notes that a group reads again, sends it back unless it is there already, and
// forgets the marks of what was stored: at one moment, at maxmemory too. The note that is
// there already, of a loss before, goes on to hold.
//
// KEYS: stream, marks, note. ARGV: group, from where (” = nothing is read again), the last
// ID before that, until, found, lost.
var beginReread = redis.NewScript(`
local function below(a, b)
  local ams, aseq = string.match(a, '^(%d+)-(%d+)$')
  local bms, bseq = string.match(b, '^(%d+)-(%d+)$')
  if ams ~= bms then
    return #ams < #bms or #ams == #bms and ams < bms
  end
  return #aseq < #bseq or #aseq == #bseq and aseq < bseq
end
redis.call('DEL', KEYS[2]) -- a write: after it Redis refuses none
redis.call('HSET', KEYS[3], 'from', ARGV[2], 'until', ARGV[4], 'found', ARGV[5], 'lost', ARGV[6])
if ARGV[2] == '' then
  return 1
end
for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local facts = {}
  for i = 1, #group, 2 do
    facts[group[i]] = group[i + 1]
  end
  if facts['name'] == ARGV[1] and below(ARGV[3], facts['last-delivered-id']) then
    redis.call('XGROUP', 'SETID', KEYS[1], ARGV[1], ARGV[3])
  end
end
return 1`)

// BeginReread makes the group of a product read again from r.From on, and notes that it
// does. What is pending stays pending.
func (i *Inspector) BeginReread(ctx context.Context, productID int64, r Reread) error {
	key, before := i.key(productID), ""
	if r.From != "" {
		before = below(parseID(r.From)).String()
	}
	done, err := beginReread.Run(ctx, i.client, []string{key, storedKey(key), rereadKey(key)},
		i.group, r.From, before, r.Until, r.Found, r.Lost).Int64()
	if err == nil {
		err = Within(1, 1, done)
	}
	return wrap(err, "read %s again from %s", key, r.From)
}

// Rereading returns what the group of a product reads again, nil when it does not, and
// whether it has come to the end: everything has been delivered, and nothing of it is
// pending.
func (i *Inspector) Rereading(ctx context.Context, productID int64) (r *Reread, done bool, err error) {
	key := i.key(productID)
	r, err = noteOf(ctx, i.client, key)
	if err != nil || r == nil || r.From == "" {
		return r, r != nil, err
	}
	behind, err := behind(ctx, i.client, key, i.group, r)
	if err != nil || behind {
		return r, false, err
	}
	pending, err := pendingOf(ctx, i.client, key, i.group)
	if err != nil && !isNoGroup(err) {
		return r, false, fmt.Errorf("look at pending entries of %s: %w", key, err)
	}
	return r, err == nil && (pending.Count == 0 || parseID(r.Until).Compare(parseID(pending.Lower)) < 0), nil
}

// EndReread forgets that the group of a product reads again.
func (i *Inspector) EndReread(ctx context.Context, productID int64) error {
	err := within(0, 1, i.client.Del(ctx, rereadKey(i.key(productID))))
	return wrap(err, "end the reading again of product %d", productID)
}

// Behind reports whether the group reads again what its database has lost, and has not
// been given all of it yet.
func (r *Reader) Behind(ctx context.Context) (bool, error) {
	note, err := noteOf(ctx, r.commands, r.key)
	if err != nil || note == nil {
		return false, err
	}
	return behind(ctx, r.commands, r.key, r.group, note)
}

func noteOf(ctx context.Context, client redis.UniversalClient, key string) (*Reread, error) {
	fields, err := client.HGetAll(ctx, rereadKey(key)).Result()
	if err != nil {
		return nil, fmt.Errorf("ask whether %s is read again: %w", key, err)
	}
	if len(fields) == 0 {
		return nil, nil //nolint:nilnil // nil is the documented "it is not"
	}
	r := &Reread{From: fields["from"], Until: fields["until"]}
	var foundErr, lostErr error
	r.Found, foundErr = strconv.ParseInt(fields["found"], 10, 64)
	r.Lost, lostErr = strconv.ParseInt(fields["lost"], 10, 64)
	err = cmp.Or(foundErr, lostErr, Within(0, math.MaxInt64, r.Found, r.Lost))
	for _, id := range []string{r.From, r.Until} {
		if err == nil && id != "" {
			err = checkWhole(id)
		}
	}
	return r, wrap(err, "read how far %s is read again", key)
}

// behind reports whether the group has yet to be given what it is to read again.
func behind(ctx context.Context, client redis.UniversalClient, key, group string, r *Reread) (bool, error) {
	if r.From == "" {
		return false, nil
	}
	l := lookAt(ctx, client, key)[0]
	if l.err != nil {
		return false, fmt.Errorf("look how far %s is read again: %w", key, l.err)
	}
	after := "-" // a new group reads from the start
	if g := l.group(group); g != nil {
		after = "(" + g.LastDeliveredID
	}
	// What is asked is whether there is anything to be given: somebody may delete the last.
	left, err := client.XRangeN(ctx, key, after, r.Until, 1).Result()
	if err == nil {
		err = checkBatch("", left)
	}
	if err != nil {
		return false, fmt.Errorf("look how far %s is read again: %w", key, err)
	}
	return len(left) > 0, nil
}

// below is the greatest ID below another.
func below(id seckill.StreamID) seckill.StreamID {
	switch {
	case id.Seq > 0:
		id.Seq--
	case id.Ms > 0:
		id.Ms, id.Seq = id.Ms-1, math.MaxUint64
	}
	return id
}
