package stream_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/internal/stream"
)

// isOutage reports whether an error is one of the servers to the whole program: nothing that
// an entry, a request or a product has caused.
func isOutage(err error) bool {
	known, ok := errors.AsType[*seckill.Error](err)
	return (!ok || known.Code == seckill.CodeUnavailable) && (stream.Away(err) || stream.Refused(err))
}

// liedTo is what the calls of the table are made with.
type liedTo struct {
	ctx     context.Context //nolint:containedctx // of the test
	direct  *redis.Client   // past the liar
	clients *stream.Clients
	pings   *stream.Clients // by the same connections, but what they note is kept elsewhere
	streams *stream.Inspector
	reader  *stream.Reader
}

// scene writes entries 1-0 … 6-0, of which the group has been given the first four and has
// acknowledged two: 3-0 is pending, as is 4-0, which is deleted. Another group is done.
func (l *liedTo) scene() error {
	pipe := l.direct.Pipeline()
	pipe.FlushAll(l.ctx)
	for i := 1; i <= 6; i++ {
		pipe.XAdd(l.ctx, &redis.XAddArgs{Stream: key, ID: fmt.Sprintf("%d-0", i), Values: []string{"uid", fmt.Sprint(i)}})
	}
	for group, given := range map[string]int64{"g1": 4, "other": 6} {
		pipe.XGroupCreate(l.ctx, key, group, "0")
		pipe.XReadGroup(l.ctx, &redis.XReadGroupArgs{Group: group, Consumer: "a", Streams: []string{key, ">"}, Count: given, Block: -1})
	}
	pipe.XAck(l.ctx, key, "g1", "1-0", "2-0")
	pipe.XAck(l.ctx, key, "other", "1-0", "2-0", "3-0", "4-0", "5-0", "6-0")
	pipe.XGroupCreateConsumer(l.ctx, key, "g1", "idle")
	pipe.XDel(l.ctx, key, "4-0")
	pipe.HSet(l.ctx, "{"+key+"}:stored", "a", "2-0")
	_, err := pipe.Exec(l.ctx)
	return err
}

// call makes a row of the table.
func (l *liedTo) call(name string, do func() error, may believes) servertest.LiedTo {
	return servertest.LiedTo{Name: name, Believes: may, Do: func() error {
		if err := l.scene(); err != nil {
			return fmt.Errorf("set up: %v", err) //nolint:errorlint // never an outage
		}
		return do()
	}}
}

// bounds is an error unless all holds.
func bounds(holds bool, format string, args ...any) error {
	if holds {
		return nil
	}
	return fmt.Errorf("out of bounds: "+format, args...)
}

// there are the entries that the stream really has.
func (l *liedTo) there() []string {
	var ids []string
	for _, m := range l.direct.XRange(l.ctx, key, "-", "+").Val() {
		ids = append(ids, m.ID)
	}
	return ids
}

// rising reports whether ids are those of entries, in order.
func rising(ids ...string) bool {
	last := seckill.StreamID{}
	for _, id := range ids {
		next, err := seckill.ParseStreamID(id)
		if err != nil || next.Compare(last) <= 0 {
			return false
		}
		last = next
	}
	return true
}

// inBounds checks what a reader has been given: what is lost is lost indeed.
func (l *liedTo) inBounds(b stream.Batch, most int) error {
	for _, e := range b.Entries {
		if len(e.Fields) == 0 {
			return bounds(false, "%+v", b)
		}
	}
	for _, id := range b.Lost {
		if slices.Contains(l.there(), id) {
			return bounds(false, "%s is there, not lost", id)
		}
	}
	return bounds(rising(ids(b)...) && rising(b.Lost...) && len(b.Entries)+len(b.Lost) <= most, "%+v", b)
}

// What the commands may be believed.
var (
	// noGroup says that there is no group, or no stream.
	noGroup = []string{"error NOGROUP No such key or consumer group", "error UNBLOCKED the stream key no longer exists"}
	// nothing at all is in a list, a hash, or what was read.
	noEntry  = []string{"an empty list"}
	noField  = []string{"an empty list", "an empty map"}
	noneRead = []string{"nil", "nil of a list", "nil of RESP3", "an empty list", "an empty map", "a list of nil", "a list of two nils"}
	// Of one thing none or one is done.
	oneDone   = []string{"one"}
	noneOrOne = []string{"zero", "one"}
	// aStatus is OK.
	aStatus = []string{"a status", "an attribute"}
	// neverUsed says of a stream that it never had an entry, which only its groups belie.
	neverUsed = []string{"an empty list", "an empty map", "a map", "a set", "a list of numbers", "a long list"}
)

