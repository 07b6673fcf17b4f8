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
	m := newSeckillOrdersModel(conn)
	m.table = "seckill_orders" // in whichever schema the search_path of the role leads to
	return &customSeckillOrdersModel{defaultSeckillOrdersModel: m}
}

func (m *customSeckillOrdersModel) withSession(session sqlx.Session) SeckillOrdersModel {
	return NewSeckillOrdersModel(sqlx.NewSqlConnFromSession(session))
}
