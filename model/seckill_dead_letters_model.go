package model

import "github.com/zeromicro/go-zero/core/stores/sqlx"

var _ SeckillDeadLettersModel = (*customSeckillDeadLettersModel)(nil)

type (
	// SeckillDeadLettersModel is an interface to be customized, add more methods here,
	// and implement the added methods in customSeckillDeadLettersModel.
	SeckillDeadLettersModel interface {
		seckillDeadLettersModel
		withSession(session sqlx.Session) SeckillDeadLettersModel
	}

	customSeckillDeadLettersModel struct {
		*defaultSeckillDeadLettersModel
	}
)

// NewSeckillDeadLettersModel returns a model for the database table.
func NewSeckillDeadLettersModel(conn sqlx.SqlConn) SeckillDeadLettersModel {
	m := newSeckillDeadLettersModel(conn)
	m.table = "seckill_dead_letters" // in whichever schema the search_path of the role leads to
	return &customSeckillDeadLettersModel{defaultSeckillDeadLettersModel: m}
}

func (m *customSeckillDeadLettersModel) withSession(session sqlx.Session) SeckillDeadLettersModel {
	return NewSeckillDeadLettersModel(sqlx.NewSqlConnFromSession(session))
}
