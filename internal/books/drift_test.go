package books_test

import (
	"bytes"
	"strings"
	"sync"
	"testing"

	"github.com/zeromicro/go-zero/core/logx"

	"seckill/internal/books"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// TestTheBooksOfABusySaleNeverShowMoreDriftThanIsBeingSettled. What can be proved: units
// that are settled and of which the gate was not told yet count twice, as sold and as in
// flight. So the books may show that the gate should hold less, by as many as are in
// flight at most and as the consumers have in hand, never that it should hold more.
func TestTheBooksOfABusySaleNeverShowMoreDriftThanIsBeingSettled(t *testing.T) {
	const inHand = 2 * 3 * 50 // two loops; a batch stored, one handed over, one told; 50 entries each
	h, end := busy(t)
	reader := books.NewReader(h.pool, h.gate)
	closed, worst := 0, int64(0)
	const looks = 300
	for range looks {
		b, err := reader.Read(t.Context(), 1)
		h.must(err)
		if b.Gate == nil {
			closed++
			continue
		}
		worst = min(worst, b.Gate.Drift)
		if b.Gate.Drift > 0 || -b.Gate.Drift > b.Gate.InFlight || -b.Gate.Drift > inHand || b.Imbalance() != 0 {
			t.Errorf("left %d, in flight %d, drift %d, imbalance %d", b.Gate.Left, b.Gate.InFlight, b.Gate.Drift, b.Imbalance())
		}
	}
	if closed > looks/10 {
		t.Errorf("%d of %d looks found no moment in which gate and books could be compared", closed, looks)
	}
	t.Logf("worst %d, %d of %d without an answer", worst, closed, looks)
	end()
}

// TestARealDriftShowsInABusySale: what is being settled does not hide it.
func TestARealDriftShowsInABusySale(t *testing.T) {
	h, end := busy(t)
	for _, off := range []int64{1000, -1000} { // more than can be in hand
		h.must(h.client.HIncrBy(t.Context(), key("gate"), "left", off).Err())
		servertest.Eventually(t, "the drift shows", func() bool {
			drift, open := h.drift()
			return open && drift*off < 0 && max(drift, -drift) > 500
		})
		h.must(h.client.HIncrBy(t.Context(), key("gate"), "left", -off).Err())
	}
	end()
}

func TestBooksSayWhatIsAtTheGate(t *testing.T) {
	h := newHouse(t)
	h.create(seckill.Product{StockTotal: new(int64(9))})
	h.admit(10, 11)
	h.raw(12)
	reader := books.NewReader(h.pool, h.gate)
	want := func(when string, want *seckill.GateAccount) {
		t.Helper()
		b, err := reader.Read(t.Context(), 1)
		if err != nil || (b.Gate == nil) != (want == nil) || want != nil && *b.Gate != *want {
			t.Errorf("%s: %+v, %v; want %+v", when, b.Gate, err, want)
		}
	}
	want("admitted", &seckill.GateAccount{Left: 7, InFlight: 2})
	h.settle()
	want("settled", &seckill.GateAccount{Left: 7, PendingMoves: -1})
	h.restock(3)
	h.restock(-1)
	want("restocked", &seckill.GateAccount{Left: 7, PendingMoves: 1})
	h.bring()
	want("told", &seckill.GateAccount{Left: 8})
	h.must(h.client.HIncrBy(t.Context(), key("gate"), "left", 2).Err())
	want("two too many", &seckill.GateAccount{Left: 10, Drift: -2})
	h.must(h.client.HIncrBy(t.Context(), key("gate"), "left", -5).Err())
	want("three missing", &seckill.GateAccount{Left: 5, Drift: 3})
	h.must(h.client.HIncrBy(t.Context(), key("gate"), "epoch", 1).Err())
	want("of an epoch that is not in force", nil)
	h.must(h.client.Del(t.Context(), key("gate")).Err())
	want("closed", nil)
}

// logged collects what is logged. logx writes from several goroutines.
type logged struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logged) lines(about string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.buf.String(), about)
}

// listen has the log written down until the test ends.
func listen(t *testing.T) *logged {
	t.Helper()
	log := &logged{}
	logx.SetLevel(logx.ErrorLevel)
	previous := logx.Reset()
	logx.SetWriter(logx.NewWriter(log))
	t.Cleanup(func() {
		logx.Disable()
		if previous != nil {
			logx.SetWriter(previous)
		}
	})
	return log
}

func TestTheAuditorShowsDriftAtOnceAndLogsItWhenItStays(t *testing.T) {
	h, g, log := newHouse(t), &gauges{}, listen(t)
	h.create(seckill.Product{StockTotal: new(int64(9))})
	h.admit(10)
	h.raw(11)
	h.store(h.deliver(1))
	auditor := books.NewAuditor(h.pool, h.gate, g)
	audit := func(when string, drift int64, lines int) {
		t.Helper()
		h.must(auditor.Audit(t.Context()))
		if got := g.of(1)[3]; got != drift {
			t.Errorf("%s: drift %d, want %d", when, got, drift)
		}
		if n := log.lines("gate of product 1 drifts"); n != lines {
			t.Errorf("%s: %d lines are logged, want %d", when, n, lines)
		}
	}
	h.must(h.gate.Settled(t.Context(), 1, h.flying()))
	audit("all is well", 0, 0)
	h.must(h.client.HIncrBy(t.Context(), key("gate"), "left", -4).Err())
	audit("four units missing", 4, 0)
	audit("still", 4, 1)
	h.must(h.client.HIncrBy(t.Context(), key("gate"), "left", 6).Err())
	audit("two too many", -2, 2)
	if _, err := h.keeper.Repair(t.Context(), "olga", 1); err != nil {
		t.Error(err)
	}
	audit("repaired", 0, 2)
	h.must(h.client.HIncrBy(t.Context(), key("gate"), "left", 1).Err())
	audit("off again, for the moment", -1, 2)
}

// TestBooksInOrderRestUntilSomebodyChangesAnOrder, be it by hand.
func TestBooksInOrderRestUntilSomebodyChangesAnOrder(t *testing.T) {
	h, g := newHouse(t), &gauges{}
	h.create(hourly())
	h.admit(10)
	h.settle()
	h.bring()
	auditor := books.NewAuditor(h.pool, h.gate, g)
	h.must(auditor.Audit(t.Context()))
	h.must(auditor.Audit(t.Context()))
	if g.times() != 1 {
		t.Errorf("books in order were shown %d times in two audits", g.times())
	}
	if _, err := h.pool.Exec(t.Context(), "UPDATE seckill_orders SET status = 'CANCELLED'"); err != nil {
		t.Fatal(err)
	}
	h.must(auditor.Audit(t.Context()))
	if b := g.of(1); g.times() != 2 || b[2] != 0 || b[3] == 0 {
		t.Errorf("an order was cancelled by hand: shown %d times, the last time %v", g.times(), b)
	}
}

// TestTheAuditorGoesOnWithTheDatabaseWhileRedisIsAway, and says so.
func TestTheAuditorGoesOnWithTheDatabaseWhileRedisIsAway(t *testing.T) {
	h, g := newHouse(t), &gauges{}
	h.create(hourly())
	_ = h.clients.Close()
	h.exec("UPDATE seckill_products SET stock_left = 3")
	if err := books.NewAuditor(h.pool, h.gate, g).Audit(t.Context()); err == nil {
		t.Error("an audit without Redis is no error")
	}
	if got, want := g.of(1), [4]int64{5, 3, 0, 2}; got != want {
		t.Errorf("%v, want %v", got, want)
	}
}
