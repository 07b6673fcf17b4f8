package model_test

import (
	"math"
	"strings"
	"testing"

	"seckill/internal/servertest"
	"seckill/model"
)

// TestProductPagesStayOnTheIndex: a page costs as many rows as it has, however many
// products there are.
func TestProductPagesStayOnTheIndex(t *testing.T) {
	pool := servertest.Pool(t)
	for _, statement := range []string{
		`ALTER TABLE seckill_products SET (autovacuum_enabled = off)`,
		`INSERT INTO seckill_products (product_id) VALUES (1)`,
		`ANALYZE seckill_products`,
		`INSERT INTO seckill_products (product_id) SELECT generate_series(2, 20000)`,
	} {
		if _, err := pool.Exec(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	for name, query := range map[string]string{"of products": model.FindProducts, "of their IDs": model.FindProductIDs} {
		for place, last := range map[string]int64{"the first page ": math.MaxInt64, "a page in the middle ": 10000} {
			t.Run(place+name, func(t *testing.T) {
				var plan strings.Builder
				lines, err := pool.Query(t.Context(), "EXPLAIN (ANALYZE, TIMING OFF, COSTS OFF) "+query, last, 21)
				if err != nil {
					t.Fatal(err)
				}
				for lines.Next() {
					var line string
					if err := lines.Scan(&line); err != nil {
						t.Fatal(err)
					}
					plan.WriteString(line + "\n")
				}
				if err := lines.Err(); err != nil {
					t.Fatal(err)
				}
				if !strings.Contains(plan.String(), "seckill_products_pkey") || strings.Contains(plan.String(), "Sort") ||
					strings.Contains(plan.String(), "Removed") {
					t.Errorf("reads rows in vain:\n%s", plan.String())
				}
			})
		}
	}
}

func TestProductPage(t *testing.T) {
	pool := servertest.Pool(t)
	if err := pool.AddRecordOnlyProducts(t.Context(), []int64{1, 7, 1001, math.MaxInt64}); err != nil {
		t.Fatal(err)
	}
	products := model.NewSeckillProductsModel(pool.Conn())
	for _, tt := range []struct {
		name  string
		last  int64
		limit int
		want  []int64
	}{
		{"is the highest first", math.MaxInt64, 3, []int64{math.MaxInt64, 1001, 7}},
		{"begins with the last that it may hold", 1001, 3, []int64{1001, 7, 1}},
		{"may be short", 6, 3, []int64{1}},
		{"may be empty", 0, 3, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			page, err := products.FindPage(t.Context(), tt.last, tt.limit)
			if err != nil || len(page) != len(tt.want) {
				t.Fatalf("%d products, %v", len(page), err)
			}
			for i, id := range tt.want {
				if page[i].ProductId != id || page[i].Status != "ACTIVE" || page[i].CreatedAt.IsZero() {
					t.Errorf("product %d of the page = %+v, want %d", i, page[i], id)
				}
			}
		})
	}
}
