// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package letter

import (
	"context"

	"seckill/internal/svc"
	"seckill/internal/types"

	"github.com/zeromicro/go-zero/core/logx"
)

// GetDeadLetterLogic serves one request: A dead letter, what was done to it, and what it became.
type GetDeadLetterLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewGetDeadLetterLogic makes the logic of one request.
func NewGetDeadLetterLogic(ctx context.Context, svcCtx *svc.ServiceContext) *GetDeadLetterLogic {
	return &GetDeadLetterLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// GetDeadLetter answers: A dead letter, what was done to it, and what it became.
func (l *GetDeadLetterLogic) GetDeadLetter(req *types.DeadLetterRequest) (*types.DeadLetterDetail, error) {
	return detail(l.ctx, l.svcCtx, req.Id)
}
