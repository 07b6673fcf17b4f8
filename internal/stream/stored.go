package stream

import (
	"context"
	"fmt"
	"slices"

	"github.com/redis/go-redis/v9"
)

// storedKey is a hash of a stream: consumer → an entry of the batch that it has stored and
// acknowledged last. A database that has lost its last commits lacks one of these.
func storedKey(key string) string { return "{" + key + "}:stored" }

// Marks are what the consumers of a product's stream have noted.
type Marks struct {
	Stored    []string // of each consumer an entry that it has stored and acknowledged last
	Rereading bool     // the group reads again what the database has lost
	Err       error    // the server has not answered; the rest is unknown
}

// Marks reads what is noted of products, in one round trip a server. When a server does not
// answer it returns the error, and the marks of the products that are on others.
func (i *Inspector) Marks(ctx context.Context, productIDs []int64) ([]Marks, error) {
	pipe := i.client.Pipeline()
	stored, notes := make([]*redis.MapStringStringCmd, len(productIDs)), make([]*redis.IntCmd, len(productIDs))
	for n, id := range productIDs {
		stored[n], notes[n] = pipe.HGetAll(ctx, storedKey(i.key(id))), pipe.Exists(ctx, rereadKey(i.key(id)))
	}
	_, execErr := pipe.Exec(ctx)
	marks := make([]Marks, len(productIDs))
	var err error
	for n := range marks {
		if marks[n] = marksOf(stored[n], notes[n], execErr); marks[n].Err != nil {
			err = fmt.Errorf("read what is stored of %d products: %w", len(productIDs), marks[n].Err)
		}
	}
	return marks, err
}

func marksOf(stored *redis.MapStringStringCmd, note *redis.IntCmd, execErr error) Marks {
	all, err := stored.Result()
	if err == nil {
		err = within(0, 1, note)
	}
	if err == nil && all == nil { // not answered at all
		err = execErr
	}
	m := Marks{Rereading: note.Val() > 0, Err: err}
	for _, id := range all {
		if err := checkIDs("", id); err != nil {
			m.Err = err
		}
		if !slices.Contains(m.Stored, id) {
			m.Stored = append(m.Stored, id)
		}
	}
	return m
}

// Stored returns the entries that the consumers of the stream have stored and acknowledged
// last.
func (r *Reader) Stored(ctx context.Context) ([]string, error) {
	reply := r.commands.HGetAll(ctx, storedKey(r.key))
	m := marksOf(reply, redis.NewIntCmd(ctx), reply.Err())
	return m.Stored, wrap(m.Err, "read what is stored of %s", r.key)
}

// Walk is what a walk over a whole stream goes by.
type Walk struct {
	Removed   int64  // entries that were added once and are not in the stream any more
	Delivered string // the last entry that the group has been given, "0-0" of none
}

// Walk hands the IDs of all entries of a product's stream to visit, oldest first, a page at
// a time: those that the group has been given, or had when it was to read again, and that
// are not pending, and the others.
func (i *Inspector) Walk(ctx context.Context, productID int64, visit func(given, others []string) error) (Walk, error) {
	key := i.key(productID)
	l := lookAt(ctx, i.client, key)[0]
	if l.err != nil {
		return Walk{}, fmt.Errorf("inspect %s: %w", key, l.err)
	}
	w := Walk{Removed: max(0, l.stream.EntriesAdded-l.stream.Length), Delivered: "0-0"}
	pending := map[string]bool{}
	if group := l.group(i.group); group != nil {
		w.Delivered = group.LastDeliveredID
		var err error
		if pending, err = i.pendingIDs(ctx, key); err != nil {
			return w, err
		}
	}
	note, err := noteOf(ctx, i.client, key)
	if err != nil {
		return w, err
	}
	if note != nil {
		w.Delivered = higher(parseID(w.Delivered), parseID(note.Until)).String()
	}
	return w, i.walk(ctx, key, func(ids []string) error {
		var given, others []string
		for _, id := range ids {
			if pending[id] || parseID(w.Delivered).Compare(parseID(id)) < 0 {
				others = append(others, id)
			} else {
				given = append(given, id)
			}
		}
		return visit(given, others)
	})
}

func (i *Inspector) walk(ctx context.Context, key string, visit func(ids []string) error) error {
	from, last := "-", ""
	for {
		page, err := i.client.XRangeN(ctx, key, from, "+", restPage).Result()
		if err != nil {
			return fmt.Errorf("read all of %s: %w", key, err)
		}
		ids := make([]string, len(page))
		for n, m := range page {
			ids[n] = m.ID
		}
		if err := checkIDs(last, ids...); err != nil {
			return fmt.Errorf("read all of %s: %w", key, err)
		}
		if len(ids) > 0 {
			if err := visit(ids); err != nil {
				return err
			}
			last = ids[len(ids)-1]
		}
		if len(page) < restPage {
			return nil
		}
		from = "(" + last
	}
}

// pendingIDs returns all that is pending in the group.
func (i *Inspector) pendingIDs(ctx context.Context, key string) (map[string]bool, error) {
	all := map[string]bool{}
	err := i.eachPending(ctx, key, "+", func(page []redis.XPendingExt) {
		for _, e := range page {
			all[e.ID] = true
		}
	})
	return all, err
}
