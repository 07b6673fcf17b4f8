package request

import (
	"seckill/internal/types"
	"seckill/model"
)

// Orders reads which orders are meant; the page is left to the caller.
func Orders(req *types.OrderExportRequest) (f model.OrderFilter, err error) {
	f = model.OrderFilter{
		OrderID: req.OrderId, ProductID: req.ProductId, UserID: req.UserId, Status: req.Status, StreamID: req.StreamId,
		PaymentRef: req.PaymentRef,
	}
	if err := OptionalStreamID(req.StreamId); err != nil {
		return f, err
	}
	f.From, f.To, err = TimeRange(req.From, req.To)
	return f, err
}
