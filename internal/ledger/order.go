package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"seckill/internal/role"
	"seckill/internal/seckill"
	"seckill/model"
)

const (
	// expireBatch is the most orders that one transaction expires.
	expireBatch = 1000
	// expireInterval keeps the sweep well within the 5 s of the contract.
	expireInterval = time.Second
	// expireProducts is how many products are swept at once.
	expireProducts = 4
	// expireWait is how long a sweep waits for a product's row before it leaves the
	// product to the next sweep.
	expireWait = time.Second
)

// PayOrder marks an order as paid and returns it as stored. To pay again with the
// same reference answers the same. A payment that the order does not take leaves a row in
// the audit, once for each reference, since its money has to be given back.
func (l *Ledger) PayOrder(ctx context.Context, orderID int64, actor, paymentRef string) (model.SeckillOrders, error) {
	var unwanted seckill.Unwanted // "" unless it has been written down just now
	row, err := l.move(ctx, orderID, movement{
		change: func(o seckill.Order, now time.Time) (seckill.Order, error) { return o.Pay(paymentRef, now) },
		before: func(tx pgx.Tx) error { return model.LockProductOfOrder(ctx, tx, orderID) },
		refused: func(tx pgx.Tx, o seckill.Order, refusal error) error {
			kind := seckill.UnwantedPayment(seckill.ErrorCode(refusal))
			if kind == "" {
				return refusal
			}
			fresh, err := model.InsertAuditOnce(ctx, tx, actor, string(kind), seckill.OrderTarget(orderID), map[string]any{
				"paymentRef": paymentRef, "productId": o.ProductID, "userId": o.UserID, "status": o.Status,
			})
			if fresh {
				unwanted = kind
			}
			return err
		},
	})
	if seckill.ErrorCode(err) == seckill.CodeOrderNotFound {
		if fault := l.unknownPayment(ctx, orderID, actor, paymentRef); fault != nil {
			return row, fault // so that whoever has the money says so again
		}
		return row, err
	}
	if unwanted != "" && seckill.UnwantedPayment(seckill.ErrorCode(err)) == unwanted { // committed
		l.observe.PaymentUnwanted(row.ProductId, unwanted)
	}
	return row, err
}

// unknownPayment writes down, once for each reference, that money came for an order that is
// not here: it may have been lost with the last commits of the database.
func (l *Ledger) unknownPayment(ctx context.Context, orderID int64, actor, paymentRef string) error {
	fresh := false
	err := l.pool.InTx(ctx, func(tx pgx.Tx) (err error) {
		fresh, err = model.InsertAuditOnce(ctx, tx, actor, string(seckill.PaymentUnknown), seckill.OrderTarget(orderID),
			map[string]any{"paymentRef": paymentRef})
		return err
	})
	if err != nil {
		return fmt.Errorf("write down a payment for order %d, which is not here: %w", orderID, err)
	}
	if fresh {
		l.observe.PaymentUnwanted(0, seckill.PaymentUnknown)
	}
	return nil
}

// CancelOrder cancels an order, returns its unit to stock, once, and returns the
// order as stored. To cancel again answers the same. What an operator cancels
// stands in the audit.
func (l *Ledger) CancelOrder(ctx context.Context, orderID int64, actor string, operator bool) (model.SeckillOrders, error) {
	return l.move(ctx, orderID, movement{
		change: func(o seckill.Order, now time.Time) (seckill.Order, error) { return o.Cancel(operator, now) },
		before: func(tx pgx.Tx) error { return model.LockProductOfOrder(ctx, tx, orderID) },
		after: func(tx pgx.Tx, was seckill.Order) error {
			if err := model.ReturnUnits(ctx, tx, was.ProductID, []int64{was.UserID}); err != nil || !operator {
				return err
			}
			return model.InsertAudit(ctx, tx, actor, "order.cancel", seckill.OrderTarget(orderID),
				map[string]any{"productId": was.ProductID, "userId": was.UserID, "before": was.Status})
		},
		refused: func(tx pgx.Tx, o seckill.Order, refusal error) error {
			if seckill.ErrorCode(refusal) != seckill.CodeForbidden {
				return refusal
			}
			return model.InsertAudit(ctx, tx, actor, "request.refused", seckill.OrderTarget(orderID),
				map[string]any{"productId": o.ProductID, "userId": o.UserID, "status": o.Status, "action": "order.cancel"})
		},
	})
}

// movement is a change of an order's status, and what goes with it in the same
// transaction: before the order is locked, after its status has changed, and when the
// change is refused. All but change may be nil.
type movement struct {
	change func(o seckill.Order, now time.Time) (seckill.Order, error)
	before func(tx pgx.Tx) error
	after  func(tx pgx.Tx, was seckill.Order) error
	// refused writes down that a change was refused; with an error nothing is.
	refused func(tx pgx.Tx, o seckill.Order, refusal error) error
}

