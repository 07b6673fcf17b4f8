package stream

import (
	"context"
	"time"
)

// foreignHolds is the most streams that are looked at closely for who holds up trimming.
const foreignHolds = 10

// ProductFacts is how the stream of a product stands.
type ProductFacts struct {
	State

	Exists bool // there is a stream
	Joined bool // it has our group
}

// Facts returns how the stream of a product stands.
func (i *Inspector) Facts(ctx context.Context, productID int64) (ProductFacts, error) {
	state, group, err := i.inspect(ctx, productID)
	return ProductFacts{State: state, Exists: state.LastID != "", Joined: group != nil}, err
}

// ForeignHold is another group that keeps a stream from being trimmed.
type ForeignHold struct {
	Hold

	Stream string
}

// ForeignHolds returns the groups other than ours that keep the streams of products from
// being trimmed as far as retention says, of some streams at most. A stream that cannot be
// looked at says nothing of the others.
func (i *Inspector) ForeignHolds(ctx context.Context, productIDs []int64, retention time.Duration) ([]ForeignHold, error) {
	if retention <= 0 || len(productIDs) == 0 {
		return nil, nil
	}
	keys := make([]string, len(productIDs))
	for n, id := range productIDs {
		keys[n] = i.key(id)
	}
	var failed error
	var holds []ForeignHold
	looks := lookAt(ctx, i.client, keys...)
	closer := 0
	for n, key := range keys {
		if looks[n].err != nil {
			failed = looks[n].err
		}
		if !i.hasForeign(&looks[n]) || closer == foreignHolds {
			continue
		}
		closer++
		_, hold, err := trimBound(ctx, i.client, key, retention)
		if err != nil {
			failed = err
		} else if hold != nil && hold.Group != i.group {
			holds = append(holds, ForeignHold{Hold: *hold, Stream: key})
		}
	}
	return holds, failed
}

// hasForeign reports whether a group other than ours has something to do yet.
func (i *Inspector) hasForeign(l *look) bool {
	for n := range l.groups {
		if g := &l.groups[n]; g.Name != i.group && (g.Pending > 0 || !caughtUp(l, g)) {
			return true
		}
	}
	return false
}
