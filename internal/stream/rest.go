package stream

import (
	"context"
	"errors"
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
	last := ""
	for {
		page, err := i.client.XRangeN(ctx, key, from, "+", restPage).Result()
		if err != nil {
			return fmt.Errorf("read the rest of %s: %w", key, err)
		}
		var b Batch
		b.add(page)
		if len(b.Lost) > 0 {
			err = fmt.Errorf("an entry without fields: %w", ErrReply)
		}
		for _, e := range b.Entries {
			err = errors.Join(err, checkIDs(last, e.ID))
			last = e.ID
		}
		if err != nil {
			return fmt.Errorf("read the rest of %s: %w", key, err)
		}
		visit(b.Entries)
		if len(page) < restPage {
			return nil
		}
		from = "(" + last
	}
}

// restFrom returns the ID below which everything is acknowledged.
func (i *Inspector) restFrom(ctx context.Context, key string) (string, error) {
	l := lookAt(ctx, i.client, key)[0]
	if l.err != nil {
		return "", fmt.Errorf("inspect %s: %w", key, l.err)
	}
	group := l.group(i.group)
	if group == nil {
		return "-", nil
	}
	from := parseID(group.LastDeliveredID)
	pending, err := pendingOf(ctx, i.client, key, i.group)
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
		switch messages, err := found[n].Result(); {
		case err != nil:
			return nil, fmt.Errorf("look for entry %s of %s: %w", id, key, err)
		case len(messages) == 0:
			gone = append(gone, id)
		case len(messages) > 1 || messages[0].ID != id:
			return nil, fmt.Errorf("look for entry %s of %s: %w", id, key, ErrReply)
		}
	}
	return gone, nil
}

// Now returns the time by Redis's clock.
func (i *Inspector) Now(ctx context.Context) (time.Time, error) {
	return timeOf(i.client.Time(ctx).Result())
}

// Backlog is how many entries of a stream wait to be settled, and how many have been
// delivered since the group began.
type Backlog struct {
	Waiting int64 // not delivered, or delivered and not acknowledged
	Done    int64 // delivered and acknowledged
	Err     error // the server has not answered; the rest is unknown
}

// Backlogs reads the backlogs of products, in one round trip a server. When a server does
// not answer it returns the error, and the backlogs of the products that are on others.
func (i *Inspector) Backlogs(ctx context.Context, productIDs []int64) ([]Backlog, error) {
	keys := make([]string, len(productIDs))
	for n, id := range productIDs {
		keys[n] = i.key(id)
	}
	var err error
	backlogs := make([]Backlog, len(productIDs))
	for n, l := range lookAt(ctx, i.client, keys...) {
		if backlogs[n] = i.backlog(ctx, productIDs[n], &l); backlogs[n].Err != nil {
			err = fmt.Errorf("read %d backlogs, one of product %d: %w", len(productIDs), productIDs[n], backlogs[n].Err)
		}
	}
	return backlogs, err
}

func (i *Inspector) backlog(ctx context.Context, productID int64, l *look) Backlog {
	if l.err != nil {
		return Backlog{Err: l.err}
	}
	g := l.group(i.group)
	if g == nil {
		return Backlog{Waiting: l.stream.Length} // of a stream without our group
	}
	_, least, err := i.lag(ctx, productID, l, g)
	if err != nil {
		return Backlog{Err: err}
	}
	return Backlog{Waiting: least + g.Pending, Done: g.EntriesRead - g.Pending}
}

// Run is the run of a Redis server: another one when the server is started again.
type Run struct {
	ID string // "" where the server does not tell
	// Lapses is how often, where the server does not tell, any server turned out to be
	// perhaps another one. Who has seen more of it than before has to compare what the
	// server knows.
	Lapses int64
	Err    error // the server has not answered
}

// runSource asks the server that serves KEYS[1] for its run. KEYS[2] never exists: while
// a slot moves, Redis refuses (TRYAGAIN) a script of several keys unless all of them are
// there, so that no answer comes from a server that does not serve the whole slot. A
// client's own picture of the cluster will not do. It is older than that of other
// replicas after a move, and each would open the gate for the server that it believes in.
const runSource = `
local info = redis.pcall('INFO', 'server')
return 'run ' .. (type(info) == 'string' and string.match(info, 'run_id:(%w+)') or '')`

// runOf reads the answer of the script, which a word before it tells from any other text.
func runOf(answer string, err error) Run {
	id, found := strings.CutPrefix(answer, "run ")
	if err == nil && !found {
		err = fmt.Errorf("run %.40q: %w", answer, ErrReply)
	}
	if err != nil {
		return Run{Err: err}
	}
	return Run{ID: id}
}

// Runs returns, for each product, which run of which Redis server serves its stream: it
// changes when the server is started again, when another takes over, and when the slot
// moves. When a server does not answer it returns the error, and the runs of the
// products that are on others.
func (i *Inspector) Runs(ctx context.Context, productIDs []int64) ([]Run, error) {
	asked := productIDs
	_, cluster := i.client.(*redis.ClusterClient)
	if !cluster {
		asked = productIDs[:min(1, len(productIDs))] // one server serves them all
	}
	pipe := i.client.Pipeline()
	replies := make([]*redis.Cmd, len(asked))
	for n, id := range asked {
		key := i.key(id)
		replies[n] = pipe.Eval(ctx, runSource, []string{key, "{" + key + "}:none"})
	}
	_, err := pipe.Exec(ctx)
	if err != nil {
		err = fmt.Errorf("ask for the servers of %d products: %w", len(productIDs), err)
	}
	runs := make([]Run, len(productIDs))
	for n := range runs {
		runs[n] = runOf(replies[min(n, len(replies)-1)].Text())
	}
	i.addLapses(ctx, asked, runs)
	if !cluster && len(asked) == 1 && runs[0].Err == nil && i.runs.observe(runs[0].ID, i.now()) {
		for n := range runs {
			runs[n].Err = ErrSeveral
		}
		return runs, ErrSeveral
	}
	return runs, err
}

// addLapses fills in the lapses of runs that are not told; asked are the first products of
// runs, and stand for the others.
func (i *Inspector) addLapses(ctx context.Context, asked []int64, runs []Run) {
	var keys []string
	for n, id := range asked {
		if runs[n].ID == "" && runs[n].Err == nil {
			keys = append(keys, i.key(id))
		}
	}
	if len(keys) == 0 {
		return
	}
	lapses, err := i.memory.lapse(ctx, i.client, keys)
	for n := range runs {
		if runs[n].ID == "" && runs[n].Err == nil {
			runs[n].Lapses, runs[n].Err = lapses, err
		}
	}
}
