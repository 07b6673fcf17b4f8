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

// CreateProductLogic serves one request: Register a product.
type CreateProductLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewCreateProductLogic makes the logic of one request.
func NewCreateProductLogic(ctx context.Context, svcCtx *svc.ServiceContext) *CreateProductLogic {
	return &CreateProductLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// CreateProduct answers: Register a product.
func (l *CreateProductLogic) CreateProduct(req *types.CreateProductRequest) (*types.ProductResponse, error) {
	product, err := request.Product(req)
	if err != nil {
		return nil, err
	}
	row, err := l.svcCtx.Ledger.CreateProduct(l.ctx, auth.Actor(l.ctx), product)
	if err != nil {
		return nil, err
	}
	l.svcCtx.TellGate(l.ctx, row.ProductId)
	return view.Product(&row), nil
}
