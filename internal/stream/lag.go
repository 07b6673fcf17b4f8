package stream

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// lagProbe is how many entries are counted, at most, to check what Redis tells.
	lagProbe = 1_000
	// lagBound is how many are counted, at most, where nothing better is known.
	lagBound = 20 * lagProbe
	// lagAgain is how long a count that reached its bound stands for the next ones.
	lagAgain = 10 * time.Second
)

// lagFault is by how much the lag that Redis tells of a group is too high: it counts what
// was added and what was read, so entries that were deleted or trimmed before they were
// delivered stay in it for ever (Redis 7.0).
type lagFault struct {
	known   bool
	excess  int64     // of Redis's lag above the true one, when it was known last
	removed int64     // entries that the stream had lost by then
	bound   time.Time // when a count reached its bound last
}

// lag returns the entries of a stream that are not yet delivered to the group, nil when
// that cannot be told, and how many they are at least. What Redis tells is believed only
// of a stream that never lost an entry; else it is corrected by what was seen when the
// truth was known, or the entries are counted, up to a bound.
func (i *Inspector) lag(ctx context.Context, productID int64, l *look, g *redis.XInfoGroup) (lag *int64, least int64, err error) {
	removed := l.stream.EntriesAdded - l.stream.Length
	fault := i.fault(productID)
	told := min(g.Lag, l.stream.Length)
	switch {
	case l.stream.Length == 0 || caughtUp(l, g):
		return i.learn(productID, g, removed, 0)
	case g.Lag >= 0 && g.Lag <= l.stream.Length && removed == 0:
		return known(g.Lag)
	case g.Lag >= fault.excess && fault.known && removed == fault.removed:
		return known(min(g.Lag-fault.excess, l.stream.Length))
	}
	n, err := i.count(ctx, productID, g, lagProbe)
	if err != nil {
		return nil, 0, err
	}
	if n < lagProbe {
		return i.learn(productID, g, removed, n)
	}
	if fault.known && g.Lag >= fault.excess {
		return known(max(n, min(g.Lag-fault.excess, l.stream.Length)))
	}
	if i.now().Sub(fault.bound) < lagAgain {
		n = lagBound
	} else if n, err = i.count(ctx, productID, g, lagBound); err != nil {
		return nil, 0, err
	}
	if n < lagBound {
		return i.learn(productID, g, removed, n)
	}
	i.reachedBound(productID)
	if g.Lag < 0 {
		return nil, n, nil
	}
	return known(max(n, told))
}

func known(n int64) (lag *int64, least int64, err error) { return &n, n, nil }

// caughtUp reports whether a group has been given the last entry that was ever added.
func caughtUp(l *look, g *redis.XInfoGroup) bool {
	return l.stream.LastGeneratedID != "" && parseID(g.LastDeliveredID).Compare(parseID(l.stream.LastGeneratedID)) >= 0
}

// count counts the undelivered entries of a group, up to bound.
func (i *Inspector) count(ctx context.Context, productID int64, g *redis.XInfoGroup, bound int64) (int64, error) {
	n, from := int64(0), "("+g.LastDeliveredID
	for n < bound {
		page, err := i.client.XRangeN(ctx, i.key(productID), from, "+", lagProbe).Result()
		if err == nil {
			err = checkBatch(from[1:], page)
		}
		if err != nil {
			return 0, fmt.Errorf("count undelivered entries of %s: %w", i.key(productID), err)
		}
		n += int64(len(page))
		if len(page) < lagProbe {
			break
		}
		from = "(" + page[len(page)-1].ID
	}
	return n, nil
}

// learn notes what the true lag says of the one that Redis tells, and returns it.
func (i *Inspector) learn(productID int64, g *redis.XInfoGroup, removed, lag int64) (*int64, int64, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if g.Lag >= lag {
		i.faults[productID] = lagFault{known: true, excess: g.Lag - lag, removed: removed}
	} else {
		delete(i.faults, productID)
	}
	return &lag, lag, nil
}

func (i *Inspector) fault(productID int64) lagFault {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.faults[productID]
}

func (i *Inspector) reachedBound(productID int64) {
	i.mu.Lock()
	defer i.mu.Unlock()
	f := i.faults[productID]
	if i.now().Sub(f.bound) >= lagAgain {
		f.bound = i.now()
	}
	i.faults[productID] = f
}
