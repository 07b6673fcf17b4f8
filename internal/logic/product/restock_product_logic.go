// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package product

import (
	"context"

	"seckill/internal/auth"
	"seckill/internal/logic/view"
	"seckill/internal/request"
	"seckill/internal/svc"
	"seckill/internal/types"

	"github.com/zeromicro/go-zero/core/logx"
)

// RestockProductLogic serves one request: Add stock or withdraw it in the middle of a sale.
type RestockProductLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewRestockProductLogic makes the logic of one request.
func NewRestockProductLogic(ctx context.Context, svcCtx *svc.ServiceContext) *RestockProductLogic {
	return &RestockProductLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// RestockProduct answers: Add stock or withdraw it in the middle of a sale.
func (l *RestockProductLogic) RestockProduct(req *types.RestockRequest) (*types.ProductResponse, error) {
	if err := request.CheckRestock(req); err != nil {
		return nil, err
	}
	row, err := l.svcCtx.Ledger.RestockProduct(l.ctx, auth.Actor(l.ctx), req.ProductId, req.Delta, req.Note)
	if err != nil {
		return nil, err
	}
	l.svcCtx.TellGate(l.ctx, row.ProductId)
	return view.Product(&row), nil
}
