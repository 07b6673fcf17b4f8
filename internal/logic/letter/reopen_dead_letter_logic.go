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

// ReopenDeadLetterLogic serves one request: Open a dead letter that was discarded.
type ReopenDeadLetterLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewReopenDeadLetterLogic makes the logic of one request.
func NewReopenDeadLetterLogic(ctx context.Context, svcCtx *svc.ServiceContext) *ReopenDeadLetterLogic {
	return &ReopenDeadLetterLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// ReopenDeadLetter answers: Open a dead letter that was discarded.
func (l *ReopenDeadLetterLogic) ReopenDeadLetter(req *types.DeadLetterNoteRequest) (*types.DeadLetterDetail, error) {
	if err := request.Note(req.Note); err != nil {
		return nil, err
	}
	d := ledger.Desk{Actor: auth.Actor(l.ctx), Note: req.Note}
	if err := l.svcCtx.Ledger.ReopenLetter(l.ctx, req.Id, d); err != nil {
		return nil, err
	}
	return detail(l.ctx, l.svcCtx, req.Id)
}
