package admission

import (
	"context"
	"fmt"
	"strconv"

	"github.com/redis/go-redis/v9"

	"seckill/internal/seckill"
	"seckill/internal/stream"
)

// Entry is an entry of a product's stream that the gate has written.
type Entry struct {
	StreamID string
	UserID   int64
}

// settlePage is how many entries one script takes, far below the most values that Lua
// unpacks (8,000).
const settlePage = 1000

// Settled tells the gate that entries are stored: they are in flight no longer. It is
// harmless for entries that the gate did not write, and twice.
func (g *Gate) Settled(ctx context.Context, productID int64, entries []Entry) error {
	k := keysOf(productID)
	for len(entries) > 0 {
		n := min(len(entries), settlePage)
		args := make([]any, 0, 2*n)
		for _, e := range entries[:n] {
			args = append(args, e.StreamID, e.UserID)
		}
		if err := done(0, int64(n), settleScript.Run(ctx, g.client, []string{k.inflight, k.waiting}, args...)); err != nil {
			return fmt.Errorf("settle %d entries of product %d at the gate: %w", n, productID, err)
		}
		entries = entries[n:]
	}
	return nil
}

// Waiting returns, of the given users, the stream ID of each one's latest admitted entry
// that is not stored yet; users who have none are absent.
func (g *Gate) Waiting(ctx context.Context, productID int64, users []int64) (map[int64]string, error) {
	if len(users) == 0 {
		return map[int64]string{}, nil
	}
	fields := make([]string, len(users))
	for i, u := range users {
		fields[i] = strconv.FormatInt(u, 10)
	}
	ids, err := g.client.HMGet(ctx, keysOf(productID).waiting, fields...).Result()
	r := stream.NewReading(ids, err, len(users))
	waiting := make(map[int64]string, len(users))
	for _, user := range users {
		if r.Absent() {
			_ = r.OptionalText()
			continue
		}
		waiting[user] = r.StreamID()
	}
	if err := r.Err(); err != nil {
		return nil, fmt.Errorf("read who waits for product %d: %w", productID, err)
	}
	return waiting, nil
}

// InFlight returns a page of the entries that have taken a unit and are not known to be
// settled, in no order, and where the next page begins; 0 begins, and is the end.
func (g *Gate) InFlight(ctx context.Context, productID int64, cursor uint64, count int) ([]Entry, uint64, error) {
	values, next, err := g.client.HScan(ctx, inflightKey(productID), cursor, "", int64(count)).Result()
	if err == nil && len(values)%2 != 0 {
		err = fmt.Errorf("%d fields and values: %w", len(values), stream.ErrReply)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("read what is in flight of product %d: %w", productID, err)
	}
	entries := make([]Entry, 0, len(values)/2)
	for i := 0; i < len(values); i += 2 {
		e, err := entryOf(values[i], values[i+1])
		if err != nil {
			return nil, 0, fmt.Errorf("read what is in flight of product %d: %w", productID, err)
		}
		entries = append(entries, e)
	}
	return entries, next, nil
}

// entryOf reads a field of what is in flight.
func entryOf(id, user string) (Entry, error) {
	_, err := seckill.ParseStreamID(id)
	userID, userErr := strconv.ParseInt(user, 10, 64)
	if err != nil || userErr != nil || userID < 1 {
		return Entry{}, fmt.Errorf("entry %.40q of user %.20q: %w", id, user, stream.ErrReply)
	}
	return Entry{StreamID: id, UserID: userID}, nil
}

// AllInFlight reads a gate together with all that is in flight, at one moment.
func (g *Gate) AllInFlight(ctx context.Context, productID int64) (State, []Entry, error) {
	k := keysOf(productID)
	var state *redis.Cmd
	var flying *redis.MapStringStringCmd
	_, err := g.client.TxPipelined(ctx, func(pipe redis.Pipeliner) error {
		state = pipe.Eval(ctx, readSource, []string{k.gate, k.inflight})
		flying = pipe.HGetAll(ctx, k.inflight)
		return nil
	})
	if redis.HasErrorPrefix(err, "OOM") || redis.HasErrorPrefix(err, "EXECABORT") {
		return g.allInFlightAtMaxmemory(ctx, k)
	}
	if err != nil {
		return State{}, nil, fmt.Errorf("read gate of product %d: %w", productID, err)
	}
	values, err := state.Slice()
	read, err := stateOf(productID, values, err)
	if err != nil {
		return State{}, nil, err
	}
	entries := make([]Entry, 0, len(flying.Val()))
	for id, user := range flying.Val() {
		e, err := entryOf(id, user)
		if err != nil {
			return State{}, nil, fmt.Errorf("read gate of product %d: %w", productID, err)
		}
		entries = append(entries, e)
	}
	if int64(len(entries)) != read.InFlight {
		return State{}, nil, fmt.Errorf("read gate of product %d: %d entries of %d in flight: %w",
			productID, len(entries), read.InFlight, stream.ErrReply)
	}
	return read, entries, nil
}

// allInFlightAtMaxmemory does the same by a script, since Redis then refuses to queue even
// the commands of a transaction that only reads. With many in flight that is slower.
func (g *Gate) allInFlightAtMaxmemory(ctx context.Context, k keys) (State, []Entry, error) {
	values, err := flyingScript.Run(ctx, g.client, []string{k.gate, k.inflight}).Slice()
	if err == nil && len(values) != stateValues+1 {
		err = fmt.Errorf("%d values: %w", len(values), stream.ErrReply)
	}
	if err != nil {
		return State{}, nil, fmt.Errorf("read gate of product %d: %w", k.productID, err)
	}
	state, err := stateOf(k.productID, values[:stateValues], nil)
	if err != nil {
		return State{}, nil, err
	}
	flying, _ := values[stateValues].([]any)
	entries := make([]Entry, 0, len(flying)/2)
	for i := 0; i+1 < len(flying); i += 2 {
		id, _ := flying[i].(string)
		user, _ := flying[i+1].(string)
		e, err := entryOf(id, user)
		if err != nil {
			return State{}, nil, fmt.Errorf("read gate of product %d: %w", k.productID, err)
		}
		entries = append(entries, e)
	}
	if int64(len(entries)) != state.InFlight {
		return State{}, nil, fmt.Errorf("read gate of product %d: %d entries of %d in flight: %w",
			k.productID, len(entries), state.InFlight, stream.ErrReply)
	}
	return state, entries, nil
}
