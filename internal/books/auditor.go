// Package books keeps the two accounts of every product in step and proves it: in
// PostgreSQL a unit is either left in stock or held by a live order; in Redis, where the
// gate admits attempts ahead of their settlement, it is left, in flight or sold.
//
// The Keeper opens the gates, tells them what PostgreSQL has decided and makes them anew
// when Redis has lost something. The Auditor compares, the Reader shows, Repair corrects.
package books

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/zeromicro/go-zero/core/logx"

	"seckill/internal/admission"
	"seckill/internal/role"
	"seckill/internal/seckill"
	"seckill/internal/stream"
	"seckill/model"
)

const (
	// auditInterval keeps the gauges younger than the 10 s of contract section 7.
	auditInterval = 5 * time.Second
	// restFactor bounds the load: after an audit that took long the auditor rests
	// this many times as long, but restMost at the most.
	restFactor = 10
	restMost   = time.Minute
	// auditTimeout bounds the look at one product: a server that is silent for so long has
	// failed.
	auditTimeout = 3 * time.Second
	// busyMost is how long the look at one product counts as work, at the most. What takes
	// longer hung, and the rest is for the load: else the gauges would stay behind long
	// after a stall.
	busyMost = 250 * time.Millisecond
)

// Gauges shows the stock and its drift; metrics.Metrics is it.
type Gauges interface {
	Stock(b seckill.Books)
	// StockUnknown tells that nobody can read the books of a product any more.
	StockUnknown(productID int64)
	// Audited tells that every product has been looked at.
	Audited()
}

// Auditor checks the books of every settled product that can still change.
type Auditor struct {
	pool   *model.Pool
	gate   *admission.Gate
	gauges Gauges
	drifts map[int64]int64 // of the last audit, by product
	shown  map[int64]bool  // products whose books are shown
	rests  rests

	busy     time.Duration // that the last audit was at work
	patience time.Duration // how long the next gate is waited for
}

// NewAuditor makes an auditor.
func NewAuditor(pool *model.Pool, gate *admission.Gate, gauges Gauges) *Auditor {
	return &Auditor{pool: pool, gate: gate, gauges: gauges, drifts: map[int64]int64{}, shown: map[int64]bool{}, rests: rests{}}
}

// Role makes the role that audits again and again, shows what it finds and says in the
// log when a product's books do not balance.
func (a *Auditor) Role() *role.Role {
	return role.New(func(ctx context.Context) {
		for {
			err := a.Audit(ctx)
			if err != nil && ctx.Err() == nil {
				logx.Errorf("audit books: %v", err)
			}
			if !role.Sleep(ctx, a.rest()) {
				return
			}
		}
	})
}

// rest is how long the auditor rests after the audit that it has made.
func (a *Auditor) rest() time.Duration { return max(auditInterval, min(restMost, restFactor*a.busy)) }

// Audit checks every settled product once, but those that ended more than an hour ago, and
// those of which nothing has moved since they were found in order, for a while. While Redis
// is away it checks what PostgreSQL holds. A product that cannot be checked keeps no other
// from it, unless PostgreSQL does not even say which there are.
func (a *Auditor) Audit(ctx context.Context) error {
	drifts := map[int64]int64{}
	var problems []error
	a.busy, a.patience = 0, auditTimeout
	marks, err := a.marks(ctx)
	if err == nil {
		problems, err = a.auditAll(ctx, marks, drifts)
	}
	if err != nil {
		a.busy = 0
		a.unknown(drifts)
		return errors.Join(err, role.Problems(problems))
	}
	a.drifts = drifts
	a.gauges.Audited()
	return role.Problems(problems)
}

// auditAll checks products one after the other; err says that PostgreSQL does not answer.
func (a *Auditor) auditAll(ctx context.Context, marks []mark, drifts map[int64]int64) (problems []error, err error) {
	for _, m := range marks {
		if a.shown[m.books.ProductID] && a.rests.has(m) {
			drifts[m.books.ProductID] = 0
			continue
		}
		began := time.Now()
		b, err := a.next(ctx, m.books.ProductID-1)
		if err != nil {
			return problems, err
		}
		if b == nil || b.ProductID != m.books.ProductID {
			continue // deleted meanwhile
		}
		books := seckill.Books{ProductID: b.ProductID, StockTotal: &b.Total, StockLeft: &b.Left, LiveOrders: b.Live}
		if books.Gate, err = a.account(ctx, b.ProductID); err != nil {
			problems = append(problems, fmt.Errorf("product %d: %w", b.ProductID, err))
		} else {
			a.busy += min(busyMost, time.Since(began))
		}
		a.gauges.Stock(books)
		a.shown[b.ProductID] = true
		a.report(books)
		drifts[b.ProductID] = books.Drift()
		a.rests.note(m, books)
	}
	return problems, nil
}

// unknown has nothing shown of the products that could not be looked at. One that has been
// audited to its end some time ago is among them.
func (a *Auditor) unknown(seen map[int64]int64) {
	for id := range a.shown {
		if _, now := seen[id]; !now {
			a.gauges.StockUnknown(id)
			delete(a.shown, id)
		}
	}
}

func (a *Auditor) next(ctx context.Context, after int64) (*model.Balance, error) {
	ctx, cancel := context.WithTimeout(ctx, auditTimeout)
	defer cancel()
	return a.pool.NextBalance(ctx, after)
}

// account reads a gate. Once one has not answered, less is waited for the others, and for
// none on the same server.
func (a *Auditor) account(ctx context.Context, productID int64) (*seckill.GateAccount, error) {
	if a.patience == 0 {
		return nil, nil //nolint:nilnil // nil is the documented "not known"
	}
	ctx, cancel := context.WithTimeout(ctx, a.patience)
	defer cancel()
	account, err := gateAccount(ctx, a.pool, a.gate, productID)
	if stream.Away(err) {
		a.patience = busyMost
		if a.gate.Single() {
			a.patience = 0
		}
	}
	return account, err
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
