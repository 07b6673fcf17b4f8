package model

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// notDeleted holds of the products that an operator has not deleted; of a deleted one
// nothing stays but its rows.
const notDeleted = "deleted_at IS NULL"

// LockProductRow locks the row of a product and returns it, ErrNotFound when there
// is none.
func LockProductRow(ctx context.Context, tx pgx.Tx, productID int64) (SeckillProducts, error) {
	query := "SELECT " + seckillProductsRows + " FROM seckill_products WHERE product_id = $1 AND " + notDeleted + " FOR NO KEY UPDATE"
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
       payment_window_seconds = $9, ended_at = $10, updated_at = clock_timestamp()
 WHERE product_id = $1 RETURNING `+seckillProductsRows,
		p.ProductId, p.Name, p.Status, p.StockTotal, p.StockLeft, p.PerUserLimit, p.StartsAt, p.EndsAt,
		p.PaymentWindowSeconds, p.EndedAt)
}

// DeleteProduct marks a product that the transaction has locked as deleted.
func DeleteProduct(ctx context.Context, tx pgx.Tx, productID int64) error {
	_, err := tx.Exec(ctx, "UPDATE seckill_products SET deleted_at = clock_timestamp(), updated_at = clock_timestamp() WHERE product_id = $1", productID)
	if err != nil {
		return fmt.Errorf("delete product %d: %w", productID, err)
	}
	return nil
}

// Unfinished counts what may still change stock and orders of a product: orders that can be
// paid, and moves that its gate has not been told, with entries that go to the stream again.
func Unfinished(ctx context.Context, tx pgx.Tx, productID int64) (pendingOrders, pendingMoves int64, err error) {
	err = tx.QueryRow(ctx, `
SELECT (SELECT count(*) FROM seckill_orders WHERE product_id = $1 AND status = 'PENDING_PAYMENT'),
       (SELECT count(*) FROM seckill_moves WHERE product_id = $1) +
       (SELECT count(*) FROM seckill_resent_letters WHERE product_id = $1 AND stream_id IS NULL)`, productID).Scan(&pendingOrders, &pendingMoves)
	if err != nil {
		return 0, 0, fmt.Errorf("count what is unfinished of product %d: %w", productID, err)
	}
	return pendingOrders, pendingMoves, nil
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
