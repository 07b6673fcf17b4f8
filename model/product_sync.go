package model

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// ProductState is what background roles need to know of a product.
type ProductState struct {
	ProductID int64
	Status    string
	Drained   bool // ended, and nothing of it is on its way
}

// ProductStates lists every product whose keys in Redis have not been removed: of one that
// is deleted an entry may still come.
func (p *Pool) ProductStates(ctx context.Context) ([]ProductState, error) {
	rows, err := p.Query(ctx, `
SELECT p.product_id, p.status, d.product_id IS NOT NULL
  FROM seckill_products p LEFT JOIN seckill_drained_products d ON d.product_id = p.product_id
 WHERE d.retired_at IS NULL ORDER BY p.product_id`)
	if err != nil {
		return nil, fmt.Errorf("list product states: %w", err)
	}
	states, err := pgx.CollectRows(rows, pgx.RowToStructByPos[ProductState])
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
