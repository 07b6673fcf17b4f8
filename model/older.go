package model

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"seckill/internal/seckill"
)

// booksOlder is the SQLSTATE that seckill_require_stored raises (migrations/009).
const booksOlder = "SK002"

// IsBooksOlder reports that something which has been stored is not there any more: the
// database is older than it was, put back from a copy or taken over by a standby that
// lagged.
func IsBooksOlder(err error) bool { return SQLState(err) == booksOlder }

// Known is what whoever stores a batch knows of the books. Nothing is stored in others.
type Known struct {
	Stored []string // entries of the product that have been stored, and acknowledged
	Server string   // what Server returned; "" = not known
}

func (k Known) nothing() bool { return len(k.Stored) == 0 && k.Server == "" }

const requireStored = "SELECT seckill_require_stored($1, $2, $3)"

// requireRecordOnly requires a product to be record-only and the books to be the known ones,
// as text that can share a round trip with a COPY. What is neither an ID nor the name of a
// server, which Redis and PostgreSQL do not tell, nothing can be said of.
func (k Known) requireRecordOnly(productID int64) string {
	var list []string
	for _, id := range k.Stored {
		if plain(id) {
			list = append(list, "'"+id+"'")
		}
	}
	server := k.Server
	if !plain(server) {
		server = ""
	}
	return "SELECT seckill_require_record_only(" + strconv.FormatInt(productID, 10) + ", ARRAY[" + strings.Join(list, ",") + "]::text[], '" +
		server + "'); "
}

func plain(text string) bool { return strings.Trim(text, "0123456789-/") == "" && text != "" }

// Server names the state that the tables go on from: another one after a restart of the
// server, a failover, and a restore.
func (p *Pool) Server(ctx context.Context) (string, error) {
	var name string
	if err := p.QueryRow(ctx, "SELECT seckill_server()").Scan(&name); err != nil {
		return "", fmt.Errorf("ask for the run of the database: %w", err)
	}
	return name, nil
}

const selectLosing = `
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
	if len(ids) == 0 {
		return missing, nil
	}
	err := p.InTx(ctx, func(tx pgx.Tx) error {
		if err := indexesOnly(ctx, tx); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, selectLosing, products, ids)
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

// GateProducts reads products as the gates have to know them; those that are not there are
// absent.
func (p *Pool) GateProducts(ctx context.Context, productIDs []int64) (map[int64]GateProduct, error) {
	rows, err := p.Query(ctx, "SELECT p.product_id, "+gateColumns+" FROM seckill_products p WHERE p.product_id = ANY($1) AND "+notDeleted, productIDs)
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
   SET expires_at = greatest(o.expires_at, clock_timestamp() + p.payment_window_seconds * interval '1 second'), updated_at = clock_timestamp()
  FROM seckill_products p
 WHERE p.product_id = $1 AND o.product_id = $1 AND o.status = 'PENDING_PAYMENT' AND p.payment_window_seconds > 0`, productID)
	if err != nil {
		return 0, fmt.Errorf("extend the time to pay: %w", err)
	}
	return tag.RowsAffected(), nil
}

// KnownEntries is how many entries of a product's stream the books know.
type KnownEntries struct {
	Stored int64 // as logs or dead letters
	Lost   int64 // of which is written down that they are lost
}

// KnownEntries counts the entries of a product's stream that the books know.
func (p *Pool) KnownEntries(ctx context.Context, productID int64) (KnownEntries, error) {
	var k KnownEntries
	err := p.QueryRow(ctx, `
SELECT (SELECT count(*) FROM seckill_logs WHERE product_id = $1)
     + (SELECT count(DISTINCT stream_id) FROM seckill_dead_letters d WHERE product_id = $1 AND NOT EXISTS (
            SELECT 1 FROM seckill_logs l WHERE l.product_id = $1 AND l.stream_id = d.stream_id)),
       coalesce((SELECT sum(CASE action WHEN 'books.older' THEN (detail ->> 'lost')::bigint
                                        ELSE jsonb_array_length(detail -> 'streamIds') END)
          FROM seckill_audit WHERE target = $2 AND action IN ('books.older', 'entries.lost')), 0)::bigint`,
		productID, seckill.ProductTarget(productID)).Scan(&k.Stored, &k.Lost)
	if err != nil {
		return k, fmt.Errorf("count what is stored of product %d: %w", productID, err)
	}
	return k, nil
}

// LivingProducts lists the products that are not deleted and whose keys are in Redis.
func (p *Pool) LivingProducts(ctx context.Context) ([]int64, error) {
	rows, err := p.Query(ctx, `
SELECT product_id FROM seckill_products WHERE `+notDeleted+` AND NOT EXISTS (
    SELECT 1 FROM seckill_drained_products d WHERE d.product_id = seckill_products.product_id AND d.retired_at IS NOT NULL)
 ORDER BY product_id`)
	if err != nil {
		return nil, fmt.Errorf("list products: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("list products: %w", err)
	}
	return ids, nil
}
