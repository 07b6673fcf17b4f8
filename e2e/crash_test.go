package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

func TestKilledAfterTheScriptAndBeforeTheReply(t *testing.T) {
	s := newSite(t)
	proxy := s.proxy()
	first := s.startAt(proxy.addr(), "", "")
	first.ready()
	first.sell(2, `"stockTotal": 10, "perUserLimit": 0`)
	if got := first.try(2, 1, "warm-up"); !got.admitted() { // Redis knows the script from now on
		t.Fatalf("%+v", got)
	}
	proxy.hold("the-lost-answer")
	var lost sync.WaitGroup
	lost.Go(func() {
		if got := first.try(2, 7, "the-lost-answer"); got.status != 0 {
			t.Errorf("the answer is not lost: %+v", got)
		}
	})
	servertest.Eventually(t, "the entry is in the stream", func() bool { return s.entries(2) == 2 })
	first.kill()
	lost.Wait()
	entries, err := s.client.XRevRangeN(t.Context(), seckill.StreamKey(2), "+", "-", 1).Result()
	if err != nil || entries[0].Values["rid"] != "the-lost-answer" {
		t.Fatalf("the last entry is %v, %v", entries, err)
	}

	second := s.start("", "")
	second.ready()
	for range 3 {
		if got := second.try(2, 7, "the-lost-answer"); !got.admitted() || got.StreamID != entries[0].ID {
			t.Errorf("repeated: %+v, want %s again", got, entries[0].ID)
		}
	}
	if b := s.quiet(2, second); b.LiveOrders != 2 || *b.RedisLeft != 8 {
		t.Errorf("2 of 10 units are sold: %s", b)
	}
	s.settledTo(second, 2, 2, 2)
}

// TestKilledBeforeTheGateIsTold lets a raw winner, a cancel and expiries be committed
// while Redis cannot be reached, and the process die with what it had to tell.
func TestKilledBeforeTheGateIsTold(t *testing.T) {
	const units = 6
	s := newSite(t)
	proxy := s.proxy()
	first := s.startAt(proxy.addr(), "", "")
	first.ready()
	first.sell(2, `"stockTotal": 6, "paymentWindowSeconds": 600`)
	for user := 1; user <= 4; user++ {
		if got := first.try(2, user, ""); !got.admitted() {
			t.Fatalf("%+v", got)
		}
	}
	s.quiet(2, first)
	release := s.lockProduct(2)
	s.push(2, 101, 101)
	s.waitsForALock("the raw entry is about to be settled")
	proxy.block()
	release()
	servertest.Eventually(t, "the raw entry has won", func() bool {
		return s.count("SELECT count(*) FROM seckill_orders WHERE user_id = 101") == 1
	})
	if status := first.cancel(s.orderOf(2, 1)); status != http.StatusOK {
		t.Errorf("cancel: %d", status)
	}
	if _, err := s.pool.Exec(t.Context(), "UPDATE seckill_orders SET expires_at = now() WHERE user_id IN (2, 3)"); err != nil {
		t.Fatal(err)
	}
	servertest.Eventually(t, "two orders expire", func() bool {
		return s.count("SELECT count(*) FROM seckill_orders WHERE status = 'EXPIRED'") == 2
	})
	if n := s.count("SELECT count(*) FROM seckill_moves"); n < 3 {
		t.Errorf("%d moves are still to be told, want that of the winner, the cancel and the expiries", n)
	}
	first.kill()

	second := s.start("", "")
	second.ready()
	left := *s.quiet(2, second).RedisLeft
	if sold := s.sellOut(second, 2, 1001, left); left != 4 || sold != 4 {
		t.Errorf("%d units left and %d sold, want 4", left, sold)
	}
	if b := s.quiet(2, second); b.LiveOrders != units {
		t.Errorf("of %d units: %s", units, b)
	}
}

