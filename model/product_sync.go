package model

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// ProductState is what background roles need to know of a product.
type ProductState struct {
	ProductID int64
	Status    string
	Drained   bool // ended, and nothing of it is on its way
	Dormant   bool // its sale is far off, or over without having been ended, and nothing has changed of late
}

// dormant is true of the settled products, as p, whose sale begins in more than a day or was
// over an hour ago, and of which nothing has changed for an hour. Nobody can win one, and what
// comes all the same is refused; so they are looked at less often than the others. Without
// stock there is no window.
const dormant = `(p.stock_total IS NOT NULL AND p.updated_at < now() - interval '1 hour'
   AND (p.starts_at > now() + interval '1 day' OR p.ends_at < now() - interval '1 hour'))`

// awake is true of the others; a window may have no beginning and no end.
const awake = `NOT coalesce(` + dormant + `, false)`

// ProductStates lists every product whose keys in Redis have not been removed, by their IDs:
// of one that is deleted an entry may still come.
func (p *Pool) ProductStates(ctx context.Context) ([]ProductState, error) {
	return p.productStates(ctx, "")
}

// RecentProductStates lists those of them that have changed, or were found to be drained,
// within the given time. That one is not drained after all it does not show.
func (p *Pool) RecentProductStates(ctx context.Context, within time.Duration) ([]ProductState, error) {
	return p.productStates(ctx,
		" AND (p.updated_at > now() - make_interval(secs => $1) OR d.drained_at > now() - make_interval(secs => $1))", within.Seconds())
}

func (p *Pool) productStates(ctx context.Context, and string, args ...any) ([]ProductState, error) {
	rows, err := p.Query(ctx, `
SELECT p.product_id, p.status, d.product_id IS NOT NULL, coalesce(`+dormant+`, false)
  FROM seckill_products p LEFT JOIN seckill_drained_products d ON d.product_id = p.product_id
 WHERE d.retired_at IS NULL`+and+` ORDER BY p.product_id`, args...)
	if err != nil {
		return nil, fmt.Errorf("list product states: %w", err)
	}
	var states []ProductState
	var s ProductState
	_, err = pgx.ForEachRow(rows, []any{&s.ProductID, &s.Status, &s.Drained, &s.Dormant}, func() error {
		states = append(states, s)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list product states: %w", err)
	}
	return states, nil
}

// ProductIDs lists every product that is not deleted.
func (p *Pool) ProductIDs(ctx context.Context) ([]int64, error) {
	return p.productIDs(ctx, "list products", "SELECT product_id FROM seckill_products WHERE "+notDeleted)
}

// ProductsAmong returns those of the given products that there are.
func (p *Pool) ProductsAmong(ctx context.Context, productIDs []int64) ([]int64, error) {
	return p.productIDs(ctx, "look for products", "SELECT product_id FROM seckill_products WHERE product_id = ANY($1) AND "+notDeleted, productIDs)
}

// AddRecordOnlyProducts writes a record-only product for each of the given IDs
// that has no row yet. One that was deleted has one, and stays deleted.
func (p *Pool) AddRecordOnlyProducts(ctx context.Context, productIDs []int64) error {
	err := p.InTx(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
INSERT INTO seckill_products (product_id) SELECT unnest($1::bigint[])
ON CONFLICT (product_id) DO NOTHING`, productIDs)
		return err
	})
	if err != nil {
		return fmt.Errorf("add products of the configuration: %w", err)
	}
	return nil
}