// move locks an order and changes it. Whoever else wants to move the order waits for
// the lock, and then finds the order as it is.
func (l *Ledger) move(ctx context.Context, orderID int64, m movement) (model.SeckillOrders, error) {
	var row model.SeckillOrders
	var refusal error
	moved := false
	err := l.pool.InTx(ctx, func(tx pgx.Tx) (err error) {
		if row, moved, err = moveIn(ctx, tx, orderID, m); err == nil || m.refused == nil {
			return err
		}
		refusal = err
		return m.refused(tx, order(row), refusal)
	})
	if err == nil {
		err = refusal
	}
	if errors.Is(err, model.ErrNotFound) {
		return row, seckill.Errorf(seckill.CodeOrderNotFound, "there is no order %d", orderID)
	}
	if err != nil {
		return row, fmt.Errorf("move order %d: %w", orderID, err)
	}
	if moved {
		l.observe.OrdersWritten(row.ProductId, seckill.OrderStatus(row.Status), 1)
		l.tell.ResultsChanged(row.ProductId, []int64{row.UserId})
	}
	if moved && m.after != nil {
		l.tell.MoveWritten(row.ProductId)
	}
	return row, nil
}

// moveIn is move within a transaction; it reports whether the status has changed.
func moveIn(ctx context.Context, tx pgx.Tx, orderID int64, m movement) (model.SeckillOrders, bool, error) {
	if m.before != nil {
		if err := m.before(tx); err != nil {
			return model.SeckillOrders{}, false, err
		}
	}
	row, now, err := model.LockOrder(ctx, tx, orderID)
	if err != nil {
		return row, false, err
	}
	was := order(row)
	will, err := m.change(was, now)
	if err != nil || will.Status == was.Status {
		return row, false, err
	}
	row.Status, row.PaidAt, row.UpdatedAt = string(will.Status), nullTime(will.PaidAt), now
	row.PaymentRef = sql.NullString{String: will.PaymentRef, Valid: will.PaymentRef != ""}
	if row, err = model.UpdateOrder(ctx, tx, row); err != nil || m.after == nil {
		return row, true, err
	}
	return row, true, m.after(tx, was)
}

func order(row model.SeckillOrders) seckill.Order {
	return seckill.Order{
		OrderID: row.Id, ProductID: row.ProductId, UserID: row.UserId, StreamID: row.StreamId,
		Status: seckill.OrderStatus(row.Status), ExpiresAt: row.ExpiresAt.Time, PaidAt: row.PaidAt.Time,
		PaymentRef: row.PaymentRef.String, CreatedAt: row.CreatedAt, UpdatedAt: row.UpdatedAt,
	}
}

// Expirer makes the role that expires orders whose time to pay is over. Replicas
// share the work: what one has swept, or holds, the others pass over.
func (l *Ledger) Expirer() *role.Role {
	return role.Every(expireInterval, "expire orders", l.ExpireOrders)
}

// ExpireOrders expires every order whose time to pay is over, but those that
// somebody holds at the moment. Products are swept side by side, so that one whose
// row is held for long does not hold up the others.
func (l *Ledger) ExpireOrders(ctx context.Context) error {
	products, err := l.pool.DueProducts(ctx)
	if err != nil {
		return err
	}
	if l.await != nil {
		verified, err := l.await(ctx)
		if err != nil {
			return err
		}
		products = slices.DeleteFunc(products, func(id int64) bool { return !verified(id) })
	}
	var sweeps errgroup.Group
	sweeps.SetLimit(expireProducts)
	for _, productID := range products {
		sweeps.Go(func() error { return l.expireProduct(ctx, productID) })
	}
	return sweeps.Wait()
}

// expireProduct expires the overdue orders of one product, some in a transaction,
// each with the units that go back into stock.
func (l *Ledger) expireProduct(ctx context.Context, productID int64) error {
	for {
		var expired []int64
		err := l.pool.InTx(ctx, func(tx pgx.Tx) (err error) {
			expired, err = model.ExpireOrders(ctx, tx, productID, expireBatch, expireWait)
			return err
		})
		if err != nil {
			return fmt.Errorf("expire orders of product %d: %w", productID, err)
		}
		if len(expired) > 0 {
			l.observe.OrdersWritten(productID, seckill.OrderExpired, len(expired))
			l.tell.MoveWritten(productID)
			l.tell.ResultsChanged(productID, expired)
		}
		if len(expired) < expireBatch {
			return nil
		}
	}
}
