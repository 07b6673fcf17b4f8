package model_test

import (
	"context"
	"errors"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"seckill/internal/servertest"
	"seckill/model"
)

// stocked opens a database with product 1, which has ten units.
func stocked(t *testing.T) *model.Pool {
	t.Helper()
	pool := servertest.Pool(t)
	exec(t, pool, "INSERT INTO seckill_products (product_id, stock_total, stock_left) VALUES (1, 10, 10)")
	return pool
}

func exec(t *testing.T, pool *model.Pool, sql string, args ...any) {
	t.Helper()
	if _, err := pool.Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

func TestAnEpochBeginsWithWhatIsSettledAtThatMoment(t *testing.T) {
	pool := stocked(t)
	exec(t, pool, `INSERT INTO seckill_orders (product_id, user_id, stream_id, status, slot) VALUES
		(1, 10, '1-0', 'PAID', 1), (1, 11, '2-0', 'CANCELLED', 1)`)
	exec(t, pool, "UPDATE seckill_products SET stock_left = 9, per_user_limit = 3, ends_at = '2030-01-01Z', moves = 2 WHERE product_id = 1")
	exec(t, pool, "INSERT INTO seckill_moves (product_id, number, units) VALUES (1, 2, 5), (2, 1, 1)")
	exec(t, pool, "INSERT INTO seckill_logs (product_id, user_id, stream_id) VALUES (1, 10, '1-0'), (2, 12, '3-0')")
	exec(t, pool, "INSERT INTO seckill_dead_letters (product_id, stream_id, fields, reason, deliveries, fingerprint) VALUES (1, '4-0', '{}', 'x', 1, 'f')")
	e, err := pool.BeginEpoch(t.Context(), 1, 0, []string{"1-0", "3-0", "4-0", "3-0"}, []string{"5-0", "1-0"})
	if err != nil {
		t.Fatal(err)
	}
	want := model.NewEpoch{
		GateProduct: model.GateProduct{
			ProductID: 1, Epoch: e.Epoch, Moves: e.Moves, MoveToken: e.MoveToken, Settled: true, Left: 9, Status: "ACTIVE", PerUserLimit: 3, EndsAt: e.EndsAt,
		},
		Unsettled: map[string]bool{"3-0": true, "5-0": true},
		Holders:   map[int64]int64{10: 1},
	}
	if e.Epoch <= 1<<40 || e.Epoch >= 1<<53 || e.Moves <= 1<<40 || e.Moves >= 1<<53 || e.MoveToken == 0 {
		t.Errorf("numbers that may come back: epoch %d, move %d, token %d", e.Epoch, e.Moves, e.MoveToken)
	}
	if !reflect.DeepEqual(e, want) || !e.EndsAt.Equal(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("got  %+v\nwant %+v", e, want)
	}
	for sql, n := range map[string]int{
		"SELECT count(*) FROM seckill_moves WHERE product_id = 1":                                 0,
		"SELECT count(*) FROM seckill_moves WHERE product_id = 2":                                 1,
		"SELECT count(*) FROM seckill_carried_entries WHERE product_id = 1":                       1,
		"SELECT count(*) FROM seckill_carried_entries WHERE product_id = 1 AND stream_id = '3-0'": 1,
	} {
		if got := servertest.Count(t, pool, sql); got != n {
			t.Errorf("%s: %d, want %d", sql, got, n)
		}
	}
	again, err := pool.BeginEpoch(t.Context(), 1, e.Epoch, nil, nil)
	if err != nil || again.Epoch <= e.Epoch || again.Moves <= e.Moves || again.MoveToken == e.MoveToken {
		t.Errorf("after %+v came %+v, %v", e, again, err)
	}
	if n := servertest.Count(t, pool, "SELECT count(*) FROM seckill_carried_entries"); n != 0 {
		t.Errorf("%d entries are carried by an epoch that carried none", n)
	}
}

func TestAnEpochBeginsOnce(t *testing.T) {
	pool := stocked(t)
	var begun atomic.Int64
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			switch _, err := pool.BeginEpoch(context.Background(), 1, 0, []string{"1-0"}, nil); {
			case err == nil:
				begun.Add(1)
			case !errors.Is(err, model.ErrSuperseded):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if begun.Load() != 1 {
		t.Errorf("the epoch has begun %d times", begun.Load())
	}
	if _, err := pool.BeginEpoch(t.Context(), 7, 0, nil, nil); !errors.Is(err, model.ErrNotFound) {
		t.Errorf("an unknown product: %v", err)
	}
}

// TestAnEpochWaitsForTheSettlementThatIsUnderWay, and sees what it has settled.
func TestAnEpochWaitsForTheSettlementThatIsUnderWay(t *testing.T) {
	pool := stocked(t)
	s, err := pool.BeginSettlement(t.Context(), 1, nil, nil, model.Known{})
	if err != nil {
		t.Fatal(err)
	}
	begun := make(chan model.NewEpoch, 1)
	go func() {
		e, err := pool.BeginEpoch(context.Background(), 1, 0, []string{"1-0", "2-0"}, nil)
		if err != nil {
			t.Error(err)
		}
		begun <- e
	}()
	servertest.Eventually(t, "the epoch waits", func() bool {
		return servertest.Count(t, pool, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()") == 1
	})
	err = s.Commit(t.Context(), []model.NewOrder{{ProductID: 1, UserID: 10, StreamID: "1-0", Status: "CONFIRMED", Slot: 1}},
		[]model.NewLog{{ProductID: 1, UserID: 10, StreamID: "1-0", Status: "SUCCESS"}}, &model.Move{Units: -1, Taken: []int64{10}})
	if err != nil {
		t.Fatal(err)
	}
	if e := <-begun; e.Left != 9 || e.Moves <= 1 || len(e.Unsettled) != 1 || !e.Unsettled["2-0"] || e.Holders[10] != 1 {
		t.Errorf("%+v", e)
	}
}

func TestCarriedEntriesAreThoseOfTheProduct(t *testing.T) {
	pool := stocked(t)
	exec(t, pool, "INSERT INTO seckill_products (product_id, stock_total, stock_left) VALUES (2, 1, 1)")
	for product, id := range map[int64]string{1: "1-0", 2: "2-0"} {
		if _, err := pool.BeginEpoch(t.Context(), product, 0, []string{id}, nil); err != nil {
			t.Fatal(err)
		}
	}
	s, err := pool.BeginSettlement(t.Context(), 1, nil, nil, model.Known{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Rollback(t.Context())
	carried, err := s.Carried(t.Context(), []string{"1-0", "2-0", "3-0"})
	if err != nil || !reflect.DeepEqual(carried, map[string]bool{"1-0": true}) || s.Product.Epoch <= 1 {
		t.Errorf("%v of epoch %d, %v", carried, s.Product.Epoch, err)
	}
}

func TestTheGatesOfProductsThatEndedLongAgoAreNotListed(t *testing.T) {
	pool := stocked(t)
	exec(t, pool, `INSERT INTO seckill_products (product_id, status, ended_at, updated_at, gate_epoch, moves) VALUES
		(2, 'ENDED', now(), now(), 3, 4), (3, 'ENDED', now(), now() - interval '2 hours', 0, 0), (4, 'PAUSED', NULL, now() - interval '2 hours', 0, 0)`)
	states, err := pool.GateStates(t.Context())
	want := []model.GateState{{ProductID: 1}, {ProductID: 2, Epoch: 3, Moves: 4}, {ProductID: 4}}
	if err != nil || !reflect.DeepEqual(states, want) {
		t.Errorf("%+v, %v", states, err)
	}
	if _, err := pool.GateProduct(t.Context(), 9); !errors.Is(err, model.ErrNotFound) {
		t.Errorf("an unknown product: %v", err)
	}
}

// inTx runs something in a transaction that is rolled back.
func inTx(t *testing.T, pool *model.Pool, do func(tx pgx.Tx)) {
	t.Helper()
	tx, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.Background()) }()
	do(tx)
}