// believes are the lies that may be believed, by command.
type believes = map[string][]string

// readerCalls are the calls of a consumer.
func (l *liedTo) readerCalls() []servertest.LiedTo {
	r, ctx := l.reader, l.ctx
	return []servertest.LiedTo{
		l.call("Reader.Join", func() error { return r.Join(ctx) }, believes{"xpending": noGroup}),
		l.call("Reader.Read", func() error {
			b, err := r.Read(ctx, 10, time.Millisecond)
			return errors.Join(err, l.inBounds(b, 10))
		}, believes{"xreadgroup": noneRead}),
		l.call("Reader.ReadOwnPending", func() error {
			b, err := r.ReadOwnPending(ctx, "0", 10)
			return errors.Join(err, l.inBounds(b, 10))
		}, believes{"xreadgroup": noneRead, "xrange": noEntry}),
		l.call("Reader.Claim", func() error {
			b, next, err := r.Claim(ctx, "0-0", 0, 10)
			return errors.Join(err, l.inBounds(b, 10), bounds(err != nil || next == "0-0" || rising(strings.TrimPrefix(next, "(")), "next %q", next))
		}, believes{"xrange": noEntry}),
		l.call("Reader.Ack", func() error { return r.Ack(ctx, []string{"3-0", "4-0"}, "3-0") }, believes{"hset": append([]string{"error OOM command not allowed when used memory > 'maxmemory'."}, noneOrOne...), "xack": noneOrOne}),
		l.call("Reader.Stored", func() error {
			ids, err := r.Stored(ctx)
			return errors.Join(err, bounds(rising(ids...), "%v", ids))
		}, believes{"hgetall": noField}),
		l.call("Reader.Behind", func() error { _, err := r.Behind(ctx); return err }, believes{"hgetall": noField}),
		l.call("Reader.DeleteIdleConsumers", func() error {
			gone, err := r.DeleteIdleConsumers(ctx, 0)
			return errors.Join(err, bounds(len(gone) <= 3, "%v", gone))
		}, believes{"xinfo": slices.Concat(noGroup, noEntry), "evalsha": noneOrOne}),
	}
}

// clientCalls are those of the clients themselves, and of what watches the servers.
func (l *liedTo) clientCalls() []servertest.LiedTo {
	ctx, commands := l.ctx, l.clients.Blocking // which repeats nothing
	return []servertest.LiedTo{
		l.call("Clients.Now", func() error { now, err := l.clients.Now(ctx); return errors.Join(err, isNow(now, err)) }, nil),
		l.call("Clients.Push", func() error { return l.clients.Push(ctx, key, "uid", 1) }, nil),
		l.call("Clients.Ping", func() error {
			return l.pings.Ping(ctx)
		}, believes{"hello": {"*"}}), // a proxy does not know it
		l.call("Clients.Facts", func() error {
			f := l.clients.Facts(ctx)[0]
			now := time.Now().Add(f.Clock)
			return errors.Join(f.Err, isNow(now, f.Err), bounds(f.Latency >= 0, "%+v", f))
		}, believes{ // what a server says of itself is weighed by those who read it
			"hello": {"*"}, "info": {"*"}, "config": {"*"}, "set": {"*"}, "eval": {"*"},
		}),
		l.call("Clients.Usage", func() error {
			all, err := l.clients.Usage(ctx)
			return errors.Join(err, bounds(err != nil || len(all) == 1 && all[0].Used > 0 && all[0].Limit >= 0, "%+v", all))
		}, nil),
		l.call("WriteCheck.Run", func() error { return stream.NewWriteCheck(commands, nothing).Run(ctx) }, believes{"set": aStatus}),
		l.call("Eviction.Read", func() error {
			l.direct.ConfigSet(ctx, "maxmemory", "1gb")
			l.direct.ConfigSet(ctx, "maxmemory-policy", "volatile-lru")
			e := stream.NewEviction(commands)
			e.Read(ctx)
			e.Read(ctx)
			return bounds(e.Policy() == "volatile-lru", "%q", e.Policy())
		}, believes{"info": {"*"}}), /* it keeps what it knows */
		l.call("Clutters", func() error {
			all, err := stream.Clutters(ctx, commands, "g1", []string{key}, time.Hour)
			if err == nil {
				err = errors.Join(all[0].Err, bounds(all[0].Err != nil || all[0].Consumers >= 0, "%+v", all))
			}
			return err
		}, believes{"xinfo": noEntry}),
		l.call("Trim", func() error {
			trimmed, err := stream.Trim(ctx, commands, key, time.Hour)
			needed := []string{"3-0", "5-0", "6-0"}
			there := l.there()
			return errors.Join(err,
				bounds(slices.Equal(there[max(0, len(there)-3):], needed), "%v is left, %v is needed", there, needed),
				bounds(trimmed.Removed >= 0 && trimmed.Removed <= 1_000_000, "%+v", trimmed))
		}, believes{"xinfo": noEntry, "xrange": noEntry, "xtrim": noneOrOne}),
	}
}

