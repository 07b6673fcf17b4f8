// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package result

import (
	"context"

	"seckill/internal/logic/view"
	"seckill/internal/svc"
	"seckill/internal/types"
	"seckill/model"

	"github.com/zeromicro/go-zero/core/logx"
)

// ListProductResultsLogic serves one request: Attempts for a product, newest first.
type ListProductResultsLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewListProductResultsLogic makes the logic of one request.
func NewListProductResultsLogic(ctx context.Context, svcCtx *svc.ServiceContext) *ListProductResultsLogic {
	return &ListProductResultsLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// ListProductResults answers: Attempts for a product, newest first.
func (l *ListProductResultsLogic) ListProductResults(req *types.ProductResultsRequest) (*types.LogPage, error) {
	if _, err := l.svcCtx.ProductEver(l.ctx, req.ProductId); err != nil {
		return nil, err
	}
	filter := model.LogFilter{ProductID: req.ProductId, Status: req.Status}
	return view.Logs(l.ctx, l.svcCtx.Lists, filter, req.Limit, req.Cursor)
}
