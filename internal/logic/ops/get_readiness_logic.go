// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package ops

import (
	"context"
	"strings"

	"seckill/internal/seckill"
	"seckill/internal/svc"
	"seckill/internal/types"

	"github.com/zeromicro/go-zero/core/logx"
)

// GetReadinessLogic serves one request: The service can do its work.
type GetReadinessLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewGetReadinessLogic makes the logic of one request.
func NewGetReadinessLogic(ctx context.Context, svcCtx *svc.ServiceContext) *GetReadinessLogic {
	return &GetReadinessLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// GetReadiness answers: The service can do its work.
func (l *GetReadinessLogic) GetReadiness(req *types.ReadinessRequest) (*types.StatusResponse, error) {
	failing, err := l.svcCtx.Health.Failing(l.ctx, req.Exclude...)
	if err != nil {
		return nil, err
	}
	if len(failing) > 0 {
		words := make([]string, len(failing))
		for i, f := range failing {
			words[i] = f.String()
		}
		return nil, seckill.Errorf(seckill.CodeUnavailable, "not ready: %s", strings.Join(words, ", "))
	}
	return &types.StatusResponse{Status: "ok"}, nil
}
