package books_test

import (
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/internal/admission"
	"seckill/internal/seckill"
)

// flying returns what the gate has in flight.
func (h *house) flying() []admission.Entry {
	h.t.Helper()
	_, entries, err := h.gate.AllInFlight(h.t.Context(), 1)
	h.must(err)
	return entries
}

// admitLongAgo leaves what the gate leaves when it admits, under an ID of the year 1970.
func (h *house) admitLongAgo(id string, user int64) {
	h.t.Helper()
	ctx, uid := h.t.Context(), strconv.FormatInt(user, 10)
	_, err := h.client.TxPipelined(ctx, func(pipe redis.Pipeliner) error {
		pipe.XAdd(ctx, &redis.XAddArgs{Stream: seckill.StreamKey(1), ID: id, Values: []string{"uid", uid, seckill.EpochField, strconv.FormatInt(h.state().Epoch, 10)}})
		pipe.HIncrBy(ctx, key("gate"), "left", -1)
		pipe.HIncrBy(ctx, key("holders"), uid, 1)
		pipe.HSet(ctx, key("inflight"), id, uid)
		pipe.HSet(ctx, key("waiting"), uid, id)
		return nil
	})
	h.must(err)
}

func (h *house) vandal(ids ...string) {
	h.t.Helper()
	h.must(h.client.XDel(h.t.Context(), seckill.StreamKey(1), ids...).Err())
}

func (h *house) recover() {
	h.t.Helper()
	h.must(h.keeper.Recover(h.t.Context()))
}

// logs lists the logs as "user status reason".
func (h *house) logs() string {
	h.t.Helper()
	var list string
	h.must(h.pool.QueryRow(h.t.Context(), `SELECT coalesce(string_agg(concat_ws(' ', user_id, status, reason), ', ' ORDER BY user_id), '') FROM seckill_logs`).Scan(&list))
	return list
}

func TestWhatWasDeletedFromTheStreamIsSettledByWhatTheGateKnows(t *testing.T) {
	h := newHouse(t)
	h.create(seckill.Product{StockTotal: new(int64(3)), PerUserLimit: 1})
	h.admitLongAgo("1-0", 10)
	h.admitLongAgo("2-0", 11)
	h.admitLongAgo("3-0", 12)
	h.restock(-1)
	h.bring()
	h.vandal("1-0", "3-0")
	for range 2 {
		h.recover()
		if got, want := h.logs(), "10 SUCCESS, 12 SUCCESS"; got != want {
			t.Errorf("settled: %s, want %s", got, want)
		}
		h.want("recovered", "left -1, flying 1, 10×1 11×1 12×1")
	}
	h.settle() // the one that was left alone
	h.bring()
	if got, want := h.logs(), "10 SUCCESS, 11 FAILED SOLD_OUT, 12 SUCCESS"; got != want {
		t.Errorf("settled: %s, want %s", got, want)
	}
	h.want("at the end", "left 0, flying 0, 10×1 12×1")
	h.inStep("at the end")
}

func TestALoserThatWasDeletedFromTheStreamGivesItsUnitBack(t *testing.T) {
	h := newHouse(t)
	h.create(hourly())
	h.admitLongAgo("1-0", 10)
	h.vandal("1-0")
	h.openLater()
	h.recover()
	h.bring()
	if got, want := h.logs(), "10 FAILED NOT_STARTED"; got != want {
		t.Errorf("settled: %s, want %s", got, want)
	}
	h.want("recovered", "left 5, flying 0,")
	h.inStep("recovered")
}

func TestWhatIsSettledAndStillInFlightIsForgotten(t *testing.T) {
	h := newHouse(t)
	h.create(hourly())
	h.admitLongAgo("1-0", 10)
	h.admitLongAgo("2-0", 11)
	h.admitLongAgo("3-0", 12)
	h.store(h.deliver(1)) // the replica died then
	d := h.deliver(1)
	d.batch.Dead = []seckill.DeadLetter{d.batch.Attempts[0].DeadLetter(seckill.DeadRejectedByDatabase, 5)}
	d.batch.Attempts = nil
	h.store(d)
	h.recover()
	h.want("recovered", "left 2, flying 1, 10×1 11×1 12×1")
	if waiting, err := h.gate.Waiting(t.Context(), 1, []int64{10, 11, 12}); err != nil || len(waiting) != 1 || waiting[12] != "3-0" {
		t.Errorf("%v wait, %v", waiting, err)
	}
	h.bring()
	h.want("told", "left 3, flying 1, 10×1 12×1")
	h.inStep("told")
}

// TestWhatIsYoungIsLeftAlone: its consumer may have it in hand.
func TestWhatIsYoungIsLeftAlone(t *testing.T) {
	h := newHouse(t)
	h.create(hourly())
	h.admit(10)
	h.vandal(h.flying()[0].StreamID)
	h.recover()
	h.want("recovered", "left 4, flying 1, 10×1")
}

// TestWhatIsInFlightOfAProductThatEndedIsRecovered: its users wait as others do.
func TestWhatIsInFlightOfAProductThatEndedIsRecovered(t *testing.T) {
	h := newHouse(t)
	h.create(hourly())
	h.admitLongAgo("1-0", 10)
	h.admitLongAgo("2-0", 11)
	_, err := h.ledger.MoveProduct(t.Context(), "tester", 1, seckill.ProductEnded, time.UnixMilli(2))
	h.must(err)
	h.bring()
	h.vandal("1-0", "2-0")
	h.recover()
	h.bring()
	if got, want := h.logs(), "10 SUCCESS, 11 FAILED ENDED"; got != want {
		t.Errorf("settled: %s, want %s", got, want)
	}
	h.inStep("recovered")
}

// TestManyThatWereDeleted: more than one page.
func TestManyThatWereDeleted(t *testing.T) {
	const n = 1300
	h := newHouse(t)
	h.create(seckill.Product{StockTotal: new(int64(n))})
	h.must(h.client.HSet(t.Context(), key("gate"), "left", 0).Err())
	for from := 0; from < n; from += 100 {
		var flying, holders []string
		for i := from; i < from+100; i++ {
			flying = append(flying, fmt.Sprintf("1-%d", i), strconv.Itoa(i+1))
			holders = append(holders, strconv.Itoa(i+1), "1")
		}
		h.must(h.client.HSet(t.Context(), key("inflight"), flying).Err())
		h.must(h.client.HSet(t.Context(), key("holders"), holders).Err())
	}
	h.recover() // one look
	if settled, left := h.count("SELECT count(*) FROM seckill_logs"), h.state().InFlight; settled != n || left != 0 {
		t.Errorf("%d of %d are settled, %d in flight", settled, n, left)
	}
	h.inStep("recovered")
}

// TestRecoveryAndConsumersMeet on the same entries, and each is settled once.
func TestRecoveryAndConsumersMeet(t *testing.T) {
	h := newHouse(t)
	h.create(seckill.Product{StockTotal: new(int64(40))})
	var ids []string
	for i := range 60 {
		id := fmt.Sprintf("%d-0", i+1)
		h.admitLongAgo(id, int64(i+1))
		ids = append(ids, id)
	}
	held := h.deliver(60) // read by a consumer
	h.vandal(ids...)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(h.recover)
	}
	h.store(held)
	h.told(held)
	wg.Wait()
	h.recover()
	h.bring()
	h.inStep("recovered")
	if s := h.state(); s.Left != 0 || s.InFlight != 0 || h.count(liveOrders) != 40 {
		t.Errorf("%+v", s)
	}
}
