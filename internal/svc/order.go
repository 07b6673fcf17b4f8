package svc

import (
	"context"
	"errors"
	"fmt"

	"seckill/internal/seckill"
	"seckill/model"
)

// Order returns the row of an order; 404 ORDER_NOT_FOUND when there is none.
func (s *ServiceContext) Order(ctx context.Context, orderID int64) (*model.SeckillOrders, error) {
	order, err := s.Orders.FindOne(ctx, orderID)
	if errors.Is(err, model.ErrNotFound) {
		return nil, seckill.Errorf(seckill.CodeOrderNotFound, "there is no order %d", orderID)
	}
	if err != nil {
		return nil, fmt.Errorf("find order %d: %w", orderID, err)
	}
	return order, nil
}
