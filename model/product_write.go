package model

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// LockProductRow locks the row of a product and returns it, ErrNotFound when there
// is none.
func LockProductRow(ctx context.Context, tx pgx.Tx, productID int64) (SeckillProducts, error) {
	query := "SELECT " + seckillProductsRows + " FROM seckill_products WHERE product_id = $1 FOR NO KEY UPDATE"
	return oneRow[SeckillProducts](ctx, tx, "lock product", query, productID)
}

// InsertProduct writes a product that is new, and returns it as stored. It fails
// with an error for which IsProductKey holds when the product exists.
func InsertProduct(ctx context.Context, tx pgx.Tx, p SeckillProducts) (SeckillProducts, error) {
	return oneRow[SeckillProducts](ctx, tx, "insert product", `
INSERT INTO seckill_products (product_id, name, status, stock_total, stock_left, per_user_limit, starts_at, ends_at,
                              payment_window_seconds)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING `+seckillProductsRows,
		p.ProductId, p.Name, p.Status, p.StockTotal, p.StockLeft, p.PerUserLimit, p.StartsAt, p.EndsAt, p.PaymentWindowSeconds)
}

// UpdateProduct writes a product that the transaction has locked, and returns it as
// stored.
func UpdateProduct(ctx context.Context, tx pgx.Tx, p SeckillProducts) (SeckillProducts, error) {
	return oneRow[SeckillProducts](ctx, tx, "update product", `
UPDATE seckill_products
   SET name = $2, status = $3, stock_total = $4, stock_left = $5, per_user_limit = $6, starts_at = $7, ends_at = $8,
       payment_window_seconds = $9, ended_at = $10, updated_at = now()
 WHERE product_id = $1 RETURNING `+seckillProductsRows,
		p.ProductId, p.Name, p.Status, p.StockTotal, p.StockLeft, p.PerUserLimit, p.StartsAt, p.EndsAt,
		p.PaymentWindowSeconds, p.EndedAt)
}

// oneRow runs a query that answers with one row of a goctl model; what names it in
// errors.
func oneRow[T any](ctx context.Context, tx pgx.Tx, what, query string, args ...any) (T, error) {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		var none T
		return none, fmt.Errorf("%s: %w", what, err)
	}
	row, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[T])
	if isNoRows(err) {
		err = ErrNotFound
	}
	if err != nil {
		return row, fmt.Errorf("%s: %w", what, err)
	}
	return row, nil
}
