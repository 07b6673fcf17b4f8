package books_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/internal/admission"
	"seckill/internal/books"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/internal/stream"
)

// busy is a sale in full swing, in which units also come back.
func busy(t *testing.T) (h *house, end func()) {
	t.Helper()
	h = newHouse(t)
	h.create(seckill.Product{StockTotal: new(int64(100_000)), PaymentWindow: time.Hour})
	h.run(h.keeper.Role())
	h.consume("a")
	h.consume("b")
	crowd := newRush(h, 6, 500)
	crowd.wait(20)
	done := make(chan struct{})
	go func() { defer close(done); h.meddle(0) }()
	return h, func() { <-done; crowd.stop(); h.quiet() }
}

// wait waits until so many were admitted.
func (r *rush) wait(n int) {
	r.h.t.Helper()
	servertest.Eventually(r.h.t, "the sale is in full swing", func() bool { return r.under(0) >= n })
}

func TestRepairCorrectsTheGateByWhatItIsOffWhileTheSaleGoesOn(t *testing.T) {
	h, end := busy(t)
	audited := func(difference int64) int {
		return h.count("SELECT count(*) FROM seckill_audit WHERE actor = 'olga' AND action = 'books.repair' AND target = 'product:1' AND (detail->>'difference')::bigint = $1", difference)
	}
	for _, off := range []int64{7, -5, 1, -200, 40} {
		h.must(h.client.HIncrBy(t.Context(), key("gate"), "left", off).Err())
		if got, err := h.keeper.Repair(t.Context(), "olga", 1); err != nil || got != -off {
			t.Errorf("off by %d: corrected by %d, %v", off, got, err)
		}
		if n := audited(-off); n != 1 {
			t.Errorf("off by %d: %d audit rows", off, n)
		}
	}
	end()
	if s := h.state(); s.Epoch != h.first {
		t.Errorf("the gate was made anew: epoch %d", s.Epoch)
	}
}

func TestRepairOfWhatIsRightChangesNothing(t *testing.T) {
	h, end := busy(t)
	for range 30 {
		got, err := h.keeper.Repair(t.Context(), "olga", 1)
		// Where the gate is told something at each try, or a lock is not to be had, nothing is
		// done; how often that happens is up to the machine.
		if passes := seckill.ErrorCode(err) == seckill.CodeUnavailable || timedOut(err); got != 0 || err != nil && !passes {
			t.Errorf("corrected by %d, %v", got, err)
		}
	}
	end()
	if got, err := h.keeper.Repair(t.Context(), "olga", 1); err != nil || got != 0 {
		t.Errorf("when quiet: corrected by %d, %v", got, err)
	}
	if n := h.count("SELECT count(*) FROM seckill_audit WHERE action = 'books.repair'"); n != 0 {
		t.Errorf("%d audit rows", n)
	}
}

// TestTwoWhoRepairCorrectOnce: the second finds nothing to do.
func TestTwoWhoRepairCorrectOnce(t *testing.T) {
	h := newHouse(t)
	h.create(hourly())
	h.admit(10)
	h.must(h.client.HIncrBy(t.Context(), key("gate"), "left", 3).Err())
	other := h.replica()
	sums := make(chan int64, 2)
	for _, k := range []*books.Keeper{h.keeper, other.keeper} {
		go func() {
			got, err := k.Repair(context.Background(), "olga", 1)
			if err != nil {
				t.Error(err)
			}
			sums <- got
		}()
	}
	if sum := <-sums + <-sums; sum != -3 {
		t.Errorf("corrected by %d together", sum)
	}
	h.inStep("repaired")
}

// TestRepairForgetsWhatIsSettled: it is not in flight, whatever the gate thinks.
func TestRepairForgetsWhatIsSettled(t *testing.T) {
	h := newHouse(t)
	h.create(hourly())
	h.admit(10, 11, 12)
	h.store(h.deliver(2)) // and nobody tells the gate
	h.want("before", "left 2, flying 3, 10×1 11×1 12×1")
	if got, err := h.keeper.Repair(t.Context(), "olga", 1); err != nil || got != 0 {
		t.Errorf("corrected by %d, %v", got, err)
	}
	h.want("after", "left 2, flying 1, 10×1 11×1 12×1")
	h.inStep("repaired")
}

func TestRepairOfAGateThatIsMissingOpensIt(t *testing.T) {
	h := newHouse(t)
	h.create(hourly())
	h.must(h.client.FlushAll(t.Context()).Err())
	if got, err := h.keeper.Repair(t.Context(), "olga", 1); err != nil || got != 0 {
		t.Errorf("corrected by %d, %v", got, err)
	}
	h.inStep("repaired")
	for product, want := range map[int64]seckill.Code{2: seckill.CodeRecordOnly, 3: seckill.CodeProductNotFound} {
		h.exec("INSERT INTO seckill_products (product_id) VALUES (2) ON CONFLICT DO NOTHING")
		if _, err := h.keeper.Repair(t.Context(), "olga", product); seckill.ErrorCode(err) != want {
			t.Errorf("product %d: %v, want %s", product, err, want)
		}
	}
}

