package stream

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// Standing is the state of a product's stream, looked at together with others.
type Standing struct {
	State

	Err error // the server has not answered, or the key is no stream; the rest is unknown
}

// States reads the states of products, in two round trips a server, and one more for a
// stream whose lag Redis does not tell. When a server does not answer it returns the error,
// and the states of the products that are on others. It fails, too, when no product is asked
// for and Redis does not answer.
func (i *Inspector) States(ctx context.Context, productIDs []int64) ([]Standing, error) {
	all := make([]Standing, len(productIDs))
	looks, err := i.lookAtGroups(ctx, productIDs, all)
	i.addDelays(ctx, looks, all)
	for n := range all {
		s, group := &all[n], looks[n].group(i.group)
		switch {
		case s.Err != nil:
		case group == nil: // all that there is waits for the group
			s.Lag = &s.Length
		default:
			s.Lag, _, s.Err = i.lag(ctx, s.ProductID, &looks[n], group)
		}
		if s.Err != nil {
			err = fmt.Errorf("inspect %d streams, one of product %d: %w", len(all), s.ProductID, s.Err)
		}
	}
	return all, err
}

// Resting returns the states of those of the products of whose streams all is done, in one
// round trip a server: without their consumers, which cost another. It returns nil for those
// of which there is more to be said, also that they cannot be looked at. They count as
// samples.
func (i *Inspector) Resting(ctx context.Context, productIDs []int64) []*State {
	all := make([]*State, len(productIDs))
	now, err := i.Now(ctx)
	if err != nil {
		return all
	}
	keys := make([]string, len(productIDs))
	for n, id := range productIDs {
		keys[n] = i.key(id)
	}
	looks := lookAt(ctx, i.client, keys...)
	for n, id := range productIDs {
		l := &looks[n]
		g := l.group(i.group)
		if l.err != nil || g == nil || g.Pending > 0 || !caughtUp(l, g) {
			continue
		}
		s := &State{
			ProductID: id, Stream: keys[n], Group: i.group, Length: l.stream.Length, LastID: l.stream.LastGeneratedID,
			LastDeliveredID: g.LastDeliveredID, Ahead: max(0, arrival(l.stream.LastGeneratedID).Sub(now)),
		}
		if s.Lag, _, err = i.lag(ctx, id, l, g); err == nil {
			s.EntriesPerSecond = i.rate(id, g)
			all[n] = s
		}
	}
	return all
}

// lookAtGroups fills in what one round trip tells, and returns what the rest is told by.
func (i *Inspector) lookAtGroups(ctx context.Context, productIDs []int64, all []Standing) ([]look, error) {
	pipe := i.client.Pipeline()
	streams, groups := make([]*redis.XInfoStreamCmd, len(all)), make([]*redis.XInfoGroupsCmd, len(all))
	pending, consumers := make([]*redis.XPendingCmd, len(all)), make([]*redis.XInfoConsumersCmd, len(all))
	for n, id := range productIDs {
		key := i.key(id)
		all[n].State = State{ProductID: id, Stream: key, Group: i.group, LastDeliveredID: "0-0"}
		streams[n], groups[n] = pipe.XInfoStream(ctx, key), pipe.XInfoGroups(ctx, key)
		pending[n], consumers[n] = pipe.XPending(ctx, key, i.group), pipe.XInfoConsumers(ctx, key, i.group)
	}
	clock := pipe.Time(ctx)
	_, execErr := pipe.Exec(ctx) // each command has its own error
	now, err := timeOf(clock.Result())
	looks := make([]look, len(all))
	for n := range all {
		l, s := lookOf(streams[n], groups[n], execErr), &all[n]
		if looks[n], s.Err = l, l.err; s.Err == nil {
			s.Err = err
		}
		if s.Err != nil || l.stream.LastGeneratedID == "" {
			continue
		}
		s.Length, s.LastID, s.Ahead = l.stream.Length, l.stream.LastGeneratedID, max(0, arrival(l.stream.LastGeneratedID).Sub(now))
		if group := l.group(i.group); group != nil {
			s.Pending, s.LastDeliveredID = group.Pending, group.LastDeliveredID
			s.Err = s.readDetail(pending[n], consumers[n], clock)
		}
	}
	return looks, err
}

// addDelays fills in the ages of the oldest undelivered entries, of the streams that have any.
func (i *Inspector) addDelays(ctx context.Context, looks []look, all []Standing) {
	pipe := i.client.Pipeline()
	first := make([]*redis.XMessageSliceCmd, len(all))
	clock := pipe.Time(ctx)
	for n := range all {
		s, group := &all[n], looks[n].group(i.group)
		if s.Err != nil || s.Length == 0 || group != nil && caughtUp(&looks[n], group) {
			continue
		}
		first[n] = pipe.XRangeN(ctx, s.Stream, "("+s.LastDeliveredID, "+", 1)
	}
	if pipe.Len() == 1 { // nobody waits
		return
	}
	_, _ = pipe.Exec(ctx) // each command has its own error
	for n := range all {
		if first[n] != nil {
			all[n].Err = all[n].readDelay(first[n], clock)
		}
	}
}
