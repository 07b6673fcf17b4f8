package model

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/zeromicro/go-zero/core/stores/sqlx"
)

var _ SeckillOrdersModel = (*customSeckillOrdersModel)(nil)

type (
	// SeckillOrdersModel is the table of orders, one row per unit that was won.
	SeckillOrdersModel interface {
		seckillOrdersModel
		withSession(session sqlx.Session) SeckillOrdersModel

		// FindPage returns the orders that match, newest first.
		FindPage(ctx context.Context, filter OrderFilter) ([]*SeckillOrders, error)
	}

	// OrderFilter says which orders a page is made of. A zero field does not filter.
	OrderFilter struct {
		OrderID    int64
		ProductID  int64
		UserID     int64
		Status     string
		StreamID   string
		PaymentRef string
		From       time.Time // created_at, inclusive
		To         time.Time // created_at, exclusive
		LastID     int64     // the greatest id that a row may have; always set
		Limit      int       // most rows; always set
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

// FindPage implements SeckillOrdersModel.
func (m *customSeckillOrdersModel) FindPage(ctx context.Context, filter OrderFilter) ([]*SeckillOrders, error) {
	query, args := filter.statement()
	orders := []*SeckillOrders{}
	if err := m.conn.QueryRowsCtx(ctx, &orders, query, args...); err != nil {
		return nil, fmt.Errorf("find orders: %w", err)
	}
	return orders, nil
}

// statement returns the SQL of a page. The order of an entry is looked up in each product that
// is meant: two streams can mint the same ID. A user's orders are found through the user's logs,
// which have an index by user: one on the orders as well would be paid by every winner.
func (f OrderFilter) statement() (query string, args []any) {
	q := newestOf("seckill_orders", f.LastID, f.Limit)
	if f.ProductID != 0 {
		q.add("product_id + 0 = $%d", f.ProductID) // as the index has it
	}
	equal(q, "id", f.OrderID)
	equal(q, "status", f.Status)
	equal(q, "payment_ref", f.PaymentRef)
	q.between(f.From, f.To)
	if f.StreamID != "" {
		equal(q, "user_id", f.UserID)
		return f.ofEntry(q)
	}
	if f.UserID == 0 {
		return q.page(seckillOrdersRows), q.args
	}
	q.args = append(q.args, f.UserID)
	return fmt.Sprintf(`SELECT %[2]s
  FROM seckill_logs l, LATERAL (
    SELECT %[1]s FROM seckill_orders WHERE product_id = l.product_id AND stream_id = l.stream_id OFFSET 0
  ) AS seckill_orders
 WHERE l.user_id = $%[3]d AND l.status = 'SUCCESS' AND %[4]s ORDER BY seckill_orders.id DESC LIMIT $2`,
		seckillOrdersRows, orderColumns("seckill_orders"), len(q.args), q.where()), q.args
}

// ofEntry returns the SQL of the orders of one stream ID.
func (f OrderFilter) ofEntry(q *newestFirst) (query string, args []any) {
	q.args = append(q.args, f.StreamID)
	products := "seckill_products"
	if f.ProductID != 0 {
		products = "(SELECT $3::bigint AS product_id)" // the first that q was given
	}
	return fmt.Sprintf(`SELECT %[2]s
  FROM %[4]s p, LATERAL (
    SELECT %[1]s FROM seckill_orders WHERE product_id = p.product_id AND stream_id = $%[3]d OFFSET 0
  ) AS seckill_orders
 WHERE %[5]s ORDER BY seckill_orders.id DESC LIMIT $2`,
		seckillOrdersRows, orderColumns("seckill_orders"), len(q.args), products, q.where()), q.args
}

// orderColumns names the columns of orders in a statement of several tables.
func orderColumns(table string) string {
	return table + "." + strings.ReplaceAll(seckillOrdersRows, ",", ","+table+".")
}
