package model

import (
	"context"
	"fmt"

	"github.com/zeromicro/go-zero/core/stores/sqlx"
)

var _ SeckillProductsModel = (*customSeckillProductsModel)(nil)

type (
	// SeckillProductsModel is the table of products.
	SeckillProductsModel interface {
		seckillProductsModel
		withSession(session sqlx.Session) SeckillProductsModel

		// FindIDs returns the IDs of at most limit products up to last, highest
		// first.
		FindIDs(ctx context.Context, last int64, limit int) ([]int64, error)
		// FindPage returns at most limit products with IDs up to last, highest
		// first.
		FindPage(ctx context.Context, last int64, limit int) ([]*SeckillProducts, error)
	}

	customSeckillProductsModel struct {
		*defaultSeckillProductsModel
	}
)

// NewSeckillProductsModel returns a model for the database table.
func NewSeckillProductsModel(conn sqlx.SqlConn) SeckillProductsModel {
	m := newSeckillProductsModel(conn)
	m.table = "seckill_products" // in whichever schema the search_path of the role leads to
	return &customSeckillProductsModel{defaultSeckillProductsModel: m}
}

func (m *customSeckillProductsModel) withSession(session sqlx.Session) SeckillProductsModel {
	return NewSeckillProductsModel(sqlx.NewSqlConnFromSession(session))
}

const findProductIDs = `
SELECT product_id FROM seckill_products WHERE product_id <= $1
 ORDER BY product_id DESC LIMIT $2`

// FindIDs implements SeckillProductsModel.
func (m *customSeckillProductsModel) FindIDs(ctx context.Context, last int64, limit int) ([]int64, error) {
	ids := []int64{}
	if err := m.conn.QueryRowsCtx(ctx, &ids, findProductIDs, last, limit); err != nil {
		return nil, fmt.Errorf("find products: %w", err)
	}
	return ids, nil
}

// findProducts names the columns, for the reason that selectLogs gives.
var findProducts = "SELECT " + seckillProductsRows + ` FROM seckill_products WHERE product_id <= $1
 ORDER BY product_id DESC LIMIT $2`

// FindPage implements SeckillProductsModel.
func (m *customSeckillProductsModel) FindPage(ctx context.Context, last int64, limit int) ([]*SeckillProducts, error) {
	products := []*SeckillProducts{}
	if err := m.conn.QueryRowsCtx(ctx, &products, findProducts, last, limit); err != nil {
		return nil, fmt.Errorf("find products: %w", err)
	}
	return products, nil
}
