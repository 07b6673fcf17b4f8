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
	m := newSeckillAuditModel(conn)
	m.table = "seckill_audit" // in whichever schema the search_path of the role leads to
	return &customSeckillAuditModel{defaultSeckillAuditModel: m}
}

func (m *customSeckillAuditModel) withSession(session sqlx.Session) SeckillAuditModel {
	return NewSeckillAuditModel(sqlx.NewSqlConnFromSession(session))
}
