// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package product

import (
	"context"

	"seckill/internal/auth"
	"seckill/internal/svc"
	"seckill/internal/types"

	"github.com/zeromicro/go-zero/core/logx"
)

// DeleteProductLogic serves one request: Delete a product that has ended and of which nothing is on its way: it is gone from lists, its rows stay.
type DeleteProductLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewDeleteProductLogic makes the logic of one request.
func NewDeleteProductLogic(ctx context.Context, svcCtx *svc.ServiceContext) *DeleteProductLogic {
	return &DeleteProductLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// DeleteProduct answers: Delete a product that has ended and of which nothing is on its way: it is gone from lists, its rows stay.
func (l *DeleteProductLogic) DeleteProduct(req *types.ProductRequest) error {
	if _, err := l.svcCtx.Product(l.ctx, req.ProductId); err != nil {
		return err
	}
	other, err := l.svcCtx.Keeper.OnItsWay(l.ctx, req.ProductId)
	if err != nil {
		return err
	}
	if err := l.svcCtx.Ledger.DeleteProduct(l.ctx, auth.Actor(l.ctx), req.ProductId, other); err != nil {
		return err
	}
	l.svcCtx.Keeper.Leave(req.ProductId)
	return nil
}
