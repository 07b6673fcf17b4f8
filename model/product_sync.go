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
}

// ProductStates lists every product.
func (p *Pool) ProductStates(ctx context.Context) ([]ProductState, error) {
	rows, err := p.Query(ctx,
		"SELECT product_id, status FROM seckill_products ORDER BY product_id")
	if err != nil {
		return nil, fmt.Errorf("list product states: %w", err)
	}
	states, err := pgx.CollectRows(rows, pgx.RowToStructByPos[ProductState])
	if err != nil {
		return nil, fmt.Errorf("list product states: %w", err)
	}
	return states, nil
}

// AddRecordOnlyProducts writes a record-only product for each of the given IDs
// that has no row yet.
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
