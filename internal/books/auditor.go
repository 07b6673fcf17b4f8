// Package books keeps the two accounts of every product in step and proves it: in
// PostgreSQL a unit is either left in stock or held by a live order; in Redis, where the
// gate admits attempts ahead of their settlement, it is left, in flight or sold.
//
// The Keeper opens the gates, tells them what PostgreSQL has decided and makes them anew
// when Redis has lost something. The Auditor compares, the Reader shows, Repair corrects.
package books

import (
	"context"
	"time"

	"github.com/zeromicro/go-zero/core/logx"

	"seckill/internal/admission"
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
	Stock(b seckill.Books)
}

// Auditor checks the books of every settled product that can still change.
type Auditor struct {
	pool   *model.Pool
	gate   *admission.Gate
	gauges Gauges
	drifts map[int64]int64 // of the last audit, by product
}

// NewAuditor makes an auditor.
func NewAuditor(pool *model.Pool, gate *admission.Gate, gauges Gauges) *Auditor {
	return &Auditor{pool: pool, gate: gate, gauges: gauges, drifts: map[int64]int64{}}
}

// Role makes the role that audits again and again, shows what it finds and says in the
// log when a product's books do not balance.
func (a *Auditor) Role() *role.Role {
	return role.New(func(ctx context.Context) {
		for {
			began := time.Now()
			if err := a.Audit(ctx); err != nil && ctx.Err() == nil {
				logx.Errorf("audit books: %v", err)
			}
			if !role.Sleep(ctx, max(auditInterval, restFactor*time.Since(began))) {
				return
			}
		}
	})
}

// Audit checks every settled product once, but those that ended more than an hour
// ago. While Redis is away it checks what PostgreSQL holds.
func (a *Auditor) Audit(ctx context.Context) error {
	var redisErr error
	drifts := map[int64]int64{}
	for after := int64(0); ; {
		b, err := a.pool.NextBalance(ctx, after)
		if err != nil {
			return err
		}
		if b == nil {
			a.drifts = drifts
			return redisErr
		}
		after = b.ProductID
		books := seckill.Books{ProductID: b.ProductID, StockTotal: &b.Total, StockLeft: &b.Left, LiveOrders: b.Live}
		if redisErr == nil {
			books.Gate, redisErr = gateAccount(ctx, a.pool, a.gate, b.ProductID)
		}
		a.gauges.Stock(books)
		a.report(books)
		drifts[b.ProductID] = books.Drift()
	}
}

// report says what is wrong. The gate may be off for the moment in which it is opened;
// off twice in a row, it stays so until somebody repairs it.
func (a *Auditor) report(b seckill.Books) {
	if off := b.Imbalance(); off != 0 {
		logx.Errorf("books of product %d do not balance: total %d, left %d, live orders %d, off by %d",
			b.ProductID, *b.StockTotal, *b.StockLeft, b.LiveOrders, off)
	}
	if b.Gate != nil && b.Gate.Drift != 0 && a.drifts[b.ProductID] != 0 {
		logx.Errorf("gate of product %d drifts: left %d, in flight %d, moves to come %d, should hold %d more",
			b.ProductID, b.Gate.Left, b.Gate.InFlight, b.Gate.PendingMoves, b.Gate.Drift)
	}
}
