package model

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// LogKey names a log.
type LogKey struct {
	ProductID int64
	StreamID  string
}

// LockedLog is a log that a transaction has locked to change its status.
type LockedLog struct {
	ID      int64
	UserID  int64
	Status  string
	Reason  string // "" for NULL
	Settled bool   // the product has stock
}

// lockLogs goes through the array in its order, so that transactions which sort
// their keys alike wait for each other rather than deadlock.
const lockLogs = `
SELECT u.product_id, u.stream_id, l.id, l.user_id, l.status, coalesce(l.reason, ''),
       coalesce((SELECT p.stock_total IS NOT NULL FROM seckill_products p WHERE p.product_id = u.product_id), false)
  FROM unnest($1::bigint[], $2::text[]) AS u(product_id, stream_id),
       LATERAL (SELECT id, user_id, status, reason FROM seckill_logs
                 WHERE product_id = u.product_id AND stream_id = u.stream_id
                   FOR UPDATE) AS l`

// LockLogs locks the logs of the given keys, which must be sorted and different,
// and returns those that exist.
func LockLogs(ctx context.Context, tx pgx.Tx, keys []LogKey) (map[LogKey]LockedLog, error) {
	products, streams := make([]int64, len(keys)), make([]string, len(keys))
	for i, k := range keys {
		products[i], streams[i] = k.ProductID, k.StreamID
	}
	if err := indexesOnly(ctx, tx); err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, lockLogs, products, streams)
	if err != nil {
		return nil, fmt.Errorf("lock logs: %w", err)
	}
	locked := make(map[LogKey]LockedLog, len(keys))
	var key LogKey
	var log LockedLog
	_, err = pgx.ForEachRow(rows, []any{
		&key.ProductID, &key.StreamID, &log.ID, &log.UserID, &log.Status, &log.Reason, &log.Settled,
	}, func() error { locked[key] = log; return nil })
	if err != nil {
		return nil, fmt.Errorf("lock logs: %w", err)
	}
	return locked, nil
}

// LogStatus is a new status of a log.
type LogStatus struct {
	ID     int64
	Status string
	Reason string // "" is NULL
}

const updateLogStatuses = `
UPDATE seckill_logs AS l
   SET status = u.status, reason = nullif(u.reason, ''), updated_at = clock_timestamp()
  FROM unnest($1::bigint[], $2::text[], $3::text[]) AS u(id, status, reason)
 WHERE l.id = u.id`

// UpdateLogStatuses writes the statuses of logs that the transaction has locked.
func UpdateLogStatuses(ctx context.Context, tx pgx.Tx, changes []LogStatus) error {
	ids, statuses, reasons := make([]int64, len(changes)), make([]string, len(changes)), make([]string, len(changes))
	for i, c := range changes {
		ids[i], statuses[i], reasons[i] = c.ID, c.Status, c.Reason
	}
	if err := indexesOnly(ctx, tx); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, updateLogStatuses, ids, statuses, reasons); err != nil {
		return fmt.Errorf("update log statuses: %w", err)
	}
	return nil
}
