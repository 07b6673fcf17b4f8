package books_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// TestWhoeverIsToldFindsTheGateToldOfHisOwnMove, however many move at once.
func TestWhoeverIsToldFindsTheGateToldOfHisOwnMove(t *testing.T) {
	h := newHouse(t)
	h.create(seckill.Product{StockTotal: new(int64(1000)), PerUserLimit: 1})
	var race sync.WaitGroup
	for range 30 {
		race.Go(func() {
			row, err := h.ledger.RestockProduct(t.Context(), "tester", 1, 1, "more")
			if err != nil {
				t.Error(err)
				return
			}
			if err := h.keeper.Told(t.Context(), 1); err != nil {
				t.Error(err)
				return
			}
			state, err := h.gate.State(t.Context(), 1)
			if err != nil || state.Left < row.StockLeft.Int64 {
				t.Errorf("the gate has %d left, %v; the books had %d before", state.Left, err, row.StockLeft.Int64)
			}
		})
	}
	race.Wait()
	h.inStep("at the end")
}

// TestWhoWaitsForTheGateWaitsNotLongerThanHeLikes while Redis is silent.
func TestWhoWaitsForTheGateWaitsNotLongerThanHeLikes(t *testing.T) {
	server := servertest.Redis(t)
	h := newHouseOn(t, server.Addr(), servertest.Pool(t))
	h.create(hourly())
	h.must(server.Pause(t.Context()))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := h.keeper.Told(ctx, 1); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want the end of his patience", err)
	}
	h.must(server.Resume(t.Context()))
	servertest.Eventually(t, "the gate can be told again", func() bool { return h.keeper.Told(t.Context(), 1) == nil })
}
