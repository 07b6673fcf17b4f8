package model

import "github.com/zeromicro/go-zero/core/stores/sqlx"

var _ SeckillOrdersModel = (*customSeckillOrdersModel)(nil)

type (
	// SeckillOrdersModel is an interface to be customized, add more methods here,
	// and implement the added methods in customSeckillOrdersModel.
	SeckillOrdersModel interface {
		seckillOrdersModel
		withSession(session sqlx.Session) SeckillOrdersModel
	}

	customSeckillOrdersModel struct {
		*defaultSeckillOrdersModel
	}
)

// NewSeckillOrdersModel returns a model for the database table.
func NewSeckillOrdersModel(conn sqlx.SqlConn) SeckillOrdersModel {
	m := &customSeckillOrdersModel{defaultSeckillOrdersModel: newSeckillOrdersModel(conn)}
	m.table = onSearchPath(m.table)
	return m
}

func (m *customSeckillOrdersModel) withSession(session sqlx.Session) SeckillOrdersModel {
	return NewSeckillOrdersModel(sqlx.NewSqlConnFromSession(session))
}
