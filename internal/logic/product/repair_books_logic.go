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

// RepairBooksLogic serves one request: Correct what Redis has left by the drift, or tell by how much it would be.
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

// RepairBooks answers: Correct what Redis has left by the drift, or tell by how much it would be.
func (l *RepairBooksLogic) RepairBooks(req *types.RepairBooksRequest) (*types.BooksResponse, error) {
	difference, err := l.repair(req)
	if err != nil {
		return nil, err
	}
	books, err := l.svcCtx.Books.Read(l.ctx, req.ProductId)
	if err != nil {
		return nil, err
	}
	shape := view.Books(books)
	shape.Difference = &difference
	return shape, nil
}

func (l *RepairBooksLogic) repair(req *types.RepairBooksRequest) (int64, error) {
	if req.DryRun {
		return l.svcCtx.Keeper.DryRepair(l.ctx, req.ProductId)
	}
	return l.svcCtx.Keeper.Repair(l.ctx, auth.Actor(l.ctx), req.ProductId)
}
