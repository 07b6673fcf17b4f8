package model_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/jackc/pgx/v5"

	"seckill/model"
)

// write writes moves of product 1.
func write(t *testing.T, pool *model.Pool, moves ...model.Move) {
	t.Helper()
	for _, m := range moves {
		err := pool.InTx(t.Context(), func(tx pgx.Tx) error {
			if _, err := model.LockStock(t.Context(), tx, 1); err != nil {
				return err
			}
			return model.InsertMove(t.Context(), tx, 1, m)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestMovesAreReadInPagesAndDropped(t *testing.T) {
	pool := stocked(t)
	all := []model.Move{
		{Units: -2, Taken: []int64{7, 7}, Freed: []int64{}},
		{Units: 1, Taken: []int64{}, Freed: []int64{8}},
		{Units: 5, Taken: []int64{}, Freed: []int64{}},
		{Units: 0, Taken: []int64{1 << 62}, Freed: []int64{9}},
	}
	write(t, pool, all...)
	for i := range all {
		all[i].Number = int64(i + 1)
	}
	tokens := map[int64]int64{}
	want := func(what string, above int64, limit int, list []model.Move) {
		t.Helper()
		product, rows, err := pool.Moves(t.Context(), 1, above, limit)
		for i := range rows {
			number := rows[i].Number
			if rows[i].Token == 0 || number > 1 && rows[i].After != tokens[number-1] {
				t.Errorf("%s: move %d does not name the one before: %+v", what, number, rows[i])
			}
			tokens[number] = rows[i].Token
			rows[i].Token, rows[i].After = 0, 0
		}
		if err != nil || product.Moves != 4 || product.Left != 10 || !product.Settled || !reflect.DeepEqual(rows, list) {
			t.Errorf("%s: %+v, %+v, %v", what, product, rows, err)
		}
	}
	want("a page", 0, 3, all[:3])
	want("the next one", 3, 3, all[3:])
	want("the end", 4, 3, nil)
	if err := pool.DropMoves(t.Context(), 1, 2); err != nil {
		t.Fatal(err)
	}
	want("after the first have gone", 0, 3, all[2:])
	inTx(t, pool, func(tx pgx.Tx) {
		for above, units := range map[int64]int64{0: 5, 2: 5, 3: 0, 9: 0} {
			if got, err := model.PendingUnits(t.Context(), tx, 1, above); err != nil || got != units {
				t.Errorf("%d units above %d, %v; want %d", got, above, err, units)
			}
		}
	})
	s, err := pool.StockAndMoves(t.Context(), 1, 0)
	if err != nil || !reflect.DeepEqual(s, model.StockAndMoves{Left: 10, Moves: 4, Units: []int64{5, 0}}) {
		t.Errorf("%+v, %v", s, err)
	}
	if moving, err := pool.MovingProducts(t.Context()); err != nil || !reflect.DeepEqual(moving, []int64{1}) {
		t.Errorf("%v move, %v", moving, err)
	}
	_, _, err = pool.Moves(t.Context(), 2, 0, 8)
	if _, other := pool.StockAndMoves(t.Context(), 2, 0); !errors.Is(err, model.ErrNotFound) || !errors.Is(other, model.ErrNotFound) {
		t.Errorf("an unknown product: %v, %v", err, other)
	}
}

// TestAMoveThatIsRolledBackLeavesNoGap: the next one takes its number.
func TestAMoveThatIsRolledBackLeavesNoGap(t *testing.T) {
	pool := stocked(t)
	inTx(t, pool, func(tx pgx.Tx) {
		if err := model.InsertMove(t.Context(), tx, 1, model.Move{Units: 1}); err != nil {
			t.Error(err)
		}
	})
	s, err := pool.BeginSettlement(t.Context(), 1, nil, nil, model.Known{})
	if err != nil {
		t.Fatal(err)
	}
	twice := []model.NewLog{{ProductID: 1, UserID: 1, StreamID: "1-0", Status: "FAILED"}, {ProductID: 1, UserID: 1, StreamID: "1-0", Status: "FAILED"}}
	if err := s.Commit(t.Context(), nil, twice, &model.Move{Units: 1}); !model.IsTaken(err) {
		t.Fatalf("an entry twice: %v", err)
	}
	write(t, pool, model.Move{Units: 3})
	product, rows, err := pool.Moves(t.Context(), 1, 0, 8)
	if err != nil || product.Moves != 1 || len(rows) != 1 || rows[0].Number != 1 || rows[0].Units != 3 {
		t.Errorf("%+v, %+v, %v", product, rows, err)
	}
}