// TestKilledBeforeTheOutboxKnowsThatTheGateWasTold loses the gate's answer to a move.
func TestKilledBeforeTheOutboxKnowsThatTheGateWasTold(t *testing.T) {
	const user = 777000111
	s := newSite(t)
	proxy := s.proxy()
	first := s.startAt(proxy.addr(), "", "")
	first.ready()
	first.sell(2, `"stockTotal": 3, "paymentWindowSeconds": 600`)
	if got := first.try(2, user, ""); !got.admitted() {
		t.Fatalf("%+v", got)
	}
	s.quiet(2, first)
	proxy.hold(strconv.Itoa(user))
	if status := first.cancel(s.orderOf(2, user)); status != http.StatusOK {
		t.Errorf("cancel: %d", status)
	}
	gate := seckill.CompanionKey(2, "gate")
	servertest.Eventually(t, "the gate has been told", func() bool { return s.client.HGet(t.Context(), gate, "left").Val() == "3" })
	first.kill()
	if n := s.count("SELECT count(*) FROM seckill_moves"); n != 1 {
		t.Errorf("%d moves in the outbox, want 1", n)
	}

	second := s.start("", "")
	second.ready()
	servertest.Eventually(t, "the outbox is empty", func() bool { return s.count("SELECT count(*) FROM seckill_moves") == 0 })
	left := *s.quiet(2, second).RedisLeft
	if sold := s.sellOut(second, 2, 1001, left); left != 3 || sold != 3 {
		t.Errorf("%d units left and %d sold, want 3", left, sold)
	}
	if b := s.quiet(2, second); b.LiveOrders != 3 {
		t.Errorf("of 3 units: %s", b)
	}
}

// mixedLoad is users who try, raw entries and cancels, at whichever process runs.
type mixedLoad struct {
	*site

	current atomic.Pointer[process]
	users   atomic.Int64
	tally   tally
	cancels atomic.Int64
}

// shop lets one user after the other try, each until somebody answers.
func (m *mixedLoad) shop(ctx context.Context) {
	for ctx.Err() == nil {
		user := int(m.users.Add(1))
		for try := 0; try < 500 && ctx.Err() == nil; try++ {
			got := m.current.Load().try(2, user, fmt.Sprint("request-", user))
			if got.status != 0 && got.status < http.StatusInternalServerError {
				m.tally.count(got)
				break
			}
			time.Sleep(10 * time.Millisecond) // the pause between two tries
		}
	}
}

// past adds entries past the gate.
func (m *mixedLoad) past(ctx context.Context) {
	for ctx.Err() == nil {
		user := 1_000_000 + rand.IntN(2000)
		if user%2 == 0 {
			user = 1 + rand.IntN(int(m.users.Load())+1) // who tries at the gate as well
		}
		_ = m.client.XAdd(ctx, &redis.XAddArgs{Stream: seckill.StreamKey(2), Values: []any{"uid", user}}).Err()
		time.Sleep(time.Millisecond) // a rate
	}
}

// regret cancels orders.
func (m *mixedLoad) regret(ctx context.Context) {
	for ctx.Err() == nil {
		var order int
		err := m.pool.QueryRow(ctx, "SELECT id FROM seckill_orders WHERE status = 'PENDING_PAYMENT' ORDER BY random() LIMIT 1").Scan(&order)
		if err == nil && m.current.Load().cancel(order) == http.StatusOK {
			m.cancels.Add(1)
		}
		time.Sleep(2 * time.Millisecond) // a rate
	}
}

// run makes the load until stop is called.
func (m *mixedLoad) run() (stop func()) {
	ctx, cancel := context.WithTimeout(m.t.Context(), 2*time.Minute)
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() { m.shop(ctx) })
	}
	group.Go(func() { m.past(ctx) })
	for range 3 {
		group.Go(func() { m.regret(ctx) })
	}
	return func() { cancel(); group.Wait() }
}

func TestKilledFiveTimesUnderMixedLoad(t *testing.T) {
	const units, kills = 4000, 5
	s := newSite(t)
	m := mixedLoad{site: s}
	p := s.start("0", "")
	p.ready()
	p.sell(2, fmt.Sprintf(`"stockTotal": %d, "paymentWindowSeconds": 600`, units))
	m.current.Store(p)
	stop := m.run()
	defer stop()
	for kill := 1; kill <= kills; kill++ {
		goal := s.logs() + 200
		servertest.Eventually(t, "the process is at work", func() bool { return s.logs() >= goal })
		time.Sleep(rand.N(200 * time.Millisecond)) // a moment that nothing prepares for
		p.kill()
		p = s.start(fmt.Sprint(kill%2), "")
		m.current.Store(p)
	}
	p.ready()
	stop()
	before := s.quiet(2, p)
	t.Logf("%s; %d cancelled; %s", &m.tally, m.cancels.Load(), before)
	if m.cancels.Load() == 0 || m.tally.admitted() == 0 {
		t.Error("there was no load")
	}
	s.admittedAreFinal(2, &m.tally, "NOT_STARTED", "ENDED")
	if sold := s.sellOut(p, 2, 5_000_000, before.StockLeft); sold != before.StockLeft {
		t.Errorf("%d sold of %d units left", sold, before.StockLeft)
	}
	if b := s.quiet(2, p); b.LiveOrders != units || *b.RedisLeft != 0 {
		t.Errorf("of %d units: %s", units, b)
	}
}
