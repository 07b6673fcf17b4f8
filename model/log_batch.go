package model

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// NewLog is a log to be written. Times are milliseconds since 1970.
type NewLog struct {
	ProductID int64
	UserID    int64
	StreamID  string
	Status    string
	Reason    string // "" is NULL
	RequestID string // "" is NULL
	EventAtMs int64  // 0 is NULL
}

// copyLogs is the statement of the fast way in. created_at and updated_at are the
// server's.
const copyLogs = `COPY seckill_logs (product_id, user_id, stream_id, status, reason, request_id, event_at)
FROM STDIN (FORMAT binary)`

// RecordLogs writes logs of one record-only product in a transaction of its own
// and one round trip. It fails with an error for which IsNotRecordOnly holds when
// the product is settled, or becomes so before the commit, and with one for which
// IsTaken holds when any of the entries is stored already, and with one for which
// IsBooksOlder holds when the books are not the known ones; then nothing is written.
func (p *Pool) RecordLogs(ctx context.Context, productID int64, logs []NewLog, known Known) error {
	conn, err := p.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("acquire connection: %w", err)
	}
	defer conn.Release()
	// Two statements in one simple query are one transaction, so that the lock
	// which the first one takes holds until the rows of the second are committed.
	statement := setReadCommitted + known.requireRecordOnly(productID) + copyLogs
	return copyAll(ctx, conn.Conn(), statement, logs, (*copyBuffer).log)
}

// RequireRecordOnly fails, with an error for which IsNotRecordOnly holds, unless a
// product is record-only, and keeps it so until the end of the transaction; and with one
// for which IsBooksOlder holds unless the books are the known ones.
func RequireRecordOnly(ctx context.Context, tx pgx.Tx, productID int64, known Known) error {
	if _, err := tx.Exec(ctx, "SELECT seckill_require_record_only($1, $2, $3)", productID, known.Stored, known.Server); err != nil {
		return fmt.Errorf("require record-only product %d, and what is known of it: %w", productID, err)
	}
	return nil
}

// CopyLogs writes logs within a transaction.
func CopyLogs(ctx context.Context, tx pgx.Tx, logs []NewLog) error {
	return copyAll(ctx, tx.Conn(), copyLogs, logs, (*copyBuffer).log)
}

func (b *copyBuffer) log(l *NewLog) {
	b.row(7)
	b.logFields(l)
}

func (b *copyBuffer) logFields(l *NewLog) {
	b.int64(l.ProductID)
	b.int64(l.UserID)
	b.text(l.StreamID)
	b.text(l.Status)
	b.optionalText(l.Reason)
	b.optionalText(l.RequestID)
	b.optionalTime(l.EventAtMs)
}

// insertLogs is the way in for a batch of which some entries may be stored
// already. The order of the arrays is kept, so that ids follow the stream.
const insertLogs = `
INSERT INTO seckill_logs (product_id, user_id, stream_id, status, reason, request_id, event_at)
SELECT $1, u.user_id, u.stream_id, u.status, nullif(u.reason, ''), nullif(u.request_id, ''), u.event_at
  FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[])
       WITH ORDINALITY AS u(user_id, stream_id, status, reason, request_id, event_at, n)
 ORDER BY u.n
ON CONFLICT (product_id, stream_id) DO NOTHING
RETURNING stream_id`

// InsertLogs writes those of the logs of one product that are not stored yet and
// returns their stream IDs.
func InsertLogs(ctx context.Context, tx pgx.Tx, productID int64, logs []NewLog) (map[string]bool, error) {
	users, streams := make([]int64, len(logs)), make([]string, len(logs))
	statuses, reasons := make([]string, len(logs)), make([]string, len(logs))
	requests, events := make([]string, len(logs)), make([]*time.Time, len(logs))
	for i, l := range logs {
		users[i], streams[i], statuses[i], reasons[i], requests[i] = l.UserID, l.StreamID, l.Status, l.Reason, l.RequestID
		if l.EventAtMs != 0 {
			at := time.UnixMilli(l.EventAtMs)
			events[i] = &at
		}
	}
	rows, err := tx.Query(ctx, insertLogs, productID, users, streams, statuses, reasons, requests, events)
	if err != nil {
		return nil, fmt.Errorf("insert logs: %w", err)
	}
	stored := make(map[string]bool, len(logs))
	var id string
	if _, err := pgx.ForEachRow(rows, []any{&id}, func() error { stored[id] = true; return nil }); err != nil {
		return nil, fmt.Errorf("insert logs: %w", err)
	}
	return stored, nil
}

// selectLogUsers joins from the array through the unique index.
const selectLogUsers = `
SELECT l.stream_id, l.user_id
  FROM unnest($2::text[]) AS u(stream_id),
       LATERAL (SELECT stream_id, user_id FROM seckill_logs
                 WHERE product_id = $1 AND stream_id = u.stream_id OFFSET 0) AS l`

// LogUsers returns the users of those of the given entries of a product that are
// stored, by stream ID.
func LogUsers(ctx context.Context, tx pgx.Tx, productID int64, streamIDs []string) (map[string]int64, error) {
	if err := indexesOnly(ctx, tx); err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, selectLogUsers, productID, streamIDs)
	if err != nil {
		return nil, fmt.Errorf("select users of logs: %w", err)
	}
	users := make(map[string]int64, len(streamIDs))
	if err := collectLogUsers(rows, users); err != nil {
		return nil, fmt.Errorf("select users of logs: %w", err)
	}
	return users, nil
}

func collectLogUsers(rows pgx.Rows, users map[string]int64) error {
	var id string
	var user int64
	_, err := pgx.ForEachRow(rows, []any{&id, &user}, func() error { users[id] = user; return nil })
	return err
}

const selectUnknownEntries = `
SELECT u.stream_id FROM unnest($2::text[]) WITH ORDINALITY AS u(stream_id, n)
 WHERE NOT EXISTS (SELECT 1 FROM seckill_logs l WHERE l.product_id = $1 AND l.stream_id = u.stream_id)
   AND NOT EXISTS (SELECT 1 FROM seckill_dead_letters d WHERE d.product_id = $1 AND d.stream_id = u.stream_id)
 ORDER BY u.n`

// UnknownEntries returns those of the given entries of a product that are stored
// neither as a log nor as a dead letter.
func UnknownEntries(ctx context.Context, tx pgx.Tx, productID int64, streamIDs []string) ([]string, error) {
	if err := indexesOnly(ctx, tx); err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, selectUnknownEntries, productID, streamIDs)
	if err != nil {
		return nil, fmt.Errorf("select unknown entries: %w", err)
	}
	unknown, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("select unknown entries: %w", err)
	}
	return unknown, nil
}
