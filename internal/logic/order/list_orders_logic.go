// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package order

import (
	"context"

	"seckill/internal/logic/view"
	"seckill/internal/request"
	"seckill/internal/svc"
	"seckill/internal/types"
	"seckill/model"

	"github.com/zeromicro/go-zero/core/logx"
)

// ListOrdersLogic serves one request: Orders of any product and user, newest first.
type ListOrdersLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewListOrdersLogic makes the logic of one request.
func NewListOrdersLogic(ctx context.Context, svcCtx *svc.ServiceContext) *ListOrdersLogic {
	return &ListOrdersLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// ListOrders answers: Orders of any product and user, newest first.
func (l *ListOrdersLogic) ListOrders(req *types.OrdersRequest) (*types.OrderPage, error) {
	filter, err := request.Orders(&types.OrderExportRequest{
		OrderId: req.OrderId, ProductId: req.ProductId, UserId: req.UserId, Status: req.Status, StreamId: req.StreamId,
		PaymentRef: req.PaymentRef, From: req.From, To: req.To,
	})
	if err != nil {
		return nil, err
	}
	if filter.LastID, err = request.LastID(request.ListOrders, req.Cursor); err != nil {
		return nil, err
	}
	filter.Limit = int(req.Limit) + 1
	rows, err := l.svcCtx.Lists.Orders(l.ctx, filter)
	if err != nil {
		return nil, err
	}
	rows, next := view.Cut(rows, req.Limit, func(row *model.SeckillOrders) string {
		return request.IDCursor(request.ListOrders, row.Id)
	})
	page := &types.OrderPage{Items: make([]types.OrderResponse, len(rows)), NextCursor: next}
	for i, row := range rows {
		page.Items[i] = *view.Order(row)
	}
	return page, nil
}
