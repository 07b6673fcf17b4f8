package model

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// LiveProduct is what somebody who looks at a product from second to second is told of it.
type LiveProduct struct {
	ProductID            int64
	Name                 string
	Status               string
	StockTotal           *int64 // nil = record-only
	StockLeft            *int64
	PerUserLimit         int64
	StartsAt             *time.Time
	EndsAt               *time.Time
	PaymentWindowSeconds *int64
	Epoch                int64 // of the gate that is in force
	OpenDeadLetters      int64
	OldestMove           time.Duration // age of the oldest move that the gate has not been told; 0 = there is none
	OldestOverdue        time.Duration // since the time to pay of the oldest overdue order was over; 0 = there is none
	Watched              bool          // it has not ended, or something of it is on its way
}

// selectLive answers from indexes that hold only what waits.
const selectLive = `
SELECT p.product_id, coalesce(p.name, ''), p.status, p.stock_total, p.stock_left, p.per_user_limit, p.starts_at, p.ends_at,
       p.payment_window_seconds, p.gate_epoch,
       (SELECT count(*) FROM seckill_dead_letters l WHERE l.product_id = p.product_id AND l.status = 'OPEN'),
       coalesce((SELECT greatest(0, date_part('epoch', clock_timestamp() - min(m.created_at)))
                   FROM seckill_moves m WHERE m.product_id = p.product_id), 0),
       coalesce((SELECT greatest(0, date_part('epoch', clock_timestamp() - o.expires_at)) FROM overdue o
                  WHERE o.product_id = p.product_id), 0),
       p.status <> 'ENDED' OR d.product_id IS NULL
  FROM seckill_products p LEFT JOIN seckill_drained_products d ON d.product_id = p.product_id
 WHERE (p.product_id = ANY($1::bigint[]) OR $2 AND (p.status <> 'ENDED' OR d.product_id IS NULL)) AND ` + notDeleted

// withOverdue looks once for all products.
const withOverdue = `
WITH overdue AS (SELECT product_id, min(expires_at) AS expires_at FROM seckill_orders
                  WHERE status = 'PENDING_PAYMENT' AND expires_at <= clock_timestamp() GROUP BY product_id)`

// LiveProducts reads the given products, and with all those besides that have not ended or
// of which something is on its way, but of these no more than some, those of the highest IDs.
// One that is deleted is left out.
func (p *Pool) LiveProducts(ctx context.Context, productIDs []int64, all bool, most int) ([]LiveProduct, error) {
	rows, err := p.Query(ctx, withOverdue+selectLive+" ORDER BY p.product_id = ANY($1::bigint[]) DESC, p.product_id DESC LIMIT $3",
		productIDs, all, len(productIDs)+most)
	if err != nil {
		return nil, fmt.Errorf("read live products: %w", err)
	}
	products, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (LiveProduct, error) {
		var l LiveProduct
		var move, overdue float64
		err := row.Scan(&l.ProductID, &l.Name, &l.Status, &l.StockTotal, &l.StockLeft, &l.PerUserLimit, &l.StartsAt, &l.EndsAt,
			&l.PaymentWindowSeconds, &l.Epoch, &l.OpenDeadLetters, &move, &overdue, &l.Watched)
		l.OldestMove, l.OldestOverdue = seconds(move), seconds(overdue)
		return l, err
	})
	if err != nil {
		return nil, fmt.Errorf("read live products: %w", err)
	}
	return products, nil
}

func seconds(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }

// LiveOrders are the orders of a product by status, and its stock, read in one snapshot.
type LiveOrders struct {
	ProductID  int64
	StockTotal *int64
	StockLeft  *int64
	ByStatus   map[string]int64
}

// LiveOrders counts the orders of products; it takes time where there are many.
func (p *Pool) LiveOrders(ctx context.Context, productIDs []int64) ([]LiveOrders, error) {
	rows, err := p.Query(ctx, `
SELECT p.product_id, p.stock_total, p.stock_left,
       (SELECT coalesce(jsonb_object_agg(status, n), '{}') FROM (
            SELECT status, count(*) AS n FROM seckill_orders WHERE product_id = p.product_id GROUP BY status) AS o)
  FROM seckill_products p WHERE p.product_id = ANY($1::bigint[]) AND `+notDeleted, productIDs)
	if err != nil {
		return nil, fmt.Errorf("count live orders: %w", err)
	}
	orders, err := pgx.CollectRows(rows, pgx.RowToStructByPos[LiveOrders])
	if err != nil {
		return nil, fmt.Errorf("count live orders: %w", err)
	}
	return orders, nil
}

// StocksAndMoves is StockAndMoves for products, by product, of each with the moves above a
// number of its own. A product that there is not is not in it.
func (p *Pool) StocksAndMoves(ctx context.Context, productIDs, above []int64) (map[int64]StockAndMoves, error) {
	rows, err := p.Query(ctx, `
SELECT p.product_id, coalesce(p.stock_left, 0), p.gate_epoch, p.moves,
       ARRAY(SELECT units FROM seckill_moves m
              WHERE m.product_id = p.product_id AND m.number > a.above ORDER BY m.number)
  FROM unnest($1::bigint[], $2::bigint[]) AS a (product_id, above) JOIN seckill_products p ON p.product_id = a.product_id
 WHERE `+notDeleted, productIDs, above)
	if err != nil {
		return nil, fmt.Errorf("read stocks and moves: %w", err)
	}
	found := map[int64]StockAndMoves{}
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (id int64, err error) {
		var s StockAndMoves
		err = row.Scan(&id, &s.Left, &s.Epoch, &s.Moves, &s.Units)
		found[id] = s
		return id, err
	})
	if err != nil {
		return nil, fmt.Errorf("read stocks and moves: %w", err)
	}
	return found, nil
}
