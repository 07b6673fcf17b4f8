package stream

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// restPage is how many entries one XRANGE returns.
const restPage = 1000

// Rest hands everything of a product's stream that the group may not have acknowledged
// to visit, oldest first, a page at a time: all from its oldest pending entry, or else
// from the last one delivered, to the end. The entries at the beginning may have been
// acknowledged.
func (i *Inspector) Rest(ctx context.Context, productID int64, visit func([]Entry)) error {
	key := i.key(productID)
	from, err := i.restFrom(ctx, key)
	if err != nil {
		return err
	}
	for {
		page, err := i.client.XRangeN(ctx, key, from, "+", restPage).Result()
		if err != nil {
			return fmt.Errorf("read the rest of %s: %w", key, err)
		}
		var b Batch
		b.add(page)
		visit(b.Entries)
		if len(page) < restPage {
			return nil
		}
		from = "(" + page[len(page)-1].ID
	}
}

// restFrom returns the ID below which everything is acknowledged.
func (i *Inspector) restFrom(ctx context.Context, key string) (string, error) {
	var state State
	group, err := i.groupInfo(ctx, key, &state)
	if err != nil || group == nil {
		return "-", err
	}
	from := parseID(group.LastDeliveredID)
	pending, err := i.client.XPending(ctx, key, i.group).Result()
	if err != nil {
		return "", fmt.Errorf("look at pending entries of %s: %w", key, err)
	}
	if pending.Count > 0 {
		from = lower(from, parseID(pending.Lower))
	}
	return from.String(), nil
}

// Gone returns those of the given entries that a product's stream holds no longer.
func (i *Inspector) Gone(ctx context.Context, productID int64, ids []string) ([]string, error) {
	key, pipe := i.key(productID), i.client.Pipeline()
	found := make([]*redis.XMessageSliceCmd, len(ids))
	for n, id := range ids {
		found[n] = pipe.XRange(ctx, key, id, id)
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, fmt.Errorf("look for %d entries of %s: %w", len(ids), key, err)
	}
	var gone []string
	for n, id := range ids {
		if len(found[n].Val()) == 0 {
			gone = append(gone, id)
		}
	}
	return gone, nil
}

// Now returns the time by Redis's clock.
func (i *Inspector) Now(ctx context.Context) (time.Time, error) {
	now, err := i.client.Time(ctx).Result()
	if err != nil {
		return time.Time{}, fmt.Errorf("read the clock of redis: %w", err)
	}
	return now, nil
}

// Backlog is how many entries of a stream wait to be settled, and how many have been
// delivered since the group began.
type Backlog struct {
	Waiting int64 // not delivered, or delivered and not acknowledged
	Done    int64 // delivered and acknowledged
}

// Backlogs reads the backlogs of products, in one round trip a server.
func (i *Inspector) Backlogs(ctx context.Context, productIDs []int64) ([]Backlog, error) {
	pipe := i.client.Pipeline()
	groups, lengths := make([]*redis.XInfoGroupsCmd, len(productIDs)), make([]*redis.IntCmd, len(productIDs))
	for n, id := range productIDs {
		groups[n], lengths[n] = pipe.XInfoGroups(ctx, i.key(id)), pipe.XLen(ctx, i.key(id))
	}
	if _, err := pipe.Exec(ctx); err != nil && !isNoKey(err) {
		return nil, fmt.Errorf("read %d backlogs: %w", len(productIDs), err)
	}
	backlogs := make([]Backlog, len(productIDs))
	for n := range productIDs {
		backlogs[n] = Backlog{Waiting: lengths[n].Val()} // of a stream without our group
		for _, g := range groups[n].Val() {
			if g.Name == i.group {
				lag := max(g.Lag, 0) // -1 when Redis cannot tell
				backlogs[n] = Backlog{Waiting: lag + g.Pending, Done: g.EntriesRead - g.Pending}
			}
		}
	}
	return backlogs, nil
}

// Runs returns, for each product, which run of which Redis server serves its stream: it
// changes when the server is started again and when another takes over. It is "" where
// the server does not tell.
func (i *Inspector) Runs(ctx context.Context, productIDs []int64) ([]string, error) {
	runs, known := make([]string, len(productIDs)), map[redis.Cmdable]string{}
	for n, id := range productIDs {
		server, err := i.server(ctx, id)
		if err != nil {
			return nil, err
		}
		run, asked := known[server]
		if !asked {
			if run, err = runOf(ctx, server); err != nil {
				i.reload(ctx)
				return nil, err
			}
			known[server] = run
		}
		runs[n] = run
	}
	return runs, nil
}

// server returns the client of the server that a product's stream is on.
func (i *Inspector) server(ctx context.Context, productID int64) (redis.Cmdable, error) {
	cluster, ok := i.client.(*redis.ClusterClient)
	if !ok {
		return i.client, nil
	}
	server, err := cluster.MasterForKey(ctx, i.key(productID))
	if err != nil {
		return nil, fmt.Errorf("find the server of product %d: %w", productID, err)
	}
	return server, nil
}

// reload has the client look anew who serves what: a server that was asked in person and
// does not answer may have been replaced.
func (i *Inspector) reload(ctx context.Context) {
	if cluster, ok := i.client.(*redis.ClusterClient); ok {
		cluster.ReloadState(ctx)
	}
}

func runOf(ctx context.Context, server redis.Cmdable) (string, error) {
	info, err := server.Info(ctx, "server").Result()
	if err != nil && strings.Contains(err.Error(), "is not supported") { // miniredis
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("ask a server for its run: %w", err)
	}
	for line := range strings.Lines(info) {
		if run, found := strings.CutPrefix(line, "run_id:"); found {
			return strings.TrimSpace(run), nil
		}
	}
	return "", nil
}
