package model

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// ResentLetter is a dead letter whose entry goes to the stream again.
type ResentLetter struct {
	ID     int64
	Fields []byte // a JSON object, as those of a dead letter
}

// InsertResent notes in a transaction that the entries of letters of a product go to its
// stream again. A product that has ended is looked at again, though nothing was on its way.
func InsertResent(ctx context.Context, tx executor, productID int64, letters []ResentLetter) error {
	ids, fields := make([]int64, len(letters)), make([]string, len(letters))
	for i, l := range letters {
		ids[i], fields[i] = l.ID, string(l.Fields)
	}
	rows, err := tx.Query(ctx, `
WITH woken AS (DELETE FROM seckill_drained_products WHERE product_id = $1)
INSERT INTO seckill_resent_letters (letter_id, product_id, fields)
SELECT u.id, $1, u.fields::jsonb FROM unnest($2::bigint[], $3::text[]) AS u(id, fields)`, productID, ids, fields)
	if err == nil {
		rows.Close()
		err = rows.Err()
	}
	if err != nil {
		return fmt.Errorf("note %d entries to be sent again: %w", len(letters), err)
	}
	return nil
}

// DueLetters returns some of the letters of a product whose entries are not in the stream
// again yet, oldest first.
func (p *Pool) DueLetters(ctx context.Context, productID int64, limit int) ([]ResentLetter, error) {
	rows, err := p.Query(ctx, `
SELECT letter_id, fields FROM seckill_resent_letters
 WHERE product_id = $1 AND stream_id IS NULL ORDER BY letter_id LIMIT $2`, productID, limit)
	if err != nil {
		return nil, fmt.Errorf("read entries to be sent again: %w", err)
	}
	letters, err := pgx.CollectRows(rows, pgx.RowToStructByPos[ResentLetter])
	if err != nil {
		return nil, fmt.Errorf("read entries to be sent again: %w", err)
	}
	return letters, nil
}

// NoteResent notes under which IDs the entries of letters are in the stream again.
func (p *Pool) NoteResent(ctx context.Context, letterIDs []int64, streamIDs []string) error {
	_, err := p.Exec(ctx, `
UPDATE seckill_resent_letters r SET stream_id = u.stream_id
  FROM unnest($1::bigint[], $2::text[]) AS u(id, stream_id) WHERE r.letter_id = u.id AND r.stream_id IS NULL`, letterIDs, streamIDs)
	if err != nil {
		return fmt.Errorf("note entries that were sent again: %w", err)
	}
	return nil
}
