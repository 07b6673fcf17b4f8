package stream

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// pendingPage is how many pending entries one XPENDING asks for.
const pendingPage = 10_000

// State is how far the group of one product's stream is.
type State struct {
	ProductID        int64
	Stream           string
	Group            string
	Length           int64          // entries in the stream, consumed ones included
	LastID           string         // of the last entry that was ever added, "" of no stream
	Ahead            time.Duration  // of LastID before Redis's clock, 0 when it is not
	Lag              *int64         // entries not yet delivered; nil when Redis cannot tell
	Delay            time.Duration  // since the oldest entry that is not yet delivered arrived, 0 when there is none
	Pending          int64          // delivered and not acknowledged
	OldestPending    *time.Duration // since the oldest pending entry arrived; nil when none is pending
	LastDeliveredID  string
	EntriesPerSecond float64 // deliveries between the last two samples, all replicas together
	Consumers        []ConsumerState
}

// Exhausted reports whether the stream can take no entry any more.
func (s *State) Exhausted() bool { return s.LastID == lastPossibleID }

// lastPossibleID is the highest ID that there is; Redis adds no entry after it.
const lastPossibleID = "18446744073709551615-18446744073709551615"

// ConsumerState is one consumer of a group.
type ConsumerState struct {
	Name    string
	Pending int64
	Idle    time.Duration // since its last command
}

// PendingEntry is an entry that was delivered and not acknowledged.
type PendingEntry struct {
	StreamID   string
	Consumer   string
	Idle       time.Duration // since its last delivery
	Deliveries int64
}

// Inspector answers how far the groups are. It is safe for concurrent use.
type Inspector struct {
	client redis.UniversalClient
	group  string
	key    func(productID int64) string
	now    func() time.Time
	runs   runHistory
	memory *memory
	apart  atomic.Bool // no command names several streams

	mu     sync.Mutex
	rates  map[int64]rate
	faults map[int64]lagFault
}

// rate is what two samples of a group say about its speed.
type rate struct {
	at        time.Time
	read      int64
	perSecond float64
}

// NewInspector makes an inspector of the given group; key names a product's stream.
func NewInspector(client redis.UniversalClient, group string, key func(productID int64) string) *Inspector {
	i := &Inspector{
		client: client, group: group, key: key, now: time.Now, memory: newMemory(),
		rates: map[int64]rate{}, faults: map[int64]lagFault{},
	}
	_, cluster := client.(*redis.ClusterClient)
	i.apart.Store(cluster)
	return i
}

// State asks Redis for the state of a product's stream. A stream or a group that
// does not exist yet is a State of zeros.
func (i *Inspector) State(ctx context.Context, productID int64) (State, error) {
	state, _, err := i.inspect(ctx, productID)
	return state, err
}

// Sample is State, and besides remembers how much was read, from which the rate
// of the following calls comes. One background role calls it at regular times.
func (i *Inspector) Sample(ctx context.Context, productID int64) (State, error) {
	state, group, err := i.inspect(ctx, productID)
	if err != nil || group == nil {
		return state, err
	}
	state.EntriesPerSecond = i.rate(productID, group)
	return state, nil
}

// rate remembers how much a group has read, and returns how many entries a second that is
// since it was asked last.
func (i *Inspector) rate(productID int64, group *redis.XInfoGroup) float64 {
	i.mu.Lock()
	defer i.mu.Unlock()
	now, last := i.now(), i.rates[productID]
	next := rate{at: now, read: group.EntriesRead}
	if seconds := now.Sub(last.at).Seconds(); !last.at.IsZero() && seconds > 0 && next.read >= last.read {
		next.perSecond = float64(next.read-last.read) / seconds
	}
	i.rates[productID] = next
	return next.perSecond
}

// inspect returns the state, and the group that it is of, nil when there is none.
func (i *Inspector) inspect(ctx context.Context, productID int64) (State, *redis.XInfoGroup, error) {
	key := i.key(productID)
	state := State{ProductID: productID, Stream: key, Group: i.group, LastDeliveredID: "0-0"}
	l := lookAt(ctx, i.client, key)[0]
	if l.err != nil {
		return state, nil, fmt.Errorf("inspect %s: %w", key, l.err)
	}
	state.Length, state.LastID = l.stream.Length, l.stream.LastGeneratedID
	if l.stream.LastGeneratedID != "" {
		now, err := i.Now(ctx)
		if err != nil {
			return state, nil, err
		}
		state.Ahead = max(0, arrival(state.LastID).Sub(now))
	}
	group := l.group(i.group)
	if group == nil { // nobody has read anything
		return state, nil, i.addDelay(ctx, &state, "-")
	}
	state.Pending, state.LastDeliveredID = group.Pending, group.LastDeliveredID
	err := i.addDetail(ctx, &state)
	if err == nil && !caughtUp(&l, group) {
		err = i.addDelay(ctx, &state, "("+state.LastDeliveredID)
	}
	if err == nil {
		state.Lag, _, err = i.lag(ctx, productID, &l, group)
	}
	if err != nil {
		return state, nil, err
	}
	i.mu.Lock()
	state.EntriesPerSecond = i.rates[productID].perSecond
	i.mu.Unlock()
	return state, group, nil
}

