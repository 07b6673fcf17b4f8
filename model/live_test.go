package model_test

import (
	"slices"
	"testing"
	"time"

	"seckill/internal/servertest"
	"seckill/model"
)

// TestLiveProductsAreThoseThatAreAskedForAndTheLatest: of the others no more than some.
func TestLiveProductsAreThoseThatAreAskedForAndTheLatest(t *testing.T) {
	pool := servertest.Pool(t)
	for _, statement := range []string{
		`INSERT INTO seckill_products (product_id, name, stock_total, stock_left) SELECT n, 'p' || n, 5, 5 FROM generate_series(1, 9) n`,
		`UPDATE seckill_products SET status = 'ENDED' WHERE product_id IN (1, 8, 9)`,
		`UPDATE seckill_products SET deleted_at = now() WHERE product_id = 7`,
		`INSERT INTO seckill_drained_products (product_id) VALUES (1), (9)`,
		`INSERT INTO seckill_dead_letters (product_id, stream_id, reason, fingerprint, status)
			VALUES (6, '1-0', 'INVALID_UID', 'x', 'OPEN'), (6, '2-0', 'INVALID_UID', 'x', 'DISCARDED')`,
		`INSERT INTO seckill_moves (product_id, number, units, created_at) VALUES (6, 1, 1, now() - interval '40 s'), (6, 2, 1, now())`,
		`INSERT INTO seckill_orders (product_id, user_id, stream_id, slot, expires_at) VALUES (6, 1, '1-0', 1, now() - interval '50 s')`,
	} {
		if _, err := pool.Exec(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	for _, tt := range []struct {
		name  string
		asked []int64
		all   bool
		most  int
		want  []int64
	}{
		{"those alone", []int64{1, 2, 7, 77}, false, 3, []int64{2, 1}},
		{"those and the latest", []int64{1, 2}, true, 2, []int64{2, 1, 8, 6}},
		{"all", nil, true, 100, []int64{8, 6, 5, 4, 3, 2}},
		{"none", []int64{}, false, 100, nil},
	} {
		found, err := pool.LiveProducts(t.Context(), tt.asked, tt.all, tt.most)
		var ids []int64
		for _, p := range found {
			ids = append(ids, p.ProductID)
			if p.Watched != (p.ProductID != 1) || *p.StockTotal != 5 || p.PerUserLimit != 1 || p.Name == "" {
				t.Errorf("%s: %+v", tt.name, p)
			}
			if waits := p.OpenDeadLetters == 1 && within(p.OldestMove, 40) && within(p.OldestOverdue, 50); waits != (p.ProductID == 6) {
				t.Errorf("%s: %+v", tt.name, p)
			}
		}
		if err != nil || !slices.Equal(ids, tt.want) {
			t.Errorf("%s: %v, %v, want %v", tt.name, ids, err, tt.want)
		}
	}
	orders, err := pool.LiveOrders(t.Context(), []int64{5, 6, 7})
	byProduct := map[int64]model.LiveOrders{}
	for _, o := range orders {
		byProduct[o.ProductID] = o
	}
	if err != nil || len(byProduct) != 2 || byProduct[6].ByStatus["PENDING_PAYMENT"] != 1 || len(byProduct[5].ByStatus) != 0 || *byProduct[6].StockLeft != 5 {
		t.Errorf("orders %+v, %v", orders, err)
	}
	stocks, err := pool.StocksAndMoves(t.Context(), []int64{5, 6, 7}, []int64{0, 1, 0})
	if err != nil || len(stocks) != 2 || stocks[5].Left != 5 || len(stocks[5].Units) != 0 || !slices.Equal(stocks[6].Units, []int64{1}) {
		t.Errorf("stocks %+v, %v", stocks, err)
	}
}

// within reports whether an age is some seconds, and not a minute more.
func within(age time.Duration, seconds int) bool {
	least := time.Duration(seconds) * time.Second
	return age >= least && age < least+time.Minute
}
