package view

import (
	"seckill/internal/seckill"
	"seckill/internal/types"
	"seckill/model"
)

// Order returns the shape of an order, as it is stored.
func Order(row *model.SeckillOrders) *types.OrderResponse {
	return &types.OrderResponse{
		OrderId:    row.Id,
		ProductId:  row.ProductId,
		UserId:     row.UserId,
		StreamId:   row.StreamId,
		Status:     row.Status,
		ExpiresAt:  optionalTime(row.ExpiresAt),
		PaidAt:     optionalTime(row.PaidAt),
		PaymentRef: row.PaymentRef.String,
		CreatedAt:  seckill.FormatTime(row.CreatedAt),
		UpdatedAt:  seckill.FormatTime(row.UpdatedAt),
	}
}
