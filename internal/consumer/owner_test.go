package consumer_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync/atomic"
	"testing"
	"time"

	"seckill/internal/consumer"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/model"
)

// replica is a process of several, in this one.
type replica struct {
	*world
	run        string
	supervisor *consumer.Supervisor
	unable     atomic.Bool
	leaving    atomic.Bool
	deaf       atomic.Bool // the database cannot be asked who consumes
	mute       atomic.Bool // what it says does not come in: it is dead to the others
	beats      atomic.Int64
}

// replicas starts processes that share the servers of w, and waits until they know each other.
func (w *world) replicas(runs ...string) []*replica {
	w.t.Helper()
	all := make([]*replica, len(runs))
	for i, run := range runs {
		all[i] = w.replica(run, false)
	}
	for _, r := range all {
		servertest.Eventually(w.t, "the replica takes part", func() bool { return r.consumes() })
	}
	return all
}

func (w *world) replica(run string, deaf bool) *replica {
	w.t.Helper()
	r := &replica{world: newWorldOn(w.t, w.redis, w.pool), run: run}
	r.deaf.Store(deaf)
	if err := w.pool.SayAlive(w.t.Context(), model.Replica{Run: run, Since: time.Now()}); err != nil {
		w.t.Fatal(err)
	}
	for _, id := range upTo(10) {
		r.metrics.Entries(id) // its gauges are shown from now on
	}
	r.supervisor = r.sharing(prepared, 2, r.ledger)
	r.supervisor.Own(consumer.Ownership{
		Run: run, Beat: r.beat, Leaving: r.leaving.Load, ClaimIdle: 6 * time.Second, // so that nobody is taken for dead on a busy machine
		Able: func(context.Context) error {
			if r.unable.Load() {
				return errors.New("not able")
			}
			return nil
		},
	})
	w.start(r.supervisor.Role)
	return r
}

func (r *replica) beat(ctx context.Context, run string, consumes bool, within time.Duration) ([]string, error) {
	r.beats.Add(1)
	if r.deaf.Load() {
		return nil, errors.New("the database is away")
	}
	if r.mute.Load() {
		return []string{run}, nil
	}
	return r.pool.SayConsuming(ctx, run, consumes, within)
}

// consumes reports whether the others know that the replica consumes.
func (r *replica) consumes() bool {
	r.t.Helper()
	return servertest.Count(r.t, r.pool, "SELECT count(*) FROM seckill_replicas WHERE consumes_at IS NOT NULL AND run = $1", r.run) == 1
}

// owns reports whether the replica consumes a product.
func (r *replica) owns(product int64) bool {
	r.t.Helper()
	return r.metric("seckill_consumers_up", product) == 1
}

// owned waits until each product is consumed by one of the replicas, and returns by which.
func owned(t *testing.T, products int64, all ...*replica) map[int64]*replica {
	t.Helper()
	by := map[int64]*replica{}
	servertest.Eventually(t, "each product is consumed by one replica", func() bool {
		clear(by)
		found := 0
		for _, id := range upTo(products) {
			for _, r := range all {
				if r.owns(id) {
					by[id] = r
					found++
				}
			}
		}
		return found == int(products) && len(by) == int(products)
	})
	return by
}

// TestEachProductHasOneOwner among the replicas, who stores all that comes; whoever stands by
// is ready.
func TestEachProductHasOneOwner(t *testing.T) {
	const products = 8
	w := newWorld(t, upTo(products)...)
	both := w.replicas("a", "b")
	by := owned(t, products, both...)
	shares := map[*replica]int{}
	for _, id := range upTo(products) {
		w.push(id, 1, 100)
		w.drained(id, 100)
		shares[by[id]]++
		for _, r := range both {
			stored := r.metric("seckill_entries_total", id, "outcome", "stored")
			if want := map[bool]float64{true: 100}[r == by[id]]; stored != want {
				t.Errorf("replica %s has stored %v entries of product %d, which is %s's", r.run, stored, id, by[id].run)
			}
		}
	}
	if len(shares) != 2 {
		t.Errorf("one of two replicas consumes all of %d products", products)
	}
	for _, r := range both {
		if err := r.supervisor.Check(t.Context()); err != nil {
			t.Errorf("replica %s is not ready: %v", r.run, err)
		}
		if n := len(r.supervisor.Served()); n != products {
			t.Errorf("replica %s serves %d of %d products", r.run, n, products)
		}
	}
	w.exec("INSERT INTO seckill_products (product_id) VALUES ($1)", products+1)
	w.push(products+1, 1, 10)
	w.drained(products+1, 10)
	owned(t, products+1, both...)
}

