// Package books checks that the accounts of every product balance: the units of a
// product are either left in stock or held by a live order, none twice and none
// nowhere.
package books

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/zeromicro/go-zero/core/logx"

	"seckill/internal/role"
	"seckill/internal/seckill"
	"seckill/model"
)

const (
	// auditInterval keeps the gauges younger than the 10 s of contract section 7.
	auditInterval = 5 * time.Second
	// restFactor bounds the load: after an audit that took long the auditor rests
	// this many times as long.
	restFactor = 10
)

// Gauges shows the stock and its drift; metrics.Metrics is it.
type Gauges interface {
	Stock(productID, total, left, sold, drift int64)
}

// Auditor makes the role that checks every settled product that can still change,
// shows what it finds and says in the log when a product's books do not balance.
func Auditor(pool *model.Pool, gauges Gauges) *role.Role {
	return role.New(func(ctx context.Context) {
		for {
			began := time.Now()
			if err := Audit(ctx, pool, gauges); err != nil && ctx.Err() == nil {
				logx.Errorf("audit books: %v", err)
			}
			if !role.Sleep(ctx, max(auditInterval, restFactor*time.Since(began))) {
				return
			}
		}
	})
}

// Audit checks every settled product once, but those that ended more than an hour
// ago.
func Audit(ctx context.Context, pool *model.Pool, gauges Gauges) error {
	for after := int64(0); ; {
		b, err := pool.NextBalance(ctx, after)
		if err != nil || b == nil {
			return err
		}
		after = b.ProductID
		books := seckill.Books{ProductID: b.ProductID, StockTotal: &b.Total, StockLeft: &b.Left, LiveOrders: b.Live}
		drift := books.Drift()
		gauges.Stock(b.ProductID, b.Total, b.Left, b.Live, drift)
		if drift != 0 {
			logx.Errorf("books of product %d do not balance: total %d, left %d, live orders %d, drift %d",
				b.ProductID, b.Total, b.Left, b.Live, drift)
		}
	}
}

// Reader answers for the books of one product.
type Reader struct{ pool *model.Pool }

// NewReader makes a reader over a pool.
func NewReader(pool *model.Pool) *Reader { return &Reader{pool: pool} }

// Read returns the books of a product in one snapshot;
// seckill.CodeProductNotFound when there is none of that ID.
func (r *Reader) Read(ctx context.Context, productID int64) (seckill.Books, error) {
	a, err := r.pool.Accounts(ctx, productID)
	if errors.Is(err, model.ErrNotFound) {
		return seckill.Books{}, seckill.Errorf(seckill.CodeProductNotFound, "there is no product %d", productID)
	}
	if err != nil {
		return seckill.Books{}, fmt.Errorf("read books: %w", err)
	}
	books := seckill.Books{
		ProductID: productID, StockTotal: a.StockTotal, StockLeft: a.StockLeft,
		OrdersByStatus: map[seckill.OrderStatus]int64{}, LogsByStatus: map[seckill.Status]int64{},
	}
	for status, n := range a.Orders {
		books.OrdersByStatus[seckill.OrderStatus(status)] = n
		if seckill.OrderStatus(status).Live() {
			books.LiveOrders += n
		}
	}
	for status, n := range a.Logs {
		books.LogsByStatus[seckill.Status(status)] = n
	}
	return books, nil
}