// TestDryRepairTellsWhatRepairDoes in every state of a gate, and changes nothing.
func TestDryRepairTellsWhatRepairDoes(t *testing.T) {
	for name, spoil := range map[string]func(h *house){
		"nothing is off":                func(*house) {},
		"the gate has too many":         func(h *house) { h.must(h.client.HIncrBy(t.Context(), key("gate"), "left", 3).Err()) },
		"the gate has too few":          func(h *house) { h.must(h.client.HIncrBy(t.Context(), key("gate"), "left", -2).Err()) },
		"a move is on its way":          func(h *house) { h.restock(2) },
		"nobody told it what is stored": func(h *house) { h.store(h.deliver(2)) },
		"there is no gate":              func(h *house) { h.must(h.client.Del(t.Context(), key("gate")).Err()) },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.create(hourly())
			h.admit(10, 11, 12)
			spoil(h)
			before := h.everything()
			dry, err := h.keeper.DryRepair(t.Context(), 1)
			if err != nil {
				t.Fatal(err)
			}
			if after := h.everything(); after != before {
				t.Errorf("changed\n%s\nto\n%s", before, after)
			}
			if done, err := h.keeper.Repair(t.Context(), "olga", 1); err != nil || done != dry {
				t.Errorf("corrected by %d, %v; foretold %d", done, err, dry)
			}
		})
	}
}

// everything is what a gate and the books hold that a repair can change.
func (h *house) everything() string {
	h.t.Helper()
	gate, err := h.client.HGetAll(h.t.Context(), key("gate")).Result()
	h.must(err)
	flying, err := h.client.HGetAll(h.t.Context(), key("inflight")).Result()
	h.must(err)
	return fmt.Sprint(gate, flying, h.count("SELECT count(*) FROM seckill_audit"), h.count("SELECT count(*) FROM seckill_moves"),
		h.count("SELECT count(*) FROM seckill_products WHERE product_id = 1 AND gate_epoch = $1", h.first))
}

func TestDryRepairOfABusyGateIsRight(t *testing.T) {
	h, end := busy(t)
	for _, off := range []int64{7, -5, 1} {
		h.must(h.client.HIncrBy(t.Context(), key("gate"), "left", off).Err())
		servertest.Eventually(t, "the gate is looked at", func() bool {
			dry, err := h.keeper.DryRepair(t.Context(), 1)
			if passes := seckill.ErrorCode(err) == seckill.CodeUnavailable || timedOut(err); err != nil && !passes || err == nil && dry != -off {
				t.Errorf("off by %d: foretold %d, %v", off, dry, err)
			}
			return err == nil
		})
		if got, err := h.keeper.Repair(t.Context(), "olga", 1); err != nil || got != -off {
			t.Errorf("off by %d: corrected by %d, %v", off, got, err)
		}
	}
	end()
}

func TestDryRepairOfWhatHasNoBooks(t *testing.T) {
	h := newHouse(t)
	h.exec("INSERT INTO seckill_products (product_id) VALUES (2)")
	for product, want := range map[int64]seckill.Code{2: seckill.CodeRecordOnly, 3: seckill.CodeProductNotFound} {
		if _, err := h.keeper.DryRepair(t.Context(), product); seckill.ErrorCode(err) != want {
			t.Errorf("product %d: %v, want %s", product, err, want)
		}
	}
}

// TestRepairCountsMovesThatCameAtTheLastMoment: after the gate was brought in step and
// before the product was locked. When somebody else tells the gate of them after the gate
// was read, they are dropped, and what the repair finds is worth nothing, even if it looks
// right; it looks again.
func TestRepairCountsMovesThatCameAtTheLastMoment(t *testing.T) {
	for _, tt := range []struct {
		name       string
		off        int64
		told       bool // while the gate is read
		difference int64
	}{
		{"nothing is off", 0, false, 0},
		{"something is off", 3, false, -3},
		{"the gate is told of them", -1, true, 1},
		{"what is dropped looks like what is off", 2, true, -2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			h.create(hourly())
			h.must(h.client.HIncrBy(t.Context(), key("gate"), "left", tt.off).Err())
			relay := &afterRead{before: func() { h.restock(2) }, after: func() {}}
			if tt.told {
				relay.after = h.bring
			}
			client := redis.NewClient(&redis.Options{Addr: h.client.(*redis.Client).Options().Addr})
			t.Cleanup(func() { _ = client.Close() })
			client.AddHook(relay)
			keeper := books.NewKeeper(h.pool, admission.NewGate(client), stream.NewInspector(client, "g1", seckill.StreamKey), h.ledger)
			if got, err := keeper.Repair(t.Context(), "olga", 1); err != nil || got != tt.difference {
				t.Errorf("corrected by %d, %v; want %d", got, err, tt.difference)
			}
			if again := relay.reads.Load() > 1; again != tt.told {
				t.Errorf("the gate was read %d times", relay.reads.Load())
			}
			h.inStep("repaired")
			want := 1
			if tt.difference == 0 {
				want = 0
			}
			if n := h.count("SELECT count(*) FROM seckill_audit WHERE action = 'books.repair'"); n != want {
				t.Errorf("%d audit rows, want %d", n, want)
			}
		})
	}
}

// afterRead does something before the transaction of a repair and something after its
// first look at the gate.
type afterRead struct {
	before, after func()
	reads         atomic.Int64
	applied       atomic.Bool
}

func (*afterRead) DialHook(next redis.DialHook) redis.DialHook { return next }

// ProcessHook does the first thing after the gate was brought in step.
func (a *afterRead) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := next(ctx, cmd)
		if name := strings.ToUpper(cmd.Name()); strings.HasPrefix(name, "EVAL") && a.before != nil && a.applied.CompareAndSwap(false, true) {
			a.before()
		}
		return err
	}
}

// ProcessPipelineHook does the second after the gate was read, in a transaction of Redis.
func (a *afterRead) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		err := next(ctx, cmds)
		if strings.EqualFold(cmds[0].Name(), "multi") && a.reads.Add(1) == 1 {
			a.after()
		}
		return err
	}
}
