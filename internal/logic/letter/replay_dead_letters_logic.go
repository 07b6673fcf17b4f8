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
	"seckill/model"

	"github.com/zeromicro/go-zero/core/logx"
)

// ReplayDeadLettersLogic serves one request: Replay open dead letters, oldest first.
type ReplayDeadLettersLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewReplayDeadLettersLogic makes the logic of one request.
func NewReplayDeadLettersLogic(ctx context.Context, svcCtx *svc.ServiceContext) *ReplayDeadLettersLogic {
	return &ReplayDeadLettersLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// ReplayDeadLetters answers: Replay open dead letters, oldest first.
func (l *ReplayDeadLettersLogic) ReplayDeadLetters(req *types.ReplayDeadLettersRequest) (*types.DeadLetterReplays, error) {
	edit, err := seckill.NewCorrection(req.Fields)
	if err == nil {
		err = request.OptionalNote(req.Note)
	}
	if err != nil {
		return nil, err
	}
	open := model.OpenLetters{ProductID: req.ProductId, Reason: req.Reason, After: req.AfterId}
	d := ledger.Desk{Actor: auth.Actor(l.ctx), Note: req.Note, Edit: edit}
	o, err := l.svcCtx.Ledger.ReplayLetters(l.ctx, open, req.Limit, d)
	if err != nil {
		return nil, err
	}
	return &types.DeadLetterReplays{
		Matched: o.Matched, Replayed: o.Done, StillBad: o.StillBad, Remaining: o.Remaining, NextId: o.Next,
	}, nil
}