// isNow fails unless a time is one that a Redis with streams can have.
func isNow(now time.Time, err error) error {
	return bounds(err != nil || now.Year() >= 2018 && now.Year() < 10_000, "now %v", now)
}

// stateInBounds checks a state.
func stateInBounds(s stream.State, err error) error {
	if err != nil {
		return err
	}
	return bounds(s.Length >= 0 && s.Pending >= 0 && (s.Lag == nil || *s.Lag >= 0) && s.EntriesPerSecond >= 0 && s.Ahead >= 0, "%+v", s)
}

// inspectorCalls are the calls of those who look at streams.
func (l *liedTo) inspectorCalls() []servertest.LiedTo {
	i, ctx, one := l.streams, l.ctx, []int64{1}
	return []servertest.LiedTo{
		l.call("Inspector.Now", func() error { now, err := i.Now(ctx); return errors.Join(err, isNow(now, err)) }, nil),
		l.call("Inspector.NowFor", func() error { now, err := i.NowFor(ctx, 1); return errors.Join(err, isNow(now, err)) }, believes{"xinfo": noEntry}),
		l.call("Inspector.State", func() error { return stateInBounds(i.State(ctx, 1)) }, believes{"xinfo": slices.Concat(noGroup, noEntry), "xpending": noGroup, "xrange": noEntry}),
		l.call("Inspector.States", func() error {
			all, err := i.States(ctx, one)
			return errors.Join(err, all[0].Err, stateInBounds(all[0].State, all[0].Err))
		}, believes{"xinfo": slices.Concat(noGroup, noEntry), "xpending": noGroup, "xrange": noEntry}),
		l.call("Inspector.Sample", func() error { return stateInBounds(i.Sample(ctx, 1)) }, believes{"xinfo": slices.Concat(noGroup, noEntry), "xpending": noGroup, "xrange": noEntry}),
		l.call("Inspector.Facts", func() error {
			f, err := i.Facts(ctx, 1)
			return stateInBounds(f.State, err)
		}, believes{"xinfo": slices.Concat(noGroup, noEntry), "xpending": noGroup, "xrange": noEntry}),
		l.call("Inspector.ForeignHolds", func() error {
			holds, err := i.ForeignHolds(ctx, one, time.Hour)
			return errors.Join(err, bounds(len(holds) <= 1, "%+v", holds))
		}, believes{"xinfo": slices.Concat(noGroup, noEntry), "xpending": noEntry, "xrange": noEntry}),
		l.call("Inspector.Pending", func() error {
			pending, err := i.Pending(ctx, 1, "", 10)
			if len(pending) > 0 {
				slices.Reverse(pending)
			}
			var ids []string
			for _, e := range pending {
				ids = append(ids, e.StreamID)
				err = errors.Join(err, bounds(e.Idle >= 0 && e.Deliveries >= 0, "%+v", e))
			}
			return errors.Join(err, bounds(rising(ids...), "%v", ids))
		}, believes{"xpending": slices.Concat(noGroup, noEntry)}),
		l.call("Inspector.Leftovers", func() error {
			left := i.Leftovers(ctx, one)[0]
			return errors.Join(left.Err, bounds(left.Err != nil || left.LastID == "" || rising(left.LastID), "%+v", left))
		}, believes{"xinfo": noEntry}),
		l.call("Inspector.LastIDs", func() error {
			left := i.LastIDs(ctx, one)[0]
			return errors.Join(left.Err, bounds(left.Err != nil || left.LastID == "" || rising(left.LastID), "%+v", left))
		}, believes{"xinfo": neverUsed}),
		l.call("Inspector.Resting", func() error {
			rests := stream.NewInspector(l.clients.Blocking, "other", seckill.StreamKey).Resting(ctx, one)[0]
			if rests == nil {
				return stream.ErrReply
			}
			return stateInBounds(*rests, nil)
		}, nil),
		l.call("Inspector.Arrivals", func() error {
			fresh := stream.NewInspector(l.clients.Commands, "g1", seckill.StreamKey) // which has been refused nothing
			return fresh.Arrivals(ctx, []stream.Place{{ProductID: 1, Delivered: "4-0"}})[0].Err
		},
			believes{"xrange": noEntry, "xread": {"*"}}),
		l.call("Inspector.Groups", func() error {
			g := i.Groups(ctx, one, time.Hour)[0]
			return errors.Join(g.Err, bounds(g.Err != nil || !g.Joined || g.Delivered == "0-0" || rising(g.Delivered), "%+v", g))
		}, believes{"xinfo": noEntry, "xrange": noEntry, "xpending": noEntry}),
		l.call("Inspector.Join", func() error { return i.Join(ctx, one)[0] }, believes{"xgroup": append([]string{"error BUSYGROUP Consumer Group name already exists"}, aStatus...)}),
		l.call("Inspector.BeginReread", func() error { return i.BeginReread(ctx, 1, stream.Reread{From: "2-0", Until: "4-0", Found: 3}) }, believes{"evalsha": oneDone}),
		l.call("Inspector.Rereading", func() error {
			if err := l.rereads(); err != nil {
				return err
			}
			r, _, err := i.Rereading(ctx, 1)
			return errors.Join(err, bounds(err != nil || r == nil || (r.From == "" || rising(r.From)) && rising(r.Until) && r.Found >= 0 && r.Lost >= 0, "%+v", r))
		}, believes{"hgetall": append([]string{"/1 an empty text"}, noField...), "xinfo": noEntry, "xrange": noEntry, "xpending": noGroup}),
		l.call("Inspector.EndReread", func() error { return i.EndReread(ctx, 1) }, believes{"del": noneOrOne}),
		l.call("Inspector.Rest", func() error {
			var rest []string
			err := i.Rest(ctx, 1, func(entries []stream.Entry) { rest = append(rest, ids(stream.Batch{Entries: entries})...) })
			return errors.Join(err, bounds(rising(rest...), "%v", rest))
		}, believes{"xinfo": noEntry, "xrange": noEntry}),
		l.call("Inspector.Gone", func() error {
			gone, err := i.Gone(ctx, 1, []string{"3-0", "4-0"})
			return errors.Join(err, bounds(len(gone) <= 2, "%v", gone))
		}, believes{"xrange": noEntry}),
		l.call("Inspector.Backlogs", func() error {
			b, err := i.Backlogs(ctx, one)
			return errors.Join(err, bounds(b[0].Waiting >= 0 && b[0].Waiting < 1<<50, "%+v", b))
		}, believes{"xinfo": noEntry, "xrange": noEntry}),
		l.call("Inspector.Runs", func() error {
			runs, err := i.Runs(ctx, one)
			return errors.Join(err, runs[0].Err, bounds(len(runs) == 1 && runs[0].ID != "nonsense", "%+v", runs))
		}, nil),
		l.call("Inspector.Marks", func() error {
			m, err := i.Marks(ctx, one)
			return errors.Join(err, m[0].Err, bounds(err != nil || rising(m[0].Stored...), "%+v", m))
		}, believes{"hgetall": noField, "exists": noneOrOne}),
		l.call("Inspector.Walk", func() error {
			var all []string
			w, err := i.Walk(ctx, 1, func(given, others []string) error { all = append(append(all, given...), others...); return nil })
			return errors.Join(err, bounds(rising(all...), "%v", all), bounds(err != nil || w.Removed >= 0 && (w.Delivered == "0-0" || rising(w.Delivered)), "%+v", w))
		}, believes{"xinfo": noEntry, "xpending": noEntry, "hgetall": noField, "xrange": noEntry}),
	}
}

