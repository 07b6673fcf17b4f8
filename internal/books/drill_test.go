package books_test

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/model"
)

// timedOut reports that a product's row was held by others for too long, or a deadlock
// was resolved: whoever sweeps tries again.
func timedOut(err error) bool {
	state := model.SQLState(err)
	return state == "55P03" || state == "40P01"
}

const drillStock = 900

// drill sells a product to a crowd while two replicas consume and keep its gate, spoils
// Redis in the middle, and wants every unit sold once.
func drill(t *testing.T, addr string, spoil func(h *house, sold func(n int))) {
	t.Helper()
	h := newHouseOn(t, addr, servertest.Pool(t))
	h.create(seckill.Product{StockTotal: new(int64(drillStock)), PerUserLimit: 2})
	other := h.replica()
	for name, replica := range map[string]*house{"a": h, "b": other} {
		replica.run(replica.keeper.Role())
		replica.run(replica.keeper.Recoverer())
		replica.run(replica.keeper.Verifier())
		replica.consume(name)
	}
	crowd := []*rush{newRush(h, 3, 1000), newRush(other, 3, 1000)}
	sold := func(n int) {
		t.Helper()
		servertest.Eventually(t, strconv.Itoa(n)+" units are sold", func() bool { return h.count(liveOrders) >= n })
	}
	spoil(h, sold)
	if n := h.count(liveOrders); n >= drillStock {
		t.Fatalf("all %d units were sold before Redis was spoilt", n)
	}
	servertest.Eventually(t, "admission resumes under a later epoch", func() bool { return crowd[0].under(h.first+1)+crowd[1].under(h.first+1) > 0 })
	sold(drillStock)
	for _, r := range crowd {
		r.stop()
	}
	h.quiet()
	if n := h.count(liveOrders); n != drillStock {
		t.Errorf("%d units of %d are sold", n, drillStock)
	}
	if s := h.state(); s.Epoch <= h.first || s.Left != 0 {
		t.Errorf("%+v", s)
	}
}

func TestASaleGoesOnAfterRedisWasFlushed(t *testing.T) {
	drill(t, servertest.Redis(t).Addr(), func(h *house, sold func(int)) {
		for _, n := range []int{drillStock / 4, drillStock / 2} {
			sold(n)
			h.must(h.client.FlushAll(t.Context()).Err())
		}
	})
}

func TestASaleGoesOnAfterRedisCameBackWithAnOlderCopy(t *testing.T) {
	server := servertest.Redis(t)
	drill(t, server.Addr(), func(h *house, sold func(int)) {
		dir := filepath.Join(t.TempDir(), "copy")
		sold(drillStock / 5)
		h.must(server.CopyTo(dir))
		sold(drillStock * 2 / 5)
		h.must(server.Pause(t.Context()))
		h.must(server.ResumeFrom(t.Context(), dir))
	})
}

func TestASaleGoesOnAfterRedisWasStartedAgain(t *testing.T) {
	server := servertest.Redis(t)
	drill(t, server.Addr(), func(h *house, sold func(int)) {
		sold(drillStock / 3)
		h.must(server.Pause(t.Context()))
		h.must(server.Resume(t.Context()))
	})
}

// TestASaleGoesOnAfterAFailoverThatLostWrites: a replica takes over that has missed the
// tail of what the master acknowledged.
func TestASaleGoesOnAfterAFailoverThatLostWrites(t *testing.T) {
	master, replica := servertest.Redis(t), servertest.Redis(t)
	front := newSwitchboard(t, master.Addr())
	ctx, second := t.Context(), servertest.Client(t, replica)
	first := servertest.Client(t, master)
	if err := first.ConfigSet(ctx, "repl-diskless-sync-delay", "0").Err(); err != nil {
		t.Fatal(err)
	}
	host, port, _ := strings.Cut(master.Addr(), ":")
	if err := second.ReplicaOf(ctx, host, port).Err(); err != nil {
		t.Fatal(err)
	}
	servertest.Eventually(t, "the replica follows", func() bool {
		return strings.Contains(second.Info(ctx, "replication").Val(), "master_link_status:up")
	})
	drill(t, front.addr(), func(h *house, sold func(int)) {
		sold(drillStock / 5)
		h.must(second.ReplicaOf(ctx, "NO", "ONE").Err())
		sold(drillStock * 2 / 5) // and the replica does not learn of it
		front.connect(replica.Addr())
	})
}
