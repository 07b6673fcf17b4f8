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

// GetBooksLogic serves one request: Whether stock and orders of a product add up.
type GetBooksLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewGetBooksLogic makes the logic of one request.
func NewGetBooksLogic(ctx context.Context, svcCtx *svc.ServiceContext) *GetBooksLogic {
	return &GetBooksLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// GetBooks answers: Whether stock and orders of a product add up.
func (l *GetBooksLogic) GetBooks(req *types.ProductRequest) (*types.BooksResponse, error) {
	books, err := l.svcCtx.Books.Read(l.ctx, req.ProductId)
	if err != nil {
		return nil, err
	}
	return view.Books(books), nil
}