// secondsCalls are the calls of those who count what happens in each second.
func (l *liedTo) secondsCalls() []servertest.LiedTo {
	s, ctx := stream.NewSeconds(l.clients.Blocking, seckill.StreamKey), l.ctx
	const second = 1_800_000_000
	count := stream.SecondCount{ProductID: 1, Second: second, Mark: "a", Names: []string{"admitted"}, Numbers: []int64{3}}
	asked := []stream.SecondAsked{{ProductID: 1, Second: second}}
	counted := func() error { return l.direct.HSet(ctx, "{"+key+"}:live:30000000", "0:admitted", 3, "=a", 1).Err() }
	return []servertest.LiedTo{
		l.call("Seconds.Add", func() error { return s.Add(ctx, []stream.SecondCount{count})[0] }, believes{"eval": noneOrOne}),
		l.call("Seconds.Read", func() error {
			if err := counted(); err != nil {
				return bounds(false, "%v", err)
			}
			read := s.Read(ctx, asked, []string{"admitted"})[0]
			return errors.Join(read.Err, bounds(read.Err != nil || read.Numbers["admitted"] >= 0 && read.Numbers["admitted"] < 1<<40, "%+v", read))
		}, believes{"hmget": {"a list of nil"}}),
		l.call("Seconds.History", func() error {
			if err := counted(); err != nil {
				return bounds(false, "%v", err)
			}
			history, err := s.History(ctx, 1, second, second)
			return errors.Join(err, bounds(len(history) <= 1 && history[second]["admitted"] >= 0, "%+v", history))
		}, believes{"hgetall": noField}),
	}
}

