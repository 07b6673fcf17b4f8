package model_test

import (
	"testing"

	"seckill/internal/servertest"
	"seckill/model"
)

// TestNoCircuitBreakerStandsBeforeTheDatabase fails often enough for go-zero's breaker to
// open, and then asks for what the database can answer.
func TestNoCircuitBreakerStandsBeforeTheDatabase(t *testing.T) {
	const failures, calls = 300, 100
	pool := servertest.Pool(t)
	exec := func(statement string) {
		t.Helper()
		if _, err := pool.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	exec("INSERT INTO seckill_products (product_id) VALUES (1)")
	products := model.NewSeckillProductsModel(pool.Conn())
	exec("ALTER TABLE seckill_products RENAME TO away")
	for range failures {
		if _, err := products.FindOne(t.Context(), 1); err == nil {
			t.Fatal("a table that is not there was read")
		}
	}
	exec("ALTER TABLE away RENAME TO seckill_products")
	for range calls {
		if _, err := products.FindOne(t.Context(), 1); err != nil {
			t.Fatalf("after %d failures: %v", failures, err)
		}
	}
}
