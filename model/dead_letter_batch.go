package model

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// executor is a transaction, or a connection that is in one.
type executor interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// NewDeadLetter is a dead letter to be written.
type NewDeadLetter struct {
	StreamID    string
	Fields      []byte // a JSON object
	Reason      string
	Deliveries  int64
	Fingerprint string
}

const insertDeadLetters = `
INSERT INTO seckill_dead_letters (product_id, stream_id, fields, reason, deliveries, fingerprint)
SELECT $1, u.stream_id, u.fields::jsonb, u.reason, u.deliveries, u.fingerprint
  FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[])
       AS u(stream_id, fields, reason, deliveries, fingerprint)
ON CONFLICT (product_id, stream_id, fingerprint) DO NOTHING
RETURNING stream_id, fingerprint`

// InsertDeadLetters writes those of the dead letters of one product that are not
// stored yet, and tells for each whether it is one of those.
func InsertDeadLetters(ctx context.Context, tx executor, productID int64, letters []NewDeadLetter) ([]bool, error) {
	n := len(letters)
	streams, fields, reasons := make([]string, n), make([]string, n), make([]string, n)
	deliveries, fingerprints := make([]int64, n), make([]string, n)
	for i, d := range letters {
		streams[i], fields[i], reasons[i] = d.StreamID, string(d.Fields), d.Reason
		deliveries[i], fingerprints[i] = d.Deliveries, d.Fingerprint
	}
	rows, err := tx.Query(ctx, insertDeadLetters, productID, streams, fields, reasons, deliveries, fingerprints)
	if err != nil {
		return nil, fmt.Errorf("insert dead letters: %w", err)
	}
	type key struct{ streamID, fingerprint string }
	var written key
	all := make(map[key]bool, n)
	_, err = pgx.ForEachRow(rows, []any{&written.streamID, &written.fingerprint}, func() error { all[written] = true; return nil })
	if err != nil {
		return nil, fmt.Errorf("insert dead letters: %w", err)
	}
	fresh := make([]bool, n)
	for i, d := range letters {
		k := key{d.StreamID, d.Fingerprint}
		fresh[i] = all[k]
		delete(all, k) // the same one twice in a batch is written once
	}
	return fresh, nil
}
