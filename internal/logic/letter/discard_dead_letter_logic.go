// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package letter

import (
	"context"

	"seckill/internal/auth"
	"seckill/internal/ledger"
	"seckill/internal/request"
	"seckill/internal/svc"
	"seckill/internal/types"

	"github.com/zeromicro/go-zero/core/logx"
)

// DiscardDeadLetterLogic serves one request: Discard a dead letter.
type DiscardDeadLetterLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewDiscardDeadLetterLogic makes the logic of one request.
func NewDiscardDeadLetterLogic(ctx context.Context, svcCtx *svc.ServiceContext) *DiscardDeadLetterLogic {
	return &DiscardDeadLetterLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// DiscardDeadLetter answers: Discard a dead letter.
func (l *DiscardDeadLetterLogic) DiscardDeadLetter(req *types.DeadLetterNoteRequest) (*types.DeadLetterDetail, error) {
	if err := request.Note(req.Note); err != nil {
		return nil, err
	}
	d := ledger.Desk{Actor: auth.Actor(l.ctx), Note: req.Note}
	if err := l.svcCtx.Ledger.DiscardLetter(l.ctx, req.Id, d); err != nil {
		return nil, err
	}
	return detail(l.ctx, l.svcCtx, req.Id)
}
