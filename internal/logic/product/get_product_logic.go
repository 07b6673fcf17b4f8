// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package product

import (
	"context"

	"seckill/internal/logic/view"
	"seckill/internal/svc"
	"seckill/internal/types"

	"github.com/zeromicro/go-zero/core/logx"
)

// GetProductLogic serves one request: A product.
type GetProductLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewGetProductLogic makes the logic of one request.
func NewGetProductLogic(ctx context.Context, svcCtx *svc.ServiceContext) *GetProductLogic {
	return &GetProductLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// GetProduct answers: A product.
func (l *GetProductLogic) GetProduct(req *types.ProductRequest) (*types.ProductResponse, error) {
	row, err := l.svcCtx.Product(l.ctx, req.ProductId)
	if err != nil {
		return nil, err
	}
	return view.Product(row), nil
}
