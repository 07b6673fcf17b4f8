package model

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Accounts are the books of a product, read in one snapshot.
type Accounts struct {
	StockTotal *int64
	StockLeft  *int64
	Orders     map[string]int64 // by status
	Logs       map[string]int64 // by status
}

const selectAccounts = `
SELECT p.stock_total, p.stock_left,
       (SELECT coalesce(jsonb_object_agg(status, n), '{}') FROM (
            SELECT status, count(*) AS n FROM seckill_orders WHERE product_id = p.product_id GROUP BY status) AS o),
       (SELECT coalesce(jsonb_object_agg(status, n), '{}') FROM (
            SELECT status, count(*) AS n FROM seckill_logs WHERE product_id = p.product_id GROUP BY status) AS l)
  FROM seckill_products p WHERE p.product_id = $1 AND ` + notDeleted

// Accounts reads the books of a product, ErrNotFound when there is none.
func (p *Pool) Accounts(ctx context.Context, productID int64) (Accounts, error) {
	var a Accounts
	err := p.QueryRow(ctx, selectAccounts, productID).Scan(&a.StockTotal, &a.StockLeft, &a.Orders, &a.Logs)
	if err != nil {
		if isNoRows(err) {
			err = ErrNotFound
		}
		return a, fmt.Errorf("read books of product %d: %w", productID, err)
	}
	return a, nil
}

// Balance is the stock of a product against its live orders, read in one snapshot.
type Balance struct {
	ProductID int64
	Total     int64
	Left      int64
	Live      int64
}

// selectBalances counts live orders from the index that holds only those.
const selectBalances = `
SELECT p.product_id, p.stock_total, p.stock_left,
       (SELECT count(*) FROM seckill_orders o WHERE o.product_id = p.product_id
           AND o.status IN ` + liveStatuses + `)
  FROM seckill_products p WHERE p.product_id > $1 AND ` + balanceMoves + `
 ORDER BY p.product_id LIMIT 1`

// balanceMoves is true of the settled products whose balance can change. That of a product that
// ended long ago, or is drained and was looked at after that, and of which no unit has moved
// since, does not, nor does that of one that is dormant.
const balanceMoves = `p.stock_total IS NOT NULL
   AND (p.status <> 'ENDED' OR p.updated_at > now() - interval '1 hour' AND NOT EXISTS (
       SELECT 1 FROM seckill_drained_products d WHERE d.product_id = p.product_id
           AND d.drained_at < now() - interval '1 minute' AND d.drained_at > p.updated_at)) AND ` + awake + ` AND ` + notDeleted

// BalanceMark tells by what the row of a product says whether its balance can have changed:
// whoever moves a unit writes that row, too.
type BalanceMark struct {
	ProductID int64
	Total     int64
	Left      int64
	Epoch     int64
	Moves     int64
	Live      int64 // orders, as the database counts them whoever changes one
	UpdatedAt time.Time
}

// BalanceMarks lists the products that NextBalance goes through, in the same order.
func (p *Pool) BalanceMarks(ctx context.Context) ([]BalanceMark, error) {
	rows, err := p.Query(ctx, `
SELECT p.product_id, p.stock_total, p.stock_left, p.gate_epoch, p.moves, p.live_orders, p.updated_at
  FROM seckill_products p WHERE `+balanceMoves+` ORDER BY p.product_id`)
	if err != nil {
		return nil, fmt.Errorf("list products to audit: %w", err)
	}
	marks, err := pgx.CollectRows(rows, pgx.RowToStructByPos[BalanceMark])
	if err != nil {
		return nil, fmt.Errorf("list products to audit: %w", err)
	}
	return marks, nil
}

// NextBalance reads the balance of the first settled product with an ID above after
// that has not ended, or has within the last hour; nil when there is none. One product at a time: a snapshot that spans
// them all would be held for long.
func (p *Pool) NextBalance(ctx context.Context, after int64) (*Balance, error) {
	var b Balance
	err := p.QueryRow(ctx, selectBalances, after).Scan(&b.ProductID, &b.Total, &b.Left, &b.Live)
	if isNoRows(err) {
		return nil, nil //nolint:nilnil // nil is the documented end
	}
	if err != nil {
		return nil, fmt.Errorf("read balance of the product after %d: %w", after, err)
	}
	return &b, nil
}

func isNoRows(err error) bool { return errors.Is(err, pgx.ErrNoRows) }

// liveStatuses are the statuses of orders that hold a unit of stock, as the index
// seckill_orders_live_key has them.
const liveStatuses = "('PENDING_PAYMENT', 'PAID', 'CONFIRMED')"
