// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package product

import (
	"context"
	"time"

	"seckill/internal/auth"
	"seckill/internal/logic/view"
	"seckill/internal/seckill"
	"seckill/internal/svc"
	"seckill/internal/types"

	"github.com/zeromicro/go-zero/core/logx"
)

// PauseProductLogic serves one request: Pause a product: it admits and consumes nothing.
type PauseProductLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewPauseProductLogic makes the logic of one request.
func NewPauseProductLogic(ctx context.Context, svcCtx *svc.ServiceContext) *PauseProductLogic {
	return &PauseProductLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// PauseProduct answers: Pause a product: it admits and consumes nothing.
func (l *PauseProductLogic) PauseProduct(req *types.ProductRequest) (*types.ProductResponse, error) {
	row, err := l.svcCtx.Ledger.MoveProduct(l.ctx, auth.Actor(l.ctx), req.ProductId, seckill.ProductPaused, time.Time{})
	if err != nil {
		return nil, err
	}
	if err := l.svcCtx.MakeGateKnow(l.ctx, row.ProductId); err != nil {
		return nil, err
	}
	return view.Product(&row), nil
}
