package notify

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/internal/devstack"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/model"
)

// quickPace is for tests of silence. They wait for no time but that the hub waits.
var quickPace = pace{heartbeat: 50 * time.Millisecond, silence: 300 * time.Millisecond, sweep: time.Hour}

// deaf is a pace at which the hub hears of nothing but by its subscription.
var deaf = pace{heartbeat: time.Second, silence: 3 * time.Second, sweep: time.Hour}

// TestAResultReachesAWatcherOnAnotherReplica commits to a real database, and tells
// the hub of one replica.
func TestAResultReachesAWatcherOnAnotherReplica(t *testing.T) {
	pool, server := servertest.Pool(t), servertest.Redis(t)
	s := newStore()
	sources := Sources{Stored: pool.FindResults, Waiting: s.waits}
	a := start(t, servertest.Client(t, server), sources, deaf)
	b := start(t, servertest.Client(t, server), sources, deaf)
	w, here := b.Watch(1, 7), a.Watch(1, 7)
	defer w.Close()
	defer here.Close()
	if _, err := b.Result(t.Context(), 1, 7); !errors.Is(err, model.ErrNotFound) {
		t.Fatalf("before the attempt: %v", err)
	}

	s.mu.Lock()
	s.waiting[key{1, 7}] = "5-0"
	s.mu.Unlock()
	a.Changed(1, []int64{7})
	if got := receive(t, w); got.StreamId != "5-0" || got.Status != string(seckill.StatusProcessing) {
		t.Errorf("admitted: %+v", got)
	}
	_ = receive(t, here)

	if _, err := pool.Exec(t.Context(), `INSERT INTO seckill_logs (product_id, user_id, stream_id, status, reason)
		VALUES (1, 7, '5-0', 'FAILED', 'SOLD_OUT')`); err != nil {
		t.Fatal(err)
	}
	committed := time.Now()
	a.Changed(1, []int64{7})
	if got := receive(t, w); got.StreamId != "5-0" || got.Status != string(seckill.StatusFailed) || got.Reason.String != "SOLD_OUT" {
		t.Errorf("settled: %+v", got)
	}
	t.Logf("%v after the commit on the other replica", time.Since(committed))
	if got := receive(t, here); got.Status != string(seckill.StatusFailed) {
		t.Errorf("settled, on the same replica: %+v", got)
	}
}

// remember makes a hub remember the result of a user for ever.
func remember(h *Hub, user int64, result *model.UserResult) {
	k := key{1, user}
	s := h.shard(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.memory.put(k, result, 1<<62)
}

func TestWhatIsRememberedIsForgottenWithAChangeOnAnotherReplica(t *testing.T) {
	server := servertest.Redis(t)
	s := newStore()
	s.set(failed(1, "6-0"), failed(2, "6-1"))
	a := start(t, servertest.Client(t, server), newStore().sources(), deaf)
	b := start(t, servertest.Client(t, server), s.sources(), deaf)
	remember(b, 1, failed(1, "5-0"))
	if got := result(t, b); got != "5-0" {
		t.Fatalf("%s, want what is remembered", got)
	}
	w := b.Watch(1, 2) // who stands behind the other in the same message
	defer w.Close()
	a.Changed(1, []int64{1, 2})
	_ = receive(t, w)
	if got := result(t, b); got != "6-0" {
		t.Errorf("%s after the change, want 6-0", got)
	}
}

// TestAnOutageOfRedisIsHealed changes results while nobody can hear of it.
func TestAnOutageOfRedisIsHealed(t *testing.T) {
	for name, resume := range map[string]func(*devstack.Redis, context.Context) error{
		"with its data": (*devstack.Redis).Resume,
		"empty":         (*devstack.Redis).ResumeEmpty,
	} {
		t.Run(name, func(t *testing.T) {
			server := servertest.Redis(t)
			s := newStore()
			s.set(failed(1, "5-0"), failed(2, "5-1"))
			a := start(t, servertest.Client(t, server), s.sources(), deaf)
			b := start(t, servertest.Client(t, server), s.sources(), deaf)
			w := b.Watch(1, 1)
			defer w.Close()
			remember(b, 2, failed(2, "5-1"))
			if err := server.Pause(t.Context()); err != nil {
				t.Fatal(err)
			}
			servertest.Eventually(t, "the loss is noticed", func() bool { return !b.hears(b.clock()) })

			s.set(failed(1, "6-0"), failed(2, "6-1"))
			a.Changed(1, []int64{1, 2}) // lost, or sent when Redis is back: both must do
			if got, err := b.Result(t.Context(), 1, 2); err != nil || got.StreamId != "6-1" {
				t.Errorf("without Redis: %+v, %v", got, err)
			}
			if err := resume(server, t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := receive(t, w); got.StreamId != "6-0" {
				t.Errorf("given %s after the outage, want 6-0", got.StreamId)
			}
			servertest.Eventually(t, "the hubs hear again", func() bool {
				return a.hears(a.clock()) && b.hears(b.clock())
			})
			if got, err := b.Result(t.Context(), 1, 2); err != nil || got.StreamId != "6-1" {
				t.Errorf("with Redis again: %+v, %v", got, err)
			}
			s.set(failed(1, "7-0"))
			a.Changed(1, []int64{1})
			if got := receive(t, w); got.StreamId != "7-0" {
				t.Errorf("given %s, want 7-0", got.StreamId)
			}
		})
	}
}

func TestChangedDoesNotBlockWhileRedisIsAway(t *testing.T) {
	server := servertest.Redis(t)
	s := newStore()
	h := start(t, servertest.Client(t, server), s.sources(), deaf)
	if err := server.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	w := h.Watch(1, 5)
	defer w.Close()
	s.set(failed(5, "5-0"))
	users := make([]int64, 1000)
	for i := range users {
		users[i] = int64(i + 1)
	}
	begin := time.Now()
	for range 2 * queuedUsers / len(users) {
		h.Changed(1, users)
	}
	// Were it to wait for Redis once, it would wait for publishTimeout, and four
	// hundred times.
	if took := time.Since(begin); took > 30*time.Second {
		t.Errorf("400,000 users took %v", took)
	}
	if got := receive(t, w); got.StreamId != "5-0" {
		t.Errorf("on the replica itself, without Redis: %+v", got)
	}
}

// dialer makes connections that can be muted: they stay, and nothing comes any more.
type dialer struct {
	mu    sync.Mutex
	conns []*mutable
}

type mutable struct {
	net.Conn
	muted atomic.Bool
}

func (d *dialer) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	m := &mutable{Conn: conn}
	d.conns = append(d.conns, m)
	return m, nil
}

// mute mutes all connections that there are.
func (d *dialer) mute() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, m := range d.conns {
		m.muted.Store(true)
	}
}

