package svc

import (
	"context"
	"errors"
	"fmt"

	"seckill/internal/seckill"
	"seckill/model"
)

// Product returns the row of a product; 404 PRODUCT_NOT_FOUND when there is none, or it was
// deleted.
func (s *ServiceContext) Product(ctx context.Context, productID int64) (*model.SeckillProducts, error) {
	return s.product(ctx, productID, s.Products.FindOne)
}

// ProductEver is Product for what is stored of a product, which stays when it is deleted.
func (s *ServiceContext) ProductEver(ctx context.Context, productID int64) (*model.SeckillProducts, error) {
	return s.product(ctx, productID, s.Products.FindEver)
}

func (s *ServiceContext) product(ctx context.Context, productID int64,
	find func(ctx context.Context, productID int64) (*model.SeckillProducts, error)) (*model.SeckillProducts, error) {
	product, err := find(ctx, productID)
	if errors.Is(err, model.ErrNotFound) {
		return nil, seckill.Errorf(seckill.CodeProductNotFound, "there is no product %d", productID)
	}
	if err != nil {
		return nil, fmt.Errorf("find product %d: %w", productID, err)
	}
	return product, nil
}
