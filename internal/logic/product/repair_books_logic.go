// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package product

import (
	"context"

	"seckill/internal/auth"
	"seckill/internal/logic/view"
	"seckill/internal/svc"
	"seckill/internal/types"

	"github.com/zeromicro/go-zero/core/logx"
)

// RepairBooksLogic serves one request: Correct what Redis has left by the drift.
type RepairBooksLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewRepairBooksLogic makes the logic of one request.
func NewRepairBooksLogic(ctx context.Context, svcCtx *svc.ServiceContext) *RepairBooksLogic {
	return &RepairBooksLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// RepairBooks answers: Correct what Redis has left by the drift.
func (l *RepairBooksLogic) RepairBooks(req *types.ProductRequest) (*types.BooksResponse, error) {
	if _, err := l.svcCtx.Keeper.Repair(l.ctx, auth.Actor(l.ctx), req.ProductId); err != nil {
		return nil, err
	}
	books, err := l.svcCtx.Books.Read(l.ctx, req.ProductId)
	if err != nil {
		return nil, err
	}
	return view.Books(books), nil
}
