package view

import (
	"seckill/internal/seckill"
	"seckill/internal/types"
	"seckill/model"
)

// Who decides the attempts for a product: somebody else, through the status route,
// or this service.
const (
	modeRecord = "RECORD"
	modeSettle = "SETTLE"
)

// Product returns the shape of a product.
func Product(row *model.SeckillProducts) *types.ProductResponse {
	mode := modeRecord
	if row.StockTotal.Valid {
		mode = modeSettle
	}
	return &types.ProductResponse{
		ProductId:            row.ProductId,
		Name:                 row.Name,
		Status:               row.Status,
		Mode:                 mode,
		StockTotal:           optionalInteger(row.StockTotal),
		StockLeft:            optionalInteger(row.StockLeft),
		PerUserLimit:         row.PerUserLimit,
		StartsAt:             optionalTime(row.StartsAt),
		EndsAt:               optionalTime(row.EndsAt),
		PaymentWindowSeconds: optionalInteger(row.PaymentWindowSeconds),
		CreatedAt:            seckill.FormatTime(row.CreatedAt),
		UpdatedAt:            seckill.FormatTime(row.UpdatedAt),
	}
}

// Books returns the shape of a product's accounts.
func Books(books seckill.Books) *types.BooksResponse {
	shape := &types.BooksResponse{
		ProductId:      books.ProductID,
		StockTotal:     books.StockTotal,
		StockLeft:      books.StockLeft,
		LiveOrders:     books.LiveOrders,
		OrdersByStatus: make(map[string]int64, len(books.OrdersByStatus)),
		LogsByStatus:   make(map[string]int64, len(books.LogsByStatus)),
		Drift:          books.Drift(),
	}
	shape.Balanced = books.Balanced()
	if gate := books.Gate; gate != nil {
		shape.RedisLeft, shape.InFlight, shape.PendingMoves = &gate.Left, &gate.InFlight, &gate.PendingMoves
	}
	for status, n := range books.OrdersByStatus {
		shape.OrdersByStatus[string(status)] = n
	}
	for status, n := range books.LogsByStatus {
		shape.LogsByStatus[string(status)] = n
	}
	return shape
}
