package notify

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/internal/role"
	"seckill/model"
)

// findTimeout bounds one look-up, within the time that a request has.
const findTimeout = 2 * time.Second

// pace is how often a hub does what it does by the clock.
type pace struct {
	heartbeat time.Duration // between two of its own messages
	silence   time.Duration // without any of them, after which it subscribes anew
	sweep     time.Duration // in which all that is watched is looked up once
}

var usualPace = pace{heartbeat: time.Second, silence: 3 * time.Second, sweep: 5 * time.Second}

// Hub is the results of one replica. Its methods may be called at any time, while
// its role runs and while it does not; without the role nothing is heard of what
// other replicas change, told to them, or remembered.
type Hub struct {
	sources   Sources
	channel   channel
	pace      pace
	name      int64 // random, by which the hub knows its own messages
	began     time.Time
	shards    [shards]shard
	finder    finder
	changes   changes
	publisher *publisher
	watchers  atomic.Int64
	stopping  chan struct{} // closed when the role ends
	heard     atomic.Int64  // when it heard itself last, by its clock; 0 without a subscription
	told      func(error)   // of each end of a subscription; nil = nobody
	heardOf   func(int64)   // of a product of which another replica has told; nil = nobody

	subscribes, finds, waits outage
}

// New makes a hub. client is the pool of ordinary commands; on a
// [redis.ClusterClient] the channel is a sharded one.
func New(client redis.UniversalClient, s Sources) *Hub { return newHub(client, s, usualPace) }

func newHub(client redis.UniversalClient, s Sources, p pace) *Hub {
	h := &Hub{
		sources: s, channel: newChannel(client), pace: p, name: newName(), began: time.Now(),
		stopping:   make(chan struct{}),
		subscribes: outage{what: "subscribe to changed results"},
		finds:      outage{what: "look results up"},
		waits:      outage{what: "look waiting attempts up"},
	}
	for i := range h.shards {
		h.shards[i].watchers, h.shards[i].lookups = map[key]*Watcher{}, map[key]*lookup{}
	}
	h.finder = finder{find: h.find, backlogs: map[int64]*backlog{}}
	h.publisher = newPublisher(h.channel, h.name)
	return h
}

// TellEnds names who is told by what error each subscription has ended. It is called
// before the role starts.
func (h *Hub) TellEnds(told func(error)) { h.told = told }

// TellChanges names who is told of which product another replica has told that something has
// changed, within a moment and without blocking. It is called before the role starts.
func (h *Hub) TellChanges(heardOf func(productID int64)) { h.heardOf = heardOf }

// newName returns a random positive number.
func newName() int64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return 1 + int64(binary.NativeEndian.Uint64(b[:])%math.MaxInt64)
}

// Role makes the role that subscribes, receives and publishes. It is to be called
// once.
func (h *Hub) Role() *role.Role {
	return role.New(func(ctx context.Context) {
		var group sync.WaitGroup
		group.Go(func() { h.subscribe(ctx) })
		group.Go(func() { h.publisher.run(ctx, h.pace.heartbeat) })
		group.Go(func() { h.sweep(ctx) })
		<-ctx.Done()
		close(h.stopping)
		group.Wait()
	})
}

// Changed tells every replica that the results of these users for a product have
// changed. It is to be called after the commit. This replica knows at once, whether
// or not Redis is there; the others as soon as Redis has told them. It never blocks
// and never fails, and keeps nothing of users.
func (h *Hub) Changed(productID int64, users []int64) {
	var watched []int64
	for _, user := range users {
		if k := (key{productID, user}); h.shard(k).changed(k) {
			watched = append(watched, user)
		}
	}
	h.finder.want(productID, watched...)
	h.changes.happened(productID)
	h.publisher.add(productID, users)
}

// Result returns the result of a user for a product, which must not be modified:
// from memory if it is final and known, else looked up, together with what else is
// looked up just now. It fails with [model.ErrNotFound] if there is none, and when
// ctx ends.
func (h *Hub) Result(ctx context.Context, productID, userID int64) (*model.UserResult, error) {
	k := key{productID, userID}
	now := h.clock()
	result, l, fresh := h.shard(k).ask(k, h.hears(now), now)
	if fresh {
		h.finder.want(productID, userID)
	}
	if result != nil {
		return result, nil
	}
	return l.wait(ctx, k)
}

// Watch begins to watch the result of a user for a product. The caller has to close
// the watcher, and to ask for the present result itself, after it has begun to
// watch.
func (h *Hub) Watch(productID, userID int64) *Watcher {
	w := &Watcher{hub: h, key: key{productID, userID}, c: make(chan *model.UserResult, 1)}
	s := h.shard(w.key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if w.next = s.watchers[w.key]; w.next != nil {
		w.next.prev = w
	}
	s.watchers[w.key] = w
	h.watchers.Add(1)
	return w
}

// Watchers returns how many watchers there are.
func (h *Hub) Watchers() int { return int(h.watchers.Load()) }

// find looks results up and answers them. It is the finder's.
func (h *Hub) find(productID int64, users []int64) {
	for _, user := range users {
		k := key{productID, user}
		h.shard(k).asking(k)
	}
	ctx, cancel := context.WithTimeout(context.Background(), findTimeout)
	defer cancel()
	results, whole, err := h.sources.results(ctx, productID, users, &h.waits)
	h.finds.observe(err)
	now := h.clock()
	remembers := whole && h.hears(now)
	var again []int64
	for _, user := range users {
		k, result, until := key{productID, user}, results[user], now
		if remembers && result != nil {
			until += lasting(result, time.Now())
		}
		a := answer{result: result}
		if result == nil {
			a.err = err
		}
		if h.shard(k).answer(k, a, now, until) {
			again = append(again, user)
		}
	}
	h.finder.want(productID, again...)
}

// lookUp hands results to the finder.
func (h *Hub) lookUp(keys []key) {
	users := map[int64][]int64{}
	for _, k := range keys {
		users[k.productID] = append(users[k.productID], k.userID)
	}
	for productID, users := range users {
		h.finder.want(productID, users...)
	}
}

func (h *Hub) shard(k key) *shard { return &h.shards[k.shard()] }

// clock is the time since the hub was made, and never 0.
func (h *Hub) clock() time.Duration { return time.Since(h.began) + 1 }

// hears reports whether the subscription is known to be alive.
func (h *Hub) hears(now time.Duration) bool {
	heard := time.Duration(h.heard.Load())
	return heard != 0 && now-heard < h.pace.silence
}
