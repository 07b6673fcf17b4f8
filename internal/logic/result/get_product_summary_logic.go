// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package result

import (
	"context"

	"seckill/internal/logic/view"
	"seckill/internal/svc"
	"seckill/internal/types"

	"github.com/zeromicro/go-zero/core/logx"
)

// GetProductSummaryLogic serves one request: Attempts for a product, counted by status and reason.
type GetProductSummaryLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewGetProductSummaryLogic makes the logic of one request.
func NewGetProductSummaryLogic(ctx context.Context, svcCtx *svc.ServiceContext) *GetProductSummaryLogic {
	return &GetProductSummaryLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// GetProductSummary answers: Attempts for a product, counted by status and reason.
func (l *GetProductSummaryLogic) GetProductSummary(req *types.ProductRequest) (*types.SummaryResponse, error) {
	product, err := l.svcCtx.ProductEver(l.ctx, req.ProductId)
	if err != nil {
		return nil, err
	}
	counts, err := l.svcCtx.Lists.Outcomes(l.ctx, req.ProductId)
	if err != nil {
		return nil, err
	}
	return view.Summary(product, counts), nil
}
