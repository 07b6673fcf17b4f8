// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package letter

import (
	"context"

	"seckill/internal/auth"
	"seckill/internal/ledger"
	"seckill/internal/request"
	"seckill/internal/seckill"
	"seckill/internal/svc"
	"seckill/internal/types"

	"github.com/zeromicro/go-zero/core/logx"
)

// ReplayDeadLetterLogic serves one request: Replay a dead letter, with corrected fields.
type ReplayDeadLetterLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewReplayDeadLetterLogic makes the logic of one request.
func NewReplayDeadLetterLogic(ctx context.Context, svcCtx *svc.ServiceContext) *ReplayDeadLetterLogic {
	return &ReplayDeadLetterLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// ReplayDeadLetter answers: Replay a dead letter, with corrected fields.
func (l *ReplayDeadLetterLogic) ReplayDeadLetter(req *types.ReplayDeadLetterRequest) (*types.DeadLetterDetail, error) {
	edit, err := seckill.NewCorrection(req.Fields)
	if err == nil {
		err = request.OptionalNote(req.Note)
	}
	if err != nil {
		return nil, err
	}
	d := ledger.Desk{Actor: auth.Actor(l.ctx), Note: req.Note, Edit: edit}
	if err := l.svcCtx.Ledger.ReplayLetter(l.ctx, req.Id, d); err != nil {
		return nil, err
	}
	return detail(l.ctx, l.svcCtx, req.Id)
}
