package model

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// booksOlder is the SQLSTATE that seckill_require_stored raises (migrations/010).
const booksOlder = "SK002"

// IsBooksOlder reports that something which has been stored is not there any more: the
// database is older than it was, put back from a copy or taken over by a standby that
// lagged.
func IsBooksOlder(err error) bool { return SQLState(err) == booksOlder }

// Incarnation names the run of the server that answers: another one after a restart, a
// restore and a failover.
func (p *Pool) Incarnation(ctx context.Context) (string, error) {
	var name string
	if err := p.QueryRow(ctx, "SELECT pg_postmaster_start_time()::text").Scan(&name); err != nil {
		return "", fmt.Errorf("ask for the run of the database: %w", err)
	}
	return name, nil
}

const selectMissing = `
SELECT DISTINCT u.product_id FROM unnest($1::bigint[], $2::text[]) AS u(product_id, stream_id)
 WHERE NOT EXISTS (SELECT 1 FROM seckill_logs l WHERE l.product_id = u.product_id AND l.stream_id = u.stream_id)
   AND NOT EXISTS (SELECT 1 FROM seckill_dead_letters d WHERE d.product_id = u.product_id AND d.stream_id = u.stream_id)`

// MissingEntries returns the products of which any of the given entries is stored neither
// as a log nor as a dead letter.
func (p *Pool) MissingEntries(ctx context.Context, entries map[int64][]string) (map[int64]bool, error) {
	var products []int64
	var ids []string
	for product, list := range entries {
		for _, id := range list {
			products, ids = append(products, product), append(ids, id)
		}
	}
	missing := map[int64]bool{}
	err := p.InTx(ctx, func(tx pgx.Tx) error {
		if err := indexesOnly(ctx, tx); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, selectMissing, products, ids)
		if err != nil {
			return err
		}
		var product int64
		_, err = pgx.ForEachRow(rows, []any{&product}, func() error { missing[product] = true; return nil })
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for %d entries: %w", len(ids), err)
	}
	return missing, nil
}

// GateProducts reads every product as the gate has to know it.
func (p *Pool) GateProducts(ctx context.Context) (map[int64]GateProduct, error) {
	rows, err := p.Query(ctx, "SELECT p.product_id, "+gateColumns+" FROM seckill_products p")
	if err != nil {
		return nil, fmt.Errorf("read products for the gate: %w", err)
	}
	products := map[int64]GateProduct{}
	var id int64
	var row gateRow
	_, err = pgx.ForEachRow(rows, append([]any{&id}, row.targets()...), func() error {
		products[id] = row.product(id)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read products for the gate: %w", err)
	}
	return products, nil
}

// ExtendPayments gives the orders of a product that wait for their payment their whole time
// again, from now on, and returns how many there are.
func ExtendPayments(ctx context.Context, tx pgx.Tx, productID int64) (int64, error) {
	tag, err := tx.Exec(ctx, `
UPDATE seckill_orders o
   SET expires_at = clock_timestamp() + p.payment_window_seconds * interval '1 second', updated_at = clock_timestamp()
  FROM seckill_products p
 WHERE p.product_id = $1 AND o.product_id = $1 AND o.status = 'PENDING_PAYMENT' AND p.payment_window_seconds > 0`, productID)
	if err != nil {
		return 0, fmt.Errorf("extend the time to pay: %w", err)
	}
	return tag.RowsAffected(), nil
}
