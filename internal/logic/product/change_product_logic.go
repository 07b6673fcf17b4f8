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

// ChangeProductLogic serves one request: Change a product; what is stored already keeps its outcome.
type ChangeProductLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewChangeProductLogic makes the logic of one request.
func NewChangeProductLogic(ctx context.Context, svcCtx *svc.ServiceContext) *ChangeProductLogic {
	return &ChangeProductLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// ChangeProduct answers: Change a product; what is stored already keeps its outcome.
func (l *ChangeProductLogic) ChangeProduct(req *types.ChangeProductRequest) (*types.ProductResponse, error) {
	change, err := request.ProductChange(req)
	if err != nil {
		return nil, err
	}
	row, err := l.svcCtx.Ledger.ChangeProduct(l.ctx, auth.Actor(l.ctx), req.ProductId, change)
	if err != nil {
		return nil, err
	}
	l.svcCtx.TellGate(l.ctx, row.ProductId)
	return view.Product(&row), nil
}
