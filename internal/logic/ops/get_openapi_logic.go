// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package ops

import (
	"context"

	"seckill/internal/svc"

	"github.com/zeromicro/go-zero/core/logx"
)

// GetOpenapiLogic serves one request: This document.
type GetOpenapiLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewGetOpenapiLogic makes the logic of one request.
func NewGetOpenapiLogic(ctx context.Context, svcCtx *svc.ServiceContext) *GetOpenapiLogic {
	return &GetOpenapiLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// GetOpenapi answers: This document, as it was embedded.
func (l *GetOpenapiLogic) GetOpenapi() []byte {
	return l.svcCtx.OpenAPI
}
