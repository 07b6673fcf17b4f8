// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package product

import (
	"context"

	"seckill/internal/logic/view"
	"seckill/internal/request"
	"seckill/internal/svc"
	"seckill/internal/types"
	"seckill/model"

	"github.com/zeromicro/go-zero/core/logx"
)

// ListProductsLogic serves one request: Products, highest product first.
type ListProductsLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewListProductsLogic makes the logic of one request.
func NewListProductsLogic(ctx context.Context, svcCtx *svc.ServiceContext) *ListProductsLogic {
	return &ListProductsLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// ListProducts answers: Products, highest product first.
func (l *ListProductsLogic) ListProducts(req *types.ProductsRequest) (*types.ProductPage, error) {
	last, err := request.LastID(request.ListProducts, req.Cursor)
	if err != nil {
		return nil, err
	}
	rows, err := l.svcCtx.Lists.Products(l.ctx, last, int(req.Limit)+1)
	if err != nil {
		return nil, err
	}
	rows, next := view.Cut(rows, req.Limit, func(row *model.SeckillProducts) string {
		return request.IDCursor(request.ListProducts, row.ProductId)
	})
	page := &types.ProductPage{Items: make([]types.ProductResponse, len(rows)), NextCursor: next}
	for i, row := range rows {
		page.Items[i] = *view.Product(row)
	}
	return page, nil
}
