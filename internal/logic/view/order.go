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

// OrderEvents returns the page of the given events, all that there are after a number or as
// many as were asked for.
func OrderEvents(events []model.OrderEvent, after int64) *types.OrderEventPage {
	page := &types.OrderEventPage{Items: make([]types.OrderEvent, len(events)), Next: after}
	for i := range events {
		e := &events[i]
		page.Items[i] = types.OrderEvent{
			Number: e.Number, Type: string(e.Type), At: seckill.FormatTime(e.Order.UpdatedAt), Order: *Order(&e.Order),
		}
		page.Next = e.Number
	}
	return page
}
