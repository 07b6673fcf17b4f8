package model

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"seckill/internal/seckill"
)

// LetterRow is a dead letter, as those who act on it need it.
type LetterRow struct {
	Id        int64  `db:"id"`
	ProductId int64  `db:"product_id"`
	StreamId  string `db:"stream_id"`
	Fields    []byte `db:"fields"` // a JSON object
	Reason    string `db:"reason"`
	Status    string `db:"status"`
}

const selectLetter = "SELECT id, product_id, stream_id, fields, reason, status FROM seckill_dead_letters WHERE "

// Letter reads a dead letter, ErrNotFound when there is none. All but its status stays as it
// is for ever.
func (p *Pool) Letter(ctx context.Context, letterID int64) (LetterRow, error) {
	rows, err := p.Query(ctx, selectLetter+"id = $1", letterID)
	if err != nil {
		return LetterRow{}, fmt.Errorf("read dead letter: %w", err)
	}
	row, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[LetterRow])
	if isNoRows(err) {
		err = ErrNotFound
	}
	if err != nil {
		return row, fmt.Errorf("read dead letter %d: %w", letterID, err)
	}
	return row, nil
}

// OpenLetters says which open letters are meant: those of a product and of a reason, 0 and
// "" for all, with an ID above After.
type OpenLetters struct {
	ProductID int64
	Reason    string
	After     int64
}

func (o OpenLetters) where() (condition string, args []any) {
	condition, args = "status = 'OPEN' AND id > $1", []any{o.After}
	if o.ProductID != 0 {
		args = append(args, o.ProductID)
		condition += fmt.Sprintf(" AND product_id = $%d", len(args))
	}
	if o.Reason != "" {
		args = append(args, o.Reason)
		condition += fmt.Sprintf(" AND reason = $%d", len(args))
	}
	return condition, args
}

// Letters reads at most limit open letters, oldest first.
func (p *Pool) Letters(ctx context.Context, open OpenLetters, limit int) ([]LetterRow, error) {
	condition, args := open.where()
	return collectLetters(ctx, p, fmt.Sprintf("%s%s ORDER BY id LIMIT %d", selectLetter, condition, limit), args)
}

// LockOpenLetters is Letters for whoever is going to change them in a transaction.
func LockOpenLetters(ctx context.Context, tx pgx.Tx, open OpenLetters, limit int) ([]LetterRow, error) {
	condition, args := open.where()
	return collectLetters(ctx, tx, fmt.Sprintf("%s%s ORDER BY id LIMIT %d FOR UPDATE", selectLetter, condition, limit), args)
}

func collectLetters(ctx context.Context, q executor, query string, args []any) ([]LetterRow, error) {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read open dead letters: %w", err)
	}
	letters, err := pgx.CollectRows(rows, pgx.RowToStructByName[LetterRow])
	if err != nil {
		return nil, fmt.Errorf("read open dead letters: %w", err)
	}
	return letters, nil
}

// CountLetters counts open letters.
func (p *Pool) CountLetters(ctx context.Context, open OpenLetters) (n int64, err error) {
	condition, args := open.where()
	if err := p.QueryRow(ctx, "SELECT count(*) FROM seckill_dead_letters WHERE "+condition, args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("count open dead letters: %w", err)
	}
	return n, nil
}

// LockLetters locks letters in the order of their IDs, and returns the status of each.
// Whoever needs their product's row as well has locked that before.
func LockLetters(ctx context.Context, tx executor, letterIDs []int64) (map[int64]seckill.LetterStatus, error) {
	rows, err := tx.Query(ctx, `
SELECT id, status FROM seckill_dead_letters WHERE id = ANY($1) ORDER BY id FOR UPDATE`, letterIDs)
	if err != nil {
		return nil, fmt.Errorf("lock dead letters: %w", err)
	}
	statuses := make(map[int64]seckill.LetterStatus, len(letterIDs))
	var id int64
	var status seckill.LetterStatus
	if _, err := pgx.ForEachRow(rows, []any{&id, &status}, func() error { statuses[id] = status; return nil }); err != nil {
		return nil, fmt.Errorf("lock dead letters: %w", err)
	}
	return statuses, nil
}

// ActedLetter is an act on a dead letter that is to be written.
type ActedLetter struct {
	ID     int64
	Detail []byte // of the audit: a JSON object
}