// addDetail fills in the oldest pending entry and the consumers.
func (i *Inspector) addDetail(ctx context.Context, state *State) error {
	pipe := i.client.Pipeline()
	summary := pipe.XPending(ctx, state.Stream, i.group)
	consumers := pipe.XInfoConsumers(ctx, state.Stream, i.group)
	clock := pipe.Time(ctx)
	_, _ = pipe.Exec(ctx) // each command has its own error
	return wrap(state.readDetail(summary, consumers, clock), "inspect group of %s", state.Stream)
}

// readDetail fills in what the commands tell of the oldest pending entry and the consumers.
func (s *State) readDetail(summary *redis.XPendingCmd, consumers *redis.XInfoConsumersCmd, clock *redis.TimeCmd) error {
	for _, err := range []error{summary.Err(), consumers.Err()} {
		if err != nil && !isNoGroup(err) {
			return err
		}
	}
	now, err := timeOf(clock.Result())
	for _, c := range consumers.Val() {
		err = cmp.Or(err, Within(0, mostEntries, c.Pending), Within(0, math.MaxInt64, int64(c.Idle)))
		s.Consumers = append(s.Consumers, ConsumerState{Name: c.Name, Pending: c.Pending, Idle: c.Idle})
	}
	p := summary.Val()
	if p != nil {
		err = cmp.Or(err, checkPending(p))
	}
	if err == nil && p != nil && p.Count > 0 {
		age := max(0, now.Sub(arrival(p.Lower)))
		s.OldestPending = &age
	}
	return err
}

// addDelay fills in the age of the first entry from the given ID on.
func (i *Inspector) addDelay(ctx context.Context, state *State, from string) error {
	if state.Length == 0 {
		return nil
	}
	pipe := i.client.Pipeline()
	first, clock := pipe.XRangeN(ctx, state.Stream, from, "+", 1), pipe.Time(ctx)
	_, _ = pipe.Exec(ctx) // each command has its own error
	return wrap(state.readDelay(first, clock), "look for the oldest undelivered entry of %s", state.Stream)
}

// readDelay fills in the age of the first entry that is not delivered.
func (s *State) readDelay(first *redis.XMessageSliceCmd, clock *redis.TimeCmd) error {
	now, err := timeOf(clock.Result())
	err = errors.Join(first.Err(), err)
	for _, e := range first.Val() {
		if err == nil {
			err = checkIDs("", e.ID)
		}
		if err == nil {
			s.Delay = max(0, now.Sub(arrival(e.ID)))
		}
	}
	return err
}

// Pending lists up to limit pending entries with IDs below before ("" for all),
// newest first. Redis lists them from the oldest only, so the whole list up to
// before is walked, a page at a time.
func (i *Inspector) Pending(ctx context.Context, productID int64, before string, limit int) ([]PendingEntry, error) {
	end := "+"
	if before != "" {
		end = "(" + before
	}
	var newest []redis.XPendingExt
	err := i.eachPending(ctx, i.key(productID), end, func(page []redis.XPendingExt) {
		newest = append(newest, page...)
		newest = newest[max(0, len(newest)-limit):]
	})
	if err != nil && !isNoGroup(err) {
		return nil, err
	}
	return reversed(newest), nil
}

// eachPending hands what is pending in the group up to end to visit, oldest first, a page at
// a time.
func (i *Inspector) eachPending(ctx context.Context, key, end string, visit func([]redis.XPendingExt)) error {
	start, last := "-", ""
	for {
		page, err := i.client.XPendingExt(ctx, &redis.XPendingExtArgs{
			Stream: key, Group: i.group, Start: start, End: end, Count: pendingPage,
		}).Result()
		for _, e := range page {
			err = cmp.Or(err, checkIDs(last, e.ID), Within(0, math.MaxInt64, int64(e.Idle), e.RetryCount))
			last = e.ID
		}
		if err != nil {
			return fmt.Errorf("list pending entries of %s: %w", key, err)
		}
		visit(page)
		if len(page) < pendingPage {
			return nil
		}
		start = "(" + last
	}
}

func reversed(in []redis.XPendingExt) []PendingEntry {
	out := make([]PendingEntry, 0, len(in))
	for _, e := range slices.Backward(in) {
		out = append(out, PendingEntry{StreamID: e.ID, Consumer: e.Consumer, Idle: e.Idle, Deliveries: e.RetryCount})
	}
	return out
}

// isNoGroup reports that a group does not exist, or not even its stream.
func isNoGroup(err error) bool { return IsNoGroup(err) || isNoKey(err) }

// isNoKey reports that a stream does not exist. An answer that is nil does not say so: to
// none of the commands here is it one.
func isNoKey(err error) bool { return strings.Contains(err.Error(), "no such key") }
