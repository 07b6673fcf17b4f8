package model

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"seckill/internal/seckill"
)

// OrderEvent is a change of an order's status. Order is the order as it was then.
type OrderEvent struct {
	Number int64
	Type   seckill.OrderEventType
	Order  SeckillOrders
}

// selectOrderEvents reads a product's feed and the events after a number in one snapshot. A
// row of the table holds several events; rows are read only until there are enough. The
// order of each is looked up by itself, whatever is known of the sizes of the tables.
const selectOrderEvents = `
WITH changes AS (
    SELECT c.first, c.type, c.at, c.orders, sum(number - greatest(first - 1, $2)) OVER (ORDER BY number) - (number - greatest(first - 1, $2)) AS before
      FROM (SELECT number, first, type, at, orders FROM seckill_order_events
             WHERE product_id = $1 AND number >= $2 ORDER BY number LIMIT $3::bigint + 1) AS c
), page AS (
    SELECT c.first + u.n - 1 AS number, c.type, c.at, u.id
      FROM changes c, unnest(c.orders) WITH ORDINALITY AS u(id, n)
     WHERE c.before < $3 AND c.first + u.n - 1 > $2 ORDER BY 1 LIMIT $3
)
SELECT p.events, p.events_reset, p.events_trimmed,
       coalesce((SELECT first FROM seckill_order_events WHERE product_id = $1 ORDER BY number LIMIT 1), 0),
       coalesce((SELECT min(first) FROM changes) - 1, p.events),
       coalesce(e.number, 0), coalesce(e.type, ''), coalesce(e.id, 0), coalesce(e.user_id, 0), coalesce(e.stream_id, ''),
       coalesce(e.slot, 0), e.expires_at, e.paid_at, e.payment_ref, coalesce(e.created_at, p.created_at), coalesce(e.at, p.created_at)
  FROM seckill_products p
  LEFT JOIN (SELECT page.number, page.type, page.at, o.id, o.user_id, o.stream_id, o.slot, o.expires_at, o.paid_at, o.payment_ref, o.created_at
               FROM page, LATERAL (SELECT id, user_id, stream_id, slot, expires_at, paid_at, payment_ref, created_at
                                     FROM seckill_orders WHERE id = page.id OFFSET 0) AS o) AS e ON true
 WHERE p.product_id = $1 ORDER BY e.number`

// OrderEvents returns up to limit events of a product's orders after a number, in their order.
// It fails with the error of [seckill.Feed.Follow] when nobody can follow from there, and with
// ErrNotFound when there has never been such a product.
func (p *Pool) OrderEvents(ctx context.Context, productID, after int64, limit int) ([]OrderEvent, error) {
	rows, err := p.Query(ctx, selectOrderEvents, productID, after, limit)
	if err != nil {
		return nil, fmt.Errorf("read order events of product %d: %w", productID, err)
	}
	var feed seckill.Feed
	var e OrderEvent
	var at time.Time
	var events []OrderEvent
	o := &e.Order
	tag, err := pgx.ForEachRow(rows, []any{
		&feed.Last, &feed.Reset, &feed.Trimmed, &feed.Oldest, &feed.From, &e.Number, &e.Type, &o.Id, &o.UserId, &o.StreamId,
		&o.Slot, &o.ExpiresAt, &o.PaidAt, &o.PaymentRef, &o.CreatedAt, &at,
	}, func() error {
		if e.Number > 0 {
			events = append(events, e.asOf(productID, at))
		}
		return nil
	})
	if err == nil && tag.RowsAffected() == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read order events of product %d: %w", productID, err)
	}
	return events, feed.Follow(after)
}

// asOf returns the event with its order as it was then. An order changes no more once it is
// paid, cancelled or expired, so only what it has begun as must not tell of its end.
func (e OrderEvent) asOf(productID int64, at time.Time) OrderEvent {
	e.Order.ProductId, e.Order.Status, e.Order.UpdatedAt = productID, string(e.Type.Status()), at
	if e.Type.Begins() {
		e.Order.PaidAt, e.Order.PaymentRef = sql.NullTime{}, sql.NullString{}
	}
	return e
}

// FedProducts lists the products that have events which are not trimmed.
func (p *Pool) FedProducts(ctx context.Context) ([]int64, error) {
	return p.productIDs(ctx, "list products with order events", `
SELECT product_id FROM seckill_products WHERE events > events_trimmed ORDER BY product_id`)
}

// trimOrderEvents removes from the beginning of a feed what is too old, up to the first event
// that is not: hands in psql can have given an order any time.
const trimOrderEvents = `
WITH aged AS (
    SELECT number, bool_and(at < clock_timestamp() - make_interval(secs => $2)) OVER (ORDER BY number) AS old
      FROM (SELECT number, at FROM seckill_order_events WHERE product_id = $1 ORDER BY number LIMIT $3) AS first
), gone AS (
    DELETE FROM seckill_order_events e USING aged a
     WHERE e.product_id = $1 AND e.number = a.number AND a.old RETURNING e.number
)
UPDATE seckill_products SET events_trimmed = greatest(events_trimmed, (SELECT max(number) FROM gone))
 WHERE product_id = $1 AND EXISTS (SELECT 1 FROM gone)`

// TrimOrderEvents removes events of a product that are older than age, up to limit rows of the
// table, and reports whether it has removed any. It waits for whoever holds the product.
func TrimOrderEvents(ctx context.Context, tx pgx.Tx, productID int64, age time.Duration, limit int) (bool, error) {
	if err := indexesOnly(ctx, tx); err != nil {
		return false, err
	}
	tag, err := tx.Exec(ctx, trimOrderEvents, productID, age.Seconds(), limit)
	if err != nil {
		return false, fmt.Errorf("trim order events of product %d: %w", productID, err)
	}
	return tag.RowsAffected() > 0, nil
}

// ResetOrderEvents has whoever follows the orders of a product begin anew.
func ResetOrderEvents(ctx context.Context, tx pgx.Tx, productID int64) error {
	if _, err := tx.Exec(ctx, "SELECT seckill_reset_events($1)", productID); err != nil {
		return fmt.Errorf("reset order events of product %d: %w", productID, err)
	}
	return nil
}
