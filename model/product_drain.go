package model

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// UndrainedProducts lists the products that have not ended, or of which something may be
// on its way yet, but those that are dormant.
func (p *Pool) UndrainedProducts(ctx context.Context) ([]int64, error) {
	return p.productIDs(ctx, "list products that are not drained", `
SELECT product_id FROM seckill_products p
 WHERE (status <> 'ENDED' OR product_id NOT IN (SELECT product_id FROM seckill_drained_products)) AND `+awake+` ORDER BY product_id`)
}

// MarkDrained notes that of the given products that have ended nothing is on its way any
// more, but of those of which the gate has still to be told something, or an entry has to go
// to the stream again. It returns those that are noted now.
func (p *Pool) MarkDrained(ctx context.Context, productIDs []int64) ([]int64, error) {
	return p.productIDs(ctx, "note drained products", `
INSERT INTO seckill_drained_products (product_id)
SELECT product_id FROM seckill_products
 WHERE product_id = ANY($1) AND status = 'ENDED'
   AND (deleted_at IS NOT NULL OR product_id NOT IN (SELECT product_id FROM seckill_moves WHERE product_id = ANY($1)))
   AND product_id NOT IN (SELECT product_id FROM seckill_resent_letters WHERE product_id = ANY($1) AND stream_id IS NULL)
ON CONFLICT (product_id) DO NOTHING RETURNING product_id`, productIDs)
}

// UnmarkDrained notes that of the given products something is on its way after all.
func (p *Pool) UnmarkDrained(ctx context.Context, productIDs []int64) error {
	_, err := p.Exec(ctx, "DELETE FROM seckill_drained_products WHERE product_id = ANY($1) AND retired_at IS NULL", productIDs)
	if err != nil {
		return fmt.Errorf("note products that are not drained after all: %w", err)
	}
	return nil
}

// DrainedBefore lists the products that have been drained for the given time and are not
// retired.
func (p *Pool) DrainedBefore(ctx context.Context, age time.Duration) ([]int64, error) {
	return p.productIDs(ctx, "list products to retire", `
SELECT product_id FROM seckill_drained_products
 WHERE retired_at IS NULL AND drained_at < now() - make_interval(secs => $1) ORDER BY product_id`, age.Seconds())
}

// Retire notes in a transaction that the keys of a product are removed from Redis; it
// reports false when that is noted already.
func Retire(ctx context.Context, tx pgx.Tx, productID int64) (bool, error) {
	tag, err := tx.Exec(ctx, `
UPDATE seckill_drained_products SET retired_at = clock_timestamp() WHERE product_id = $1 AND retired_at IS NULL`, productID)
	if err != nil {
		return false, fmt.Errorf("note that product %d is retired: %w", productID, err)
	}
	return tag.RowsAffected() == 1, nil
}

func (p *Pool) productIDs(ctx context.Context, what, query string, args ...any) ([]int64, error) {
	rows, err := p.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return ids, nil
}