func (m *mutable) Read(b []byte) (int, error) {
	for {
		n, err := m.Conn.Read(b)
		if err != nil || !m.muted.Load() {
			return n, err
		}
	}
}

// TestASubscriptionThatIsDeadWithoutAWordIsRenewed mutes the connections of a hub,
// as a firewall does that has forgotten them.
func TestASubscriptionThatIsDeadWithoutAWordIsRenewed(t *testing.T) {
	server := servertest.Redis(t)
	var d dialer
	client := redis.NewClient(&redis.Options{
		Addr: server.Addr(), Dialer: d.dial, ReadTimeout: 100 * time.Millisecond, ContextTimeoutEnabled: true,
	})
	t.Cleanup(func() { _ = client.Close() })
	s := newStore()
	a := start(t, servertest.Client(t, server), s.sources(), deaf)
	b := start(t, client, s.sources(), quickPace)
	w := b.Watch(1, 1)
	defer w.Close()

	d.mute()
	s.set(failed(1, "5-0"))
	a.Changed(1, []int64{1})
	if got := receive(t, w); got.StreamId != "5-0" {
		t.Errorf("given %s, want 5-0", got.StreamId)
	}
	servertest.Eventually(t, "the hub hears again", func() bool { return b.hears(b.clock()) })
	s.set(failed(1, "6-0"))
	a.Changed(1, []int64{1})
	if got := receive(t, w); got.StreamId != "6-0" {
		t.Errorf("given %s, want 6-0", got.StreamId)
	}
}

// TestGarbageOnTheChannelIsIgnored publishes what no hub would.
func TestGarbageOnTheChannelIsIgnored(t *testing.T) {
	server := servertest.Redis(t)
	client := servertest.Client(t, server)
	s := newStore()
	s.set(failed(1, "5-0"))
	h := start(t, client, s.sources(), deaf)
	w := h.Watch(1, 1)
	defer w.Close()
	for _, garbage := range []string{"", "hello", "1", "1 1", "1 1 x", "-1 1 1", "1 1 99999999999999999999", "\x00\xff", "1 1 1"} {
		if err := client.Publish(t.Context(), channelName, garbage).Err(); err != nil {
			t.Fatal(err)
		}
	}
	if got := receive(t, w); got.StreamId != "5-0" {
		t.Errorf("after garbage: %+v", got)
	}
	wantCalls(t, s, 1, "but the last no message names the user")
}

// TestOneSubscriptionAReplica counts what Redis sees.
func TestOneSubscriptionAReplica(t *testing.T) {
	server := servertest.Redis(t)
	client := servertest.Client(t, server)
	for range 3 {
		h := start(t, client, newStore().sources(), deaf)
		for user := range int64(100) {
			defer h.Watch(1, user+1).Close()
		}
	}
	subscribed, err := client.PubSubNumSub(t.Context(), channelName).Result()
	if err != nil || fmt.Sprint(subscribed) != "map["+channelName+":3]" {
		t.Errorf("%v, %v, want one subscription a hub", subscribed, err)
	}
}

// TestChangesOfARushArePublishedTogether counts the messages of changes that come one by
// one, faster than they may be published.
func TestChangesOfARushArePublishedTogether(t *testing.T) {
	client := servertest.Client(t, servertest.Redis(t))
	hub := start(t, client, newStore().sources(), deaf)
	messages := func() int { return servertest.Calls(t, client, "publish") }
	before, began := messages(), time.Now()
	user := int64(0)
	for ; time.Since(began) < 50*publishPause; user++ {
		hub.Changed(1, []int64{user%500 + 1})
		time.Sleep(publishPause / 50) // a rate at which each could be published alone
	}
	most := int(time.Since(began)/publishPause) + 2 // one at the begin, and what is left at the end
	if n := messages() - before; n == 0 || n > most {
		t.Errorf("%d messages for %d changes, want %d at most", n, user, most)
	}
}

// TestStopSendsWhatIsEnqueued stops a hub right after a change.
func TestStopSendsWhatIsEnqueued(t *testing.T) {
	server := servertest.Redis(t)
	s := newStore()
	b := start(t, servertest.Client(t, server), s.sources(), deaf)
	w := b.Watch(1, 1)
	defer w.Close()
	a := newHub(servertest.Client(t, server), s.sources(), deaf)
	r := a.Role()
	go r.Start()
	servertest.Eventually(t, "the hub hears itself", func() bool { return a.hears(a.clock()) })
	s.set(failed(1, "5-0"))
	a.Changed(1, []int64{1})
	r.Stop()
	if got := receive(t, w); got.StreamId != "5-0" {
		t.Errorf("given %s, want 5-0", got.StreamId)
	}
}
