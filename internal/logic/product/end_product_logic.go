// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package product

import (
	"context"

	"seckill/internal/auth"
	"seckill/internal/logic/view"
	"seckill/internal/seckill"
	"seckill/internal/svc"
	"seckill/internal/types"

	"github.com/zeromicro/go-zero/core/logx"
)

// EndProductLogic serves one request: End a product for good: later attempts are FAILED with ENDED.
type EndProductLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewEndProductLogic makes the logic of one request.
func NewEndProductLogic(ctx context.Context, svcCtx *svc.ServiceContext) *EndProductLogic {
	return &EndProductLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// EndProduct answers: End a product for good: later attempts are FAILED with ENDED.
func (l *EndProductLogic) EndProduct(req *types.ProductRequest) (*types.ProductResponse, error) {
	now, err := l.svcCtx.Clock.NowFor(l.ctx, req.ProductId)
	if err != nil {
		return nil, err
	}
	row, err := l.svcCtx.Ledger.MoveProduct(l.ctx, auth.Actor(l.ctx), req.ProductId, seckill.ProductEnded, now)
	if err != nil {
		return nil, err
	}
	if err := l.svcCtx.MakeGateKnow(l.ctx, row.ProductId); err != nil {
		return nil, err
	}
	return view.Product(&row), nil
}