// TestAnOwnerIsReplaced however it goes, and has its products back when it comes again.
func TestAnOwnerIsReplaced(t *testing.T) {
	for name, change := range map[string]func(r *replica, gone bool){
		"as it has died":             func(r *replica, gone bool) { r.mute.Store(gone) },
		"as it is about to end":      func(r *replica, gone bool) { r.leaving.Store(gone) },
		"as it is not able any more": func(r *replica, gone bool) { r.unable.Store(gone) },
	} {
		t.Run(name, func(t *testing.T) {
			const products = 6
			w := newWorld(t, upTo(products)...)
			both := w.replicas("a", "b")
			before := owned(t, products, both...)
			a, b := both[0], both[1]
			change(a, true)
			for _, id := range upTo(products) {
				servertest.Eventually(t, fmt.Sprintf("product %d is consumed by the other one", id), func() bool { return b.owns(id) })
				w.push(id, 1, 50)
				w.drained(id, 50)
			}
			if a.leaving.Load() {
				servertest.Eventually(t, "it consumes nothing any more", func() bool { return !a.owns(1) && !a.owns(2) && !a.owns(3) })
			}
			if a.unable.Load() {
				servertest.Eventually(t, "it tries to consume all that it can", func() bool { return a.owns(1) && a.owns(2) && a.owns(3) })
			}
			change(a, false)
			servertest.Eventually(t, "each has again what it had", func() bool {
				return maps.Equal(owned(t, products, both...), before)
			})
		})
	}
}

// TestAnOwnerThatStopsIsReplaced at the next beat of the others, long before it would count as
// dead.
func TestAnOwnerThatStopsIsReplaced(t *testing.T) {
	w := newWorld(t, upTo(6)...)
	both := w.replicas("a", "b")
	owned(t, 6, both...)
	both[0].supervisor.Stop()
	if both[0].consumes() {
		t.Error("a replica that has stopped says that it consumes")
	}
	for _, id := range upTo(6) {
		w.push(id, 1, 50)
		w.drained(id, 50)
	}
	owned(t, 6, both...)
}

// TestWhileTheDatabaseCannotBeAskedEverybodyKeepsWhatHeHas, and one that has never known
// anybody consumes all.
func TestWhileTheDatabaseCannotBeAskedEverybodyKeepsWhatHeHas(t *testing.T) {
	w := newWorld(t, upTo(6)...)
	both := w.replicas("a", "b")
	before := owned(t, 6, both...)
	for _, r := range both {
		r.deaf.Store(true)
	}
	alone := w.replica("c", true)
	alone.deaf.Store(true)
	w.exec("UPDATE seckill_replicas SET consumes_at = now() - interval '1 hour'")
	for _, id := range upTo(6) {
		servertest.Eventually(t, "all is consumed by the one that knows nobody", func() bool { return alone.owns(id) })
	}
	for id, owner := range before {
		for _, r := range both {
			if r.owns(id) != (r == owner) {
				t.Errorf("product %d is %s's, and now consumed by %s: %v", id, owner.run, r.run, r.owns(id))
			}
		}
	}
	for _, r := range append(both, alone) {
		r.deaf.Store(false)
	}
	owned(t, 6, append(both, alone)...)
}

// TestAReplicaThatTakesNoPartConsumesEverything: it cannot tell what the others are able to.
func TestAReplicaThatTakesNoPartConsumesEverything(t *testing.T) {
	w := newWorld(t, upTo(4)...)
	both := w.replicas("a", "b")
	owned(t, 4, both...)
	for _, r := range both {
		r.unable.Store(true)
	}
	for _, id := range upTo(4) {
		servertest.Eventually(t, "it is consumed by both", func() bool { return both[0].owns(id) && both[1].owns(id) })
		w.push(id, 1, 50)
		w.drained(id, 50)
	}
}

// TestAProductThatNobodyCanConsumeKeepsNobodyFromSharing the others.
func TestAProductThatNobodyCanConsumeKeepsNobodyFromSharing(t *testing.T) {
	const products, broken = 6, 3
	w := newWorld(t, upTo(products)...)
	both := w.replicas("a", "b")
	owner := owned(t, products, both...)[broken]
	if err := w.client.Del(t.Context(), seckill.StreamKey(broken)).Err(); err != nil {
		t.Fatal(err)
	}
	if err := w.client.Set(t.Context(), seckill.StreamKey(broken), "no stream", 0).Err(); err != nil {
		t.Fatal(err)
	}
	servertest.Eventually(t, "its owner is not ready", func() bool { return owner.supervisor.Check(t.Context()) != nil })
	seen := owner.beats.Load()
	servertest.Eventually(t, "it has had time to tell so", func() bool { return owner.beats.Load() > seen+2 })
	if !owner.consumes() {
		t.Error("the owner of a product that nobody can consume does not take part any more")
	}
	for _, id := range upTo(products) {
		if both[0].owns(id) && both[1].owns(id) {
			t.Errorf("product %d is consumed by both", id)
		}
	}
	if err := w.client.Del(t.Context(), seckill.StreamKey(broken)).Err(); err != nil {
		t.Fatal(err)
	}
	owned(t, products, both...)
}
