package model

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// SaleFacts is how a product stands in the books, for whoever checks before its sale. Null
// is the zero value, but for the stock.
type SaleFacts struct {
	ProductID     int64
	Name          string
	Status        string
	StockTotal    *int64
	StockLeft     *int64
	PerUserLimit  int64
	StartsAt      time.Time
	EndsAt        time.Time
	PaymentWindow time.Duration
	Epoch         int64 // of the gate that is in force
	Moves         int64 // number of the last move
	LiveOrders    int64
	OpenLetters   int64 // dead letters that nobody has dealt with
}

// selectSale counts live orders from the index that holds only those.
const selectSale = `
SELECT p.product_id, p.name, p.status, p.stock_total, p.stock_left, p.per_user_limit, p.starts_at, p.ends_at,
       coalesce(p.payment_window_seconds, 0), p.gate_epoch, p.moves,
       (SELECT count(*) FROM seckill_orders o WHERE o.product_id = p.product_id AND o.status IN ` + liveStatuses + `),
       (SELECT count(*) FROM seckill_dead_letters d WHERE d.product_id = p.product_id AND d.status = 'OPEN')
  FROM seckill_products p WHERE p.product_id = $1 AND ` + notDeleted

// SaleFacts reads a product, ErrNotFound when there is none.
func (p *Pool) SaleFacts(ctx context.Context, productID int64) (SaleFacts, error) {
	var f SaleFacts
	var starts, ends *time.Time
	var window int64
	err := p.QueryRow(ctx, selectSale, productID).Scan(&f.ProductID, &f.Name, &f.Status, &f.StockTotal, &f.StockLeft,
		&f.PerUserLimit, &starts, &ends, &window, &f.Epoch, &f.Moves, &f.LiveOrders, &f.OpenLetters)
	if isNoRows(err) {
		err = ErrNotFound
	}
	if err != nil {
		return SaleFacts{}, fmt.Errorf("read product %d: %w", productID, err)
	}
	f.StartsAt, f.EndsAt, f.PaymentWindow = orZero(starts), orZero(ends), time.Duration(window)*time.Second
	return f, nil
}

// Sale is what a product that is on sale, or will be soon, brings.
type Sale struct {
	ProductID int64
	Stock     int64 // units; 0 of a record-only product
}

// SalesWithin lists the products that are on sale now, or will be within a time; at most
// limit of them, highest ID first.
func (p *Pool) SalesWithin(ctx context.Context, within time.Duration, limit int) ([]Sale, error) {
	rows, err := p.Query(ctx, `
SELECT p.product_id, coalesce(p.stock_total, 0) FROM seckill_products p
 WHERE p.status <> 'ENDED' AND (p.ends_at IS NULL OR p.ends_at > now()) AND (p.starts_at IS NULL OR p.starts_at < now() + $1::interval)
   AND `+notDeleted+` ORDER BY p.product_id DESC LIMIT $2`, within, limit)
	if err != nil {
		return nil, fmt.Errorf("list sales: %w", err)
	}
	sales, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Sale])
	if err != nil {
		return nil, fmt.Errorf("list sales: %w", err)
	}
	return sales, nil
}
