package model

import (
	"cmp"
	"context"
	"fmt"
	"slices"
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

// UpdateOrder writes the status and the payment of an order that the transaction
// has locked, and returns it as stored.
func UpdateOrder(ctx context.Context, tx pgx.Tx, o SeckillOrders) (SeckillOrders, error) {
	return oneRow[SeckillOrders](ctx, tx, "update order", `
UPDATE seckill_orders SET status = $2, paid_at = $3, payment_ref = $4, updated_at = clock_timestamp()
 WHERE id = $1 RETURNING `+seckillOrdersRows, o.Id, o.Status, o.PaidAt, o.PaymentRef)
}

// expireOrders passes over the orders that somebody else has locked: another
// replica that sweeps, or a payment.
const expireOrders = `
WITH due AS (
    SELECT id FROM seckill_orders
     WHERE status = 'PENDING_PAYMENT' AND expires_at <= clock_timestamp()
     ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED
), gone AS (
    UPDATE seckill_orders AS o SET status = 'EXPIRED', updated_at = now()
      FROM due WHERE o.id = due.id RETURNING o.product_id
)
SELECT product_id, count(*) FROM gone GROUP BY product_id`

// ExpireOrders turns up to limit orders whose time to pay is over into expired
// ones, and returns how many of each product.
func ExpireOrders(ctx context.Context, tx pgx.Tx, limit int) ([]ReturnedUnits, error) {
	if err := indexesOnly(ctx, tx); err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, expireOrders, limit)
	if err != nil {
		return nil, fmt.Errorf("expire orders: %w", err)
	}
	units, err := pgx.CollectRows(rows, pgx.RowToStructByPos[ReturnedUnits])
	if err != nil {
		return nil, fmt.Errorf("expire orders: %w", err)
	}
	return units, nil
}

// ReturnedUnits are units of a product that go back into its stock.
type ReturnedUnits struct {
	ProductID int64
	Units     int64
}

// ReturnUnits puts units back into stock, product by product in ascending order, so
// that transactions which return units of the same products cannot deadlock.
func ReturnUnits(ctx context.Context, tx pgx.Tx, units []ReturnedUnits) error {
	slices.SortFunc(units, func(a, b ReturnedUnits) int { return cmp.Compare(a.ProductID, b.ProductID) })
	batch := &pgx.Batch{}
	for _, u := range units {
		batch.Queue("UPDATE seckill_products SET stock_left = stock_left + $2, updated_at = now() WHERE product_id = $1",
			u.ProductID, u.Units)
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("return units to stock: %w", err)
	}
	return nil
}
