// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package order

import (
	"context"

	"seckill/internal/auth"
	"seckill/internal/logic/view"
	"seckill/internal/svc"
	"seckill/internal/types"

	"github.com/zeromicro/go-zero/core/logx"
)

// CancelOrderLogic serves one request: Cancel an order, a CONFIRMED one as operator only; its unit returns to stock once.
type CancelOrderLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewCancelOrderLogic makes the logic of one request.
func NewCancelOrderLogic(ctx context.Context, svcCtx *svc.ServiceContext) *CancelOrderLogic {
	return &CancelOrderLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// CancelOrder answers: Cancel an order, a CONFIRMED one as operator only; its unit returns to stock once.
func (l *CancelOrderLogic) CancelOrder(req *types.OrderRequest) (*types.OrderResponse, error) {
	operator := auth.CallerRole(l.ctx) == auth.RoleOperator
	row, err := l.svcCtx.Ledger.CancelOrder(l.ctx, req.OrderId, auth.Actor(l.ctx), operator)
	if err != nil {
		return nil, err
	}
	l.svcCtx.TellGateOfReturn(l.ctx, row.ProductId)
	return view.Order(&row), nil
}
