package model

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/zeromicro/go-zero/core/stores/sqlx"
)

var _ SeckillDeadLettersModel = (*customSeckillDeadLettersModel)(nil)

type (
	// SeckillDeadLettersModel is the table of the entries that could not be stored.
	SeckillDeadLettersModel interface {
		seckillDeadLettersModel
		withSession(session sqlx.Session) SeckillDeadLettersModel

		// FindPage returns the letters that match, newest first.
		FindPage(ctx context.Context, filter LetterFilter) ([]*SeckillDeadLetters, error)
		// FindGroups counts the letters by product and reason; productID 0 = of all products.
		FindGroups(ctx context.Context, productID int64) ([]*LetterGroup, error)
		// ResentAs returns the stream ID under which the entry of a letter has gone to the
		// stream again, "" when it has still to; ErrNotFound when it has not to.
		ResentAs(ctx context.Context, letterID int64) (string, error)
	}

	// LetterFilter says which letters a page is made of. A zero field does not filter.
	LetterFilter struct {
		ProductID int64
		Reason    string
		Status    string
		StreamID  string
		From      time.Time // created_at, inclusive
		To        time.Time // created_at, exclusive
		LastID    int64     // the greatest id that a row may have; always set
		Limit     int       // most rows; always set
	}

	// LetterGroup counts the letters of a product that have one reason.
	LetterGroup struct {
		ProductId    int64        `db:"product_id"`
		Reason       string       `db:"reason"`
		Open         int64        `db:"open"`
		Replayed     int64        `db:"replayed"`
		Discarded    int64        `db:"discarded"`
		OldestOpenAt sql.NullTime `db:"oldest_open_at"`
		NewestAt     time.Time    `db:"newest_at"`
		SampleIds    string       `db:"sample_ids"` // a JSON array: the newest that are open
	}

	customSeckillDeadLettersModel struct {
		*defaultSeckillDeadLettersModel
	}
)

// NewSeckillDeadLettersModel returns a model for the database table.
func NewSeckillDeadLettersModel(conn sqlx.SqlConn) SeckillDeadLettersModel {
	m := &customSeckillDeadLettersModel{defaultSeckillDeadLettersModel: newSeckillDeadLettersModel(conn)}
	m.table = onSearchPath(m.table)
	return m
}

func (m *customSeckillDeadLettersModel) withSession(session sqlx.Session) SeckillDeadLettersModel {
	return NewSeckillDeadLettersModel(sqlx.NewSqlConnFromSession(session))
}

// FindPage implements SeckillDeadLettersModel.
func (m *customSeckillDeadLettersModel) FindPage(ctx context.Context, filter LetterFilter) ([]*SeckillDeadLetters, error) {
	q := newestOf("seckill_dead_letters", filter.LastID, filter.Limit)
	equal(q, "product_id", filter.ProductID)
	equal(q, "reason", filter.Reason)
	equal(q, "status", filter.Status)
	equal(q, "stream_id", filter.StreamID)
	q.between(filter.From, filter.To)
	rows := []*SeckillDeadLetters{}
	if err := m.conn.QueryRowsCtx(ctx, &rows, q.page(seckillDeadLettersRows), q.args...); err != nil {
		return nil, fmt.Errorf("find dead letters: %w", err)
	}
	return rows, nil
}

// letterSamples is how many letters a group names.
const letterSamples = 5

// selectLetterGroups reads the samples of each group by the index; an array of all its
// letters would be sorted for nothing.
const selectLetterGroups = `
SELECT g.*, array_to_json(ARRAY(
         SELECT id FROM seckill_dead_letters d
          WHERE d.product_id = g.product_id AND d.reason = g.reason AND d.status = 'OPEN' ORDER BY id DESC LIMIT $1)) AS sample_ids
  FROM (SELECT product_id, reason, count(*) FILTER (WHERE status = 'OPEN') AS open,
               count(*) FILTER (WHERE status = 'REPLAYED') AS replayed, count(*) FILTER (WHERE status = 'DISCARDED') AS discarded,
               min(created_at) FILTER (WHERE status = 'OPEN') AS oldest_open_at, max(created_at) AS newest_at
          FROM seckill_dead_letters WHERE %s GROUP BY product_id, reason) AS g
 ORDER BY g.product_id, g.reason`

// FindGroups implements SeckillDeadLettersModel.
func (m *customSeckillDeadLettersModel) FindGroups(ctx context.Context, productID int64) ([]*LetterGroup, error) {
	condition, args := "true", []any{letterSamples}
	if productID != 0 {
		condition, args = "product_id = $2", append(args, productID)
	}
	groups := []*LetterGroup{}
	if err := m.conn.QueryRowsCtx(ctx, &groups, fmt.Sprintf(selectLetterGroups, condition), args...); err != nil {
		return nil, fmt.Errorf("count dead letters: %w", err)
	}
	return groups, nil
}

// ResentAs implements SeckillDeadLettersModel.
func (m *customSeckillDeadLettersModel) ResentAs(ctx context.Context, letterID int64) (id string, err error) {
	err = m.conn.QueryRowCtx(ctx, &id, "SELECT coalesce(stream_id, '') FROM seckill_resent_letters WHERE letter_id = $1", letterID)
	if err != nil {
		return id, fmt.Errorf("find what dead letter %d became: %w", letterID, err)
	}
	return id, nil
}
