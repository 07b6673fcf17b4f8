// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package order

import (
	"context"

	"seckill/internal/logic/view"
	"seckill/internal/svc"
	"seckill/internal/types"

	"github.com/zeromicro/go-zero/core/logx"
)

// GetOrderLogic serves one request: An order.
type GetOrderLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewGetOrderLogic makes the logic of one request.
func NewGetOrderLogic(ctx context.Context, svcCtx *svc.ServiceContext) *GetOrderLogic {
	return &GetOrderLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// GetOrder answers: An order.
func (l *GetOrderLogic) GetOrder(req *types.OrderRequest) (*types.OrderResponse, error) {
	row, err := l.svcCtx.Order(l.ctx, req.OrderId)
	if err != nil {
		return nil, err
	}
	return view.Order(row), nil
}
