// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package attempt

import (
	"context"

	"seckill/internal/admission"
	"seckill/internal/request"
	"seckill/internal/seckill"
	"seckill/internal/svc"
	"seckill/internal/tracing"
	"seckill/internal/types"

	"github.com/zeromicro/go-zero/core/logx"
)

// CreateAttemptLogic serves one request: Try to buy one unit of a product.
type CreateAttemptLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewCreateAttemptLogic makes the logic of one request.
func NewCreateAttemptLogic(ctx context.Context, svcCtx *svc.ServiceContext) *CreateAttemptLogic {
	return &CreateAttemptLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// CreateAttempt answers: Try to buy one unit of a product.
func (l *CreateAttemptLogic) CreateAttempt(req *types.AttemptRequest) (*types.AttemptResponse, error) {
	if err := request.CheckAttempt(req); err != nil {
		return nil, err
	}
	streamID, err := l.svcCtx.Entrance.Admit(l.ctx, admission.Attempt{
		ProductID: req.ProductId, UserID: req.UserId, RequestID: req.RequestId, Trace: tracing.Parent(l.ctx),
	})
	if err != nil {
		return nil, err
	}
	return &types.AttemptResponse{StreamId: streamID, Status: string(seckill.StatusProcessing)}, nil
}
