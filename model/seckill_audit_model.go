package model

import (
	"context"
	"fmt"
	"time"

	"github.com/zeromicro/go-zero/core/stores/sqlx"
)

var _ SeckillAuditModel = (*customSeckillAuditModel)(nil)

type (
	// SeckillAuditModel is the table of who did what.
	SeckillAuditModel interface {
		seckillAuditModel
		withSession(session sqlx.Session) SeckillAuditModel

		// FindPage returns the rows that match, newest first.
		FindPage(ctx context.Context, filter AuditFilter) ([]*SeckillAudit, error)
		// LetterActs returns what was done to a dead letter, oldest first.
		LetterActs(ctx context.Context, letterID int64) ([]*SeckillAudit, error)
	}

	// AuditFilter says which rows a page is made of. A zero field does not filter.
	AuditFilter struct {
		Actor  string
		Action string
		Target string
		From   time.Time // created_at, inclusive
		To     time.Time // created_at, exclusive
		LastID int64     // the greatest id that a row may have; always set
		Limit  int       // most rows; always set
	}

	customSeckillAuditModel struct {
		*defaultSeckillAuditModel
	}
)

// NewSeckillAuditModel returns a model for the database table.
func NewSeckillAuditModel(conn sqlx.SqlConn) SeckillAuditModel {
	m := &customSeckillAuditModel{defaultSeckillAuditModel: newSeckillAuditModel(conn)}
	m.table = onSearchPath(m.table)
	return m
}

func (m *customSeckillAuditModel) withSession(session sqlx.Session) SeckillAuditModel {
	return NewSeckillAuditModel(sqlx.NewSqlConnFromSession(session))
}

// FindPage implements SeckillAuditModel.
func (m *customSeckillAuditModel) FindPage(ctx context.Context, filter AuditFilter) ([]*SeckillAudit, error) {
	q := newestOf("seckill_audit", filter.LastID, filter.Limit)
	equal(q, "actor", filter.Actor)
	equal(q, "action", filter.Action)
	equal(q, "target", filter.Target)
	q.between(filter.From, filter.To)
	rows := []*SeckillAudit{}
	if err := m.conn.QueryRowsCtx(ctx, &rows, q.page(seckillAuditRows), q.args...); err != nil {
		return nil, fmt.Errorf("find audit rows: %w", err)
	}
	return rows, nil
}
