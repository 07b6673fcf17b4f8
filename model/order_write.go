package model

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// LockOrder locks an order and returns it with the database's clock, read after the
// lock was got; ErrNotFound when there is none.
func LockOrder(ctx context.Context, tx pgx.Tx, orderID int64) (SeckillOrders, time.Time, error) {
	order, err := oneRow[SeckillOrders](ctx, tx, "lock order",
		"SELECT "+seckillOrdersRows+" FROM seckill_orders WHERE id = $1 FOR UPDATE", orderID)
	if err != nil {
		return order, time.Time{}, err
	}
	var now time.Time
	if err := tx.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&now); err != nil {
		return order, now, fmt.Errorf("read the database's clock: %w", err)
	}
	return order, now, nil
}

// LockProductOfOrder locks the row of the product that an order belongs to. Who is
// going to change an order calls it first: each change takes a number of the product
// (migrations/012), and a settlement that holds the product may have to wait for the end of
// whoever has changed a live order of its users, so nobody may hold such an order and wait
// for the product.
func LockProductOfOrder(ctx context.Context, tx pgx.Tx, orderID int64) error {
	_, err := tx.Exec(ctx, `
SELECT FROM seckill_products
 WHERE product_id = (SELECT product_id FROM seckill_orders WHERE id = $1) FOR NO KEY UPDATE`, orderID)
	if err != nil {
		return fmt.Errorf("lock product of order: %w", err)
	}
	return nil
}

// UpdateOrder writes the status, the payment and UpdatedAt of an order that the
// transaction has locked, and returns it as stored. UpdatedAt is the time by which the
// change was decided.
func UpdateOrder(ctx context.Context, tx pgx.Tx, o SeckillOrders) (SeckillOrders, error) {
	return oneRow[SeckillOrders](ctx, tx, "update order", `
UPDATE seckill_orders SET status = $2, paid_at = $3, payment_ref = $4, updated_at = $5
 WHERE id = $1 RETURNING `+seckillOrdersRows, o.Id, o.Status, o.PaidAt, o.PaymentRef, o.UpdatedAt)
}

// DueProducts lists the products that have orders whose time to pay is over.
func (p *Pool) DueProducts(ctx context.Context) ([]int64, error) {
	rows, err := p.Query(ctx, `
SELECT DISTINCT product_id FROM seckill_orders WHERE status = 'PENDING_PAYMENT' AND expires_at <= clock_timestamp()`)
	if err != nil {
		return nil, fmt.Errorf("list products with overdue orders: %w", err)
	}
	due, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("list products with overdue orders: %w", err)
	}
	return due, nil
}

// expireOrders passes over the orders that somebody else has locked, such as a
// payment. The clock is read once, for the decision and for the row.
const expireOrders = `
WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now), due AS (
    SELECT id FROM seckill_orders
     WHERE status = 'PENDING_PAYMENT' AND expires_at <= (SELECT now FROM clock) AND product_id = $1
     ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED
)
UPDATE seckill_orders AS o SET status = 'EXPIRED', updated_at = (SELECT now FROM clock)
  FROM due WHERE o.id = due.id RETURNING o.user_id`

// ExpireOrders turns up to limit orders of a product whose time to pay is over into
// expired ones, returns their units to stock, and returns their users. It gives up,
// with an error, when the product's row is held by somebody for longer than wait.
func ExpireOrders(ctx context.Context, tx pgx.Tx, productID int64, limit int, wait time.Duration) ([]int64, error) {
	if err := indexesOnly(ctx, tx); err != nil {
		return nil, err
	}
	if _, err := tx.Exec(ctx, fmt.Sprintf("SET LOCAL lock_timeout = %d", wait.Milliseconds())); err != nil {
		return nil, fmt.Errorf("set lock_timeout: %w", err)
	}
	// The product first, as whoever ends a live order does: see LockProductOfOrder.
	if _, err := tx.Exec(ctx, "SELECT FROM seckill_products WHERE product_id = $1 FOR NO KEY UPDATE", productID); err != nil {
		return nil, fmt.Errorf("lock product: %w", err)
	}
	rows, err := tx.Query(ctx, expireOrders, productID, limit)
	if err != nil {
		return nil, fmt.Errorf("expire orders: %w", err)
	}
	users, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("expire orders: %w", err)
	}
	if len(users) == 0 {
		return nil, nil
	}
	return users, ReturnUnits(ctx, tx, productID, users)
}

// ReturnUnits puts the units that users have given back into a product's stock, and
// tells the gate.
func ReturnUnits(ctx context.Context, tx pgx.Tx, productID int64, users []int64) error {
	units := int64(len(users))
	statement := stockStatement(productID, units, &Move{Units: units, Freed: users})
	if _, err := tx.Conn().PgConn().Exec(ctx, statement).ReadAll(); err != nil {
		return fmt.Errorf("return units to stock: %w", err)
	}
	return nil
}
