// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package preflight

import (
	"context"

	"seckill/internal/logic/view"
	"seckill/internal/svc"
	"seckill/internal/types"

	"github.com/zeromicro/go-zero/core/logx"
)

// GetPreflightLogic serves one request: What a sale will stand on, checked.
type GetPreflightLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewGetPreflightLogic makes the logic of one request.
func NewGetPreflightLogic(ctx context.Context, svcCtx *svc.ServiceContext) *GetPreflightLogic {
	return &GetPreflightLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// GetPreflight answers: What a sale will stand on, checked.
func (l *GetPreflightLogic) GetPreflight(req *types.PreflightRequest) (*types.PreflightResponse, error) {
	report, err := l.svcCtx.Preflight.Run(l.ctx, req.ProductId)
	if err != nil {
		return nil, err
	}
	return view.Preflight(report), nil
}
