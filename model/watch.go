package model

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// WatchedProduct is what those who watch a product know of it.
type WatchedProduct struct {
	ProductID int64
	Status    string
	Settled   bool // it has stock
	StartsAt  *time.Time
	EndsAt    *time.Time
	Epoch     int64 // of the gate that is in force
	Drained   bool  // ended, and nothing of it is on its way
}

// WatchedProducts lists the products that are not deleted, but those that ended longer ago
// than the given time and of which nothing is on its way, and those that are dormant and of
// which nothing waits for anybody.
func (p *Pool) WatchedProducts(ctx context.Context, since time.Duration) ([]WatchedProduct, error) {
	rows, err := p.Query(ctx, `
SELECT p.product_id, p.status, p.stock_total IS NOT NULL, p.starts_at, p.ends_at, p.gate_epoch, d.product_id IS NOT NULL
  FROM seckill_products p LEFT JOIN seckill_drained_products d ON d.product_id = p.product_id
 WHERE (p.status <> 'ENDED' OR d.product_id IS NULL OR p.updated_at > now() - make_interval(secs => $1)) AND `+notDeleted+`
   AND (`+awake+` OR p.product_id IN (SELECT product_id FROM seckill_moves)
     OR p.product_id IN (SELECT product_id FROM seckill_dead_letters WHERE status = 'OPEN')
     OR p.product_id IN (SELECT product_id FROM seckill_orders WHERE status = 'PENDING_PAYMENT' AND expires_at <= clock_timestamp()))
 ORDER BY p.product_id`, since.Seconds())
	if err != nil {
		return nil, fmt.Errorf("list watched products: %w", err)
	}
	products, err := pgx.CollectRows(rows, pgx.RowToStructByPos[WatchedProduct])
	if err != nil {
		return nil, fmt.Errorf("list watched products: %w", err)
	}
	return products, nil
}

// Tally is how many rows of a product wait for something, and for how long the oldest has.
type Tally struct {
	Count  int64
	Oldest time.Duration
}

// OpenDeadLetters tells of the dead letters of each product that nobody has dealt with.
func (p *Pool) OpenDeadLetters(ctx context.Context) (map[int64]Tally, error) {
	return p.tallies(ctx, "count open dead letters", "created_at", "seckill_dead_letters WHERE status = 'OPEN'")
}

// PendingMoves tells of the moves of each product that its gate may not know yet.
func (p *Pool) PendingMoves(ctx context.Context) (map[int64]Tally, error) {
	return p.tallies(ctx, "count moves", "created_at", "seckill_moves")
}

// OverdueOrders tells of the orders of each product whose time to pay is over and that are
// not expired yet.
func (p *Pool) OverdueOrders(ctx context.Context) (map[int64]Tally, error) {
	return p.tallies(ctx, "count overdue orders", "expires_at",
		"seckill_orders WHERE status = 'PENDING_PAYMENT' AND expires_at <= clock_timestamp()")
}

// tallies counts rows by product; since is the column from which their age counts.
func (p *Pool) tallies(ctx context.Context, what, since, from string) (map[int64]Tally, error) {
	rows, err := p.Query(ctx, `
SELECT product_id, count(*), greatest(0, date_part('epoch', clock_timestamp() - min(`+since+`)))
  FROM `+from+` GROUP BY product_id`)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	tallies := map[int64]Tally{}
	var product, count int64
	var seconds float64
	_, err = pgx.ForEachRow(rows, []any{&product, &count, &seconds}, func() error {
		tallies[product] = Tally{Count: count, Oldest: time.Duration(seconds * float64(time.Second))}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return tallies, nil
}
