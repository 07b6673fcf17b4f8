package model

import "github.com/zeromicro/go-zero/core/stores/sqlx"

var _ SeckillAuditModel = (*customSeckillAuditModel)(nil)

type (
	// SeckillAuditModel is an interface to be customized, add more methods here,
	// and implement the added methods in customSeckillAuditModel.
	SeckillAuditModel interface {
		seckillAuditModel
		withSession(session sqlx.Session) SeckillAuditModel
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
