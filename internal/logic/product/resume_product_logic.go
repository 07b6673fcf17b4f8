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

// ResumeProductLogic serves one request: Resume a paused product.
type ResumeProductLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewResumeProductLogic makes the logic of one request.
func NewResumeProductLogic(ctx context.Context, svcCtx *svc.ServiceContext) *ResumeProductLogic {
	return &ResumeProductLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// ResumeProduct answers: Resume a paused product.
func (l *ResumeProductLogic) ResumeProduct(req *types.ProductRequest) (*types.ProductResponse, error) {
	row, err := l.svcCtx.Ledger.MoveProduct(l.ctx, auth.Actor(l.ctx), req.ProductId, seckill.ProductActive, time.Time{})
	if err != nil {
		return nil, err
	}
	l.svcCtx.TellGate(l.ctx, row.ProductId)
	return view.Product(&row), nil
}