// rereads has the group read again what it has been given.
func (l *liedTo) rereads() error {
	err := l.direct.HSet(l.ctx, "{"+key+"}:reread", "from", "1-0", "until", "4-0", "found", 2, "lost", 0).Err()
	return bounds(err == nil, "%v", err)
}

// newLiedTo makes what the calls of the table are made with, over a Redis that lies.
func newLiedTo(t *testing.T) (*liedTo, *servertest.Liar) {
	t.Helper()
	server := servertest.Redis(t)
	liar := servertest.NewLiar(t, server.Addr(), 1)
	direct := servertest.Client(t, server)
	// One entry a node, so that XTRIM removes single ones.
	if err := direct.ConfigSet(t.Context(), "stream-node-max-entries", "1").Err(); err != nil {
		t.Fatal(err)
	}
	clients := stream.NewClients(stream.ClientConfig{Addrs: []string{liar.Addr}, ReadTimeout: 5 * time.Second})
	t.Cleanup(func() { _ = clients.Close() })
	if err := clients.Commands.Close(); err != nil {
		t.Fatal(err)
	}
	clients.Commands = clients.Blocking                                             // which repeats nothing
	pings := stream.NewClients(stream.ClientConfig{Addrs: []string{"127.0.0.1:1"}}) // of a closer look at nobody
	own := pings.Commands
	pings.Commands = clients.Blocking
	t.Cleanup(func() { pings.Commands = own; _ = pings.Close() })
	return &liedTo{
		ctx: t.Context(), direct: direct, pings: pings, clients: clients,
		streams: stream.NewInspector(clients.Blocking, "g1", seckill.StreamKey),
		reader:  stream.NewReader(clients.Blocking, clients.Blocking, key, "g1", "a"),
	}, liar
}

// TestNoLieIsBelieved answers each command of each call with every wrong reply.
func TestNoLieIsBelieved(t *testing.T) {
	l, liar := newLiedTo(t)
	calls := slices.Concat(l.readerCalls(), l.clientCalls(), l.inspectorCalls(), l.secondsCalls())
	servertest.EachIsLiedTo(t, calls, "Eviction.Role")
	for _, c := range calls {
		t.Run(c.Name, func(t *testing.T) { liar.LieTo(t, &c, isOutage) })
	}
}