// writeActs changes the status of letters, and writes a row of the audit for each.
const writeActs = `
WITH acted AS MATERIALIZED (
    SELECT id, detail FROM unnest($1::bigint[], $2::text[]) AS u(id, detail)
), changed AS (
    UPDATE seckill_dead_letters d SET status = $3, updated_at = clock_timestamp() FROM acted WHERE d.id = acted.id RETURNING d.id
)
INSERT INTO seckill_audit (actor, action, target, detail, created_at)
SELECT $4, $5, $6::text || acted.id, acted.detail::jsonb, clock_timestamp() FROM acted JOIN changed USING (id) ORDER BY acted.id`

// WriteActs writes what an actor has done to letters that the transaction has locked: their
// new status, and a row of the audit for each.
func WriteActs(ctx context.Context, tx executor, actor string, act seckill.LetterAct, status seckill.LetterStatus, acted []ActedLetter) error {
	ids, details := make([]int64, len(acted)), make([]string, len(acted))
	for i, a := range acted {
		ids[i], details[i] = a.ID, string(a.Detail)
	}
	rows, err := tx.Query(ctx, writeActs, ids, details, string(status), actor, string(act), seckill.LetterTarget)
	if err == nil {
		rows.Close()
		err = rows.Err()
	}
	if err != nil {
		return fmt.Errorf("write %s of %d letters: %w", act, len(acted), err)
	}
	return nil
}

// LastAct returns the act that has made a letter what it is, the zero value when there was
// none.
func LastAct(ctx context.Context, q querier, letterID int64) (last seckill.LastAct, err error) {
	err = q.QueryRow(ctx, `
SELECT actor, created_at FROM seckill_audit
 WHERE target = $1::text || $2::bigint AND action IN ('dead_letter.replay', 'dead_letter.discard', 'dead_letter.reopen')
 ORDER BY id DESC LIMIT 1`, seckill.LetterTarget, letterID).Scan(&last.Actor, &last.At)
	if err != nil && !isNoRows(err) {
		return last, fmt.Errorf("find who acted on dead letter %d: %w", letterID, err)
	}
	return last, nil
}

// LetterActs returns what was done to a letter, oldest first.
func (m *customSeckillAuditModel) LetterActs(ctx context.Context, letterID int64) ([]*SeckillAudit, error) {
	acts := []*SeckillAudit{}
	err := m.conn.QueryRowsCtx(ctx, &acts, "SELECT "+seckillAuditRows+` FROM seckill_audit
 WHERE target = $1 AND action IN ('dead_letter.replay', 'dead_letter.discard', 'dead_letter.reopen') ORDER BY id`,
		fmt.Sprint(seckill.LetterTarget, letterID))
	if err != nil {
		return nil, fmt.Errorf("find acts on dead letter %d: %w", letterID, err)
	}
	return acts, nil
}

// LetterSale is a product as the preview of a replay sees it, without locking anything.
type LetterSale struct {
	Settled bool
	Status  string
	Deleted bool
	LockedProduct
	Slots []int64 // of the user's live orders

	// What is stored under the letter's stream ID; LogUser 0 = nothing.
	LogUser   int64
	LogStatus string
	LogReason string
}

// LetterSale reads a product, what a user holds of it, and what is stored of an entry;
// ErrNotFound when there is no such product.
func (p *Pool) LetterSale(ctx context.Context, productID, userID int64, streamID string) (LetterSale, error) {
	var s LetterSale
	var starts, ends, ended *time.Time
	var window int64
	err := p.QueryRow(ctx, `
SELECT p.stock_total IS NOT NULL, p.status, p.deleted_at IS NOT NULL,
       greatest(least(coalesce(p.stock_left, 0), p.stock_total - p.live_orders), 0), p.per_user_limit,
       p.starts_at, p.ends_at, p.ended_at, coalesce(p.payment_window_seconds, 0),
       ARRAY(SELECT slot FROM seckill_orders o WHERE o.product_id = p.product_id AND o.user_id = $2 AND o.status IN `+liveStatuses+`),
       coalesce(l.user_id, 0), coalesce(l.status, ''), coalesce(l.reason, '')
  FROM seckill_products p LEFT JOIN seckill_logs l ON l.product_id = p.product_id AND l.stream_id = $3
 WHERE p.product_id = $1`, productID, userID, streamID).Scan(&s.Settled, &s.Status, &s.Deleted, &s.Left, &s.PerUserLimit,
		&starts, &ends, &ended, &window, &s.Slots, &s.LogUser, &s.LogStatus, &s.LogReason)
	if isNoRows(err) {
		err = ErrNotFound
	}
	if err != nil {
		return s, fmt.Errorf("read product %d: %w", productID, err)
	}
	s.StartsAt, s.EndsAt, s.EndedAt = orZero(starts), orZero(ends), orZero(ended)
	s.PaymentWindow = time.Duration(window) * time.Second
	return s, nil
}
