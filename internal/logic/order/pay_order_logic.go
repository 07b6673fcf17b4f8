// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package order

import (
	"context"

	"seckill/internal/auth"
	"seckill/internal/logic/view"
	"seckill/internal/request"
	"seckill/internal/svc"
	"seckill/internal/types"

	"github.com/zeromicro/go-zero/core/logx"
)

// PayOrderLogic serves one request: Pay an order; again with the same reference it answers the same.
type PayOrderLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewPayOrderLogic makes the logic of one request.
func NewPayOrderLogic(ctx context.Context, svcCtx *svc.ServiceContext) *PayOrderLogic {
	return &PayOrderLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// PayOrder answers: Pay an order; again with the same reference it answers the same.
func (l *PayOrderLogic) PayOrder(req *types.PayOrderRequest) (*types.OrderResponse, error) {
	if err := request.CheckPayment(req); err != nil {
		return nil, err
	}
	row, err := l.svcCtx.Ledger.PayOrder(l.ctx, req.OrderId, auth.Actor(l.ctx), req.PaymentRef)
	if err != nil {
		return nil, err
	}
	return view.Order(&row), nil
}
