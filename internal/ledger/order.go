package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
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
// same reference answers the same.
func (l *Ledger) PayOrder(ctx context.Context, orderID int64, paymentRef string) (model.SeckillOrders, error) {
	return l.move(ctx, orderID, func(o seckill.Order, now time.Time) (seckill.Order, error) {
		return o.Pay(paymentRef, now)
	}, nil)
}

// CancelOrder cancels an order, returns its unit to stock, once, and returns the
// order as stored. To cancel again answers the same. What an operator cancels
// stands in the audit.
func (l *Ledger) CancelOrder(ctx context.Context, orderID int64, actor string, operator bool) (model.SeckillOrders, error) {
	return l.move(ctx, orderID, func(o seckill.Order, now time.Time) (seckill.Order, error) {
		return o.Cancel(operator, now)
	}, func(tx pgx.Tx, before seckill.Order) error {
		if err := model.ReturnUnits(ctx, tx, before.ProductID, 1); err != nil || !operator {
			return err
		}
		return model.InsertAudit(ctx, tx, actor, "order.cancel", "order:"+strconv.FormatInt(orderID, 10),
			map[string]any{"productId": before.ProductID, "userId": before.UserID, "before": before.Status})
	})
}

// move locks an order, changes it as fn says, and when that changed its status does
// what goes with it in the same transaction. Whoever else wants to move the order
// waits for the lock, and then finds the order as it is.
func (l *Ledger) move(ctx context.Context, orderID int64, fn func(seckill.Order, time.Time) (seckill.Order, error),
	with func(tx pgx.Tx, before seckill.Order) error) (model.SeckillOrders, error) {
	var row model.SeckillOrders
	moved := false
	err := l.pool.InTx(ctx, func(tx pgx.Tx) error {
		moved = false
		locked, now, err := model.LockOrder(ctx, tx, orderID)
		if err != nil {
			return err
		}
		row = locked
		before := order(row)
		after, err := fn(before, now)
		if err != nil || after.Status == before.Status {
			return err
		}
		moved = true
		row.Status, row.PaidAt = string(after.Status), nullTime(after.PaidAt)
		row.PaymentRef = sql.NullString{String: after.PaymentRef, Valid: after.PaymentRef != ""}
		if row, err = model.UpdateOrder(ctx, tx, row); err != nil || with == nil {
			return err
		}
		return with(tx, before)
	})
	if errors.Is(err, model.ErrNotFound) {
		return row, seckill.Errorf(seckill.CodeOrderNotFound, "there is no order %d", orderID)
	}
	if err != nil {
		return row, fmt.Errorf("move order %d: %w", orderID, err)
	}
	if moved {
		l.observe.OrdersWritten(row.ProductId, seckill.OrderStatus(row.Status), 1)
	}
	return row, nil
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
		var expired int64
		err := l.pool.InTx(ctx, func(tx pgx.Tx) (err error) {
			expired, err = model.ExpireOrders(ctx, tx, productID, expireBatch, expireWait)
			return err
		})
		if err != nil {
			return fmt.Errorf("expire orders of product %d: %w", productID, err)
		}
		if expired > 0 {
			l.observe.OrdersWritten(productID, seckill.OrderExpired, int(expired))
		}
		if expired < expireBatch {
			return nil
		}
	}
}
