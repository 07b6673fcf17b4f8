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
	"seckill/model"

	"github.com/zeromicro/go-zero/core/logx"
)

// DiscardDeadLettersLogic serves one request: Discard open dead letters, oldest first.
type DiscardDeadLettersLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewDiscardDeadLettersLogic makes the logic of one request.
func NewDiscardDeadLettersLogic(ctx context.Context, svcCtx *svc.ServiceContext) *DiscardDeadLettersLogic {
	return &DiscardDeadLettersLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// DiscardDeadLetters answers: Discard open dead letters, oldest first.
func (l *DiscardDeadLettersLogic) DiscardDeadLetters(req *types.DiscardDeadLettersRequest) (*types.DeadLetterDiscards, error) {
	if err := request.Note(req.Note); err != nil {
		return nil, err
	}
	open := model.OpenLetters{ProductID: req.ProductId, Reason: req.Reason, After: req.AfterId}
	d := ledger.Desk{Actor: auth.Actor(l.ctx), Note: req.Note}
	o, err := l.svcCtx.Ledger.DiscardLetters(l.ctx, open, req.Limit, d)
	if err != nil {
		return nil, err
	}
	return &types.DeadLetterDiscards{Matched: o.Matched, Discarded: o.Done, Remaining: o.Remaining, NextId: o.Next}, nil
}
