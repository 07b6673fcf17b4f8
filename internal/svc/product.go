package svc

import (
	"context"
	"errors"
	"fmt"

	"seckill/internal/seckill"
	"seckill/model"
)

// Product returns the row of a product; 404 PRODUCT_NOT_FOUND when there is none.
func (s *ServiceContext) Product(ctx context.Context, productID int64) (*model.SeckillProducts, error) {
	product, err := s.Products.FindOne(ctx, productID)
	if errors.Is(err, model.ErrNotFound) {
		return nil, seckill.Errorf(seckill.CodeProductNotFound, "there is no product %d", productID)
	}
	if err != nil {
		return nil, fmt.Errorf("find product %d: %w", productID, err)
	}
	return product, nil
}
