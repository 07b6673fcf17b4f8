// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package attempt

import (
	"context"

	"seckill/internal/admission"
	"seckill/internal/logic/view"
	"seckill/internal/request"
	"seckill/internal/svc"
	"seckill/internal/tracing"
	"seckill/internal/types"

	"github.com/zeromicro/go-zero/core/logx"
)

// CreateAttemptsLogic serves one request: Make 1 to 512 attempts, in order, each as if it were made alone.
type CreateAttemptsLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewCreateAttemptsLogic makes the logic of one request.
func NewCreateAttemptsLogic(ctx context.Context, svcCtx *svc.ServiceContext) *CreateAttemptsLogic {
	return &CreateAttemptsLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// CreateAttempts answers: Make 1 to 512 attempts, in order, each as if it were made alone.
// It says besides how many of them are queued.
func (l *CreateAttemptsLogic) CreateAttempts(req *types.AttemptsRequest) (resp *types.AttemptsResponse, admitted int, err error) {
	if err := request.CheckAttempts(req); err != nil {
		return nil, 0, err
	}
	trace := tracing.Parent(l.ctx)
	attempts := make([]admission.Attempt, len(req.Items))
	for i, item := range req.Items {
		attempts[i] = admission.Attempt{ProductID: req.ProductId, UserID: item.UserId, RequestID: item.RequestId, Trace: trace}
	}
	items := make([]types.AttemptOutcome, len(attempts))
	for i, one := range l.svcCtx.Entrance.AdmitBatch(l.ctx, req.ProductId, attempts) {
		items[i] = view.Admitted(l.ctx, one)
		if one.Err == nil {
			admitted++
		}
	}
	return &types.AttemptsResponse{Items: items}, admitted, nil
}
