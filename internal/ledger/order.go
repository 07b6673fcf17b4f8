package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"seckill/internal/role"
	"seckill/internal/seckill"
	"seckill/model"
)

const (
	// expireBatch is the most orders that one transaction expires.
	expireBatch = 1000
	// expireInterval keeps the sweep well within the 5 s of the contract.
	expireInterval = time.Second
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
		if err := model.ReturnUnits(ctx, tx, []model.ReturnedUnits{{ProductID: before.ProductID, Units: 1}}); err != nil || !operator {
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
// share the work: each passes over what another has locked.
func (l *Ledger) Expirer() *role.Role {
	return role.Every(expireInterval, "expire orders", func(ctx context.Context) error {
		for {
			n, err := l.ExpireOrders(ctx, expireBatch)
			if err != nil || n < expireBatch {
				return err
			}
		}
	})
}

// ExpireOrders expires up to limit orders, returns their units to stock, in one
// transaction, and returns how many it expired.
func (l *Ledger) ExpireOrders(ctx context.Context, limit int) (int, error) {
	var units []model.ReturnedUnits
	err := l.pool.InTx(ctx, func(tx pgx.Tx) (err error) {
		if units, err = model.ExpireOrders(ctx, tx, limit); err != nil {
			return err
		}
		return model.ReturnUnits(ctx, tx, units)
	})
	if err != nil {
		return 0, fmt.Errorf("expire orders: %w", err)
	}
	expired := 0
	for _, u := range units {
		expired += int(u.Units)
		l.observe.OrdersWritten(u.ProductID, seckill.OrderExpired, int(u.Units))
	}
	return expired, nil
}
