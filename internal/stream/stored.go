package stream

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/redis/go-redis/v9"

	"seckill/internal/seckill"
)

// storedKey is a hash of a stream: consumer → an entry of the batch that it has stored and
// acknowledged last. A database that has lost its last commits lacks one of these.
func storedKey(key string) string { return "{" + key + "}:stored" }

// rereadKey holds, while the group reads again what the database has lost, from where to
// where.
func rereadKey(key string) string { return "{" + key + "}:reread" }

// Stored returns, for each product, the entries that its consumers have stored and
// acknowledged last, in one round trip a server. A product whose server has not answered
// is absent, and the error says so.
func (i *Inspector) Stored(ctx context.Context, productIDs []int64) (map[int64][]string, error) {
	pipe := i.client.Pipeline()
	replies := make([]*redis.StringSliceCmd, len(productIDs))
	for n, id := range productIDs {
		replies[n] = pipe.HVals(ctx, storedKey(i.key(id)))
	}
	_, execErr := pipe.Exec(ctx)
	stored := make(map[int64][]string, len(productIDs))
	for n, reply := range replies {
		ids, err := reply.Result()
		if err != nil || ids == nil {
			execErr = errors.Join(execErr, err)
			continue
		}
		stored[productIDs[n]] = ids
	}
	if execErr != nil {
		return stored, fmt.Errorf("read what is stored of %d products: %w", len(productIDs), execErr)
	}
	return stored, nil
}

// Delivered hands the IDs of a product's entries that the group has been given, and that
// are not pending, to visit, oldest first, a page at a time. It returns the last of them
// that the stream holds, pending or not; "" when there is none.
func (i *Inspector) Delivered(ctx context.Context, productID int64, visit func(ids []string) error) (last string, err error) {
	key := i.key(productID)
	l := lookAt(ctx, i.client, key)[0]
	group := l.group(i.group)
	if l.err != nil || group == nil {
		return "", wrap(l.err, "inspect %s", key)
	}
	pending, err := i.pendingIDs(ctx, key)
	if err != nil {
		return "", err
	}
	from := "-"
	for {
		page, err := i.client.XRangeN(ctx, key, from, group.LastDeliveredID, restPage).Result()
		if err != nil {
			return "", fmt.Errorf("read what was delivered of %s: %w", key, err)
		}
		ids := make([]string, 0, len(page))
		for _, m := range page {
			last = m.ID
			if !pending[m.ID] {
				ids = append(ids, m.ID)
			}
		}
		if err := visit(ids); err != nil || len(page) < restPage {
			return last, err
		}
		from = "(" + last
	}
}

// pendingIDs returns all that is pending in the group.
func (i *Inspector) pendingIDs(ctx context.Context, key string) (map[string]bool, error) {
	all, start := map[string]bool{}, "-"
	for {
		page, err := i.client.XPendingExt(ctx, &redis.XPendingExtArgs{
			Stream: key, Group: i.group, Start: start, End: "+", Count: pendingPage,
		}).Result()
		if err != nil {
			return nil, fmt.Errorf("list pending entries of %s: %w", key, err)
		}
		for _, e := range page {
			all[e.ID] = true
		}
		if len(page) < pendingPage {
			return all, nil
		}
		start = "(" + page[len(page)-1].ID
	}
}

// Reread says what a group reads again because its database has lost it.
type Reread struct {
	From  string // the first entry that was missing, "" when none was found
	Until string // the last entry that had been delivered by then
	Found int64  // how many entries were missing and are in the stream
	Lost  int64  // how many are known to be in neither
}

// BeginReread makes the group of a product read again from r.From on, and notes that it
// does. What is pending stays pending.
func (i *Inspector) BeginReread(ctx context.Context, productID int64, r Reread) error {
	key := i.key(productID)
	// The note first: whoever dies in between begins again.
	err := i.client.HSet(ctx, rereadKey(key), "from", r.From, "until", r.Until, "found", r.Found, "lost", r.Lost).Err()
	if err == nil && r.From != "" {
		err = i.client.XGroupSetID(ctx, key, i.group, below(parseID(r.From)).String()).Err()
	}
	if err == nil {
		err = i.client.Del(ctx, storedKey(key)).Err()
	}
	if err != nil {
		return fmt.Errorf("read %s again from %s: %w", key, r.From, err)
	}
	return nil
}

// Rereading returns what the group of a product reads again, nil when it does not, and
// whether it has come to the end: everything has been delivered, and nothing is pending.
func (i *Inspector) Rereading(ctx context.Context, productID int64) (r *Reread, done bool, err error) {
	key := i.key(productID)
	r, err = noteOf(ctx, i.client, key)
	if err != nil || r == nil {
		return nil, false, err
	}
	behind, err := behind(ctx, i.client, key, i.group, r)
	if err != nil || behind {
		return r, false, err
	}
	pending, err := i.client.XPending(ctx, key, i.group).Result()
	if err != nil {
		return r, false, fmt.Errorf("look at pending entries of %s: %w", key, err)
	}
	return r, pending.Count == 0 || parseID(r.Until).Compare(parseID(pending.Lower)) < 0, nil
}

// EndReread forgets that the group of a product reads again.
func (i *Inspector) EndReread(ctx context.Context, productID int64) error {
	if err := i.client.Del(ctx, rereadKey(i.key(productID))).Err(); err != nil {
		return fmt.Errorf("end the reading again of product %d: %w", productID, err)
	}
	return nil
}

// Stored returns the entries that the consumers of the stream have stored and acknowledged
// last.
func (r *Reader) Stored(ctx context.Context) ([]string, error) {
	ids, err := r.commands.HVals(ctx, storedKey(r.key)).Result()
	if err != nil {
		return nil, fmt.Errorf("read what is stored of %s: %w", r.key, err)
	}
	return ids, nil
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
	r.Found, err = strconv.ParseInt(fields["found"], 10, 64)
	if err == nil {
		r.Lost, err = strconv.ParseInt(fields["lost"], 10, 64)
	}
	if err != nil {
		return nil, fmt.Errorf("read how far %s is read again: %w", key, err)
	}
	return r, nil
}

// behind reports whether the group has yet to be given what it is to read again.
func behind(ctx context.Context, client redis.UniversalClient, key, group string, r *Reread) (bool, error) {
	if r.From == "" {
		return false, nil
	}
	l := lookAt(ctx, client, key)[0]
	g := l.group(group)
	if l.err != nil || g == nil { // a new group reads from the start whatever is left
		return false, wrap(l.err, "look how far %s is read again", key)
	}
	// What is asked is whether there is anything to be given: somebody may delete the last.
	left, err := client.XRangeN(ctx, key, "("+g.LastDeliveredID, r.Until, 1).Result()
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
