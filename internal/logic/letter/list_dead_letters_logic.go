// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package letter

import (
	"context"

	"seckill/internal/logic/view"
	"seckill/internal/request"
	"seckill/internal/svc"
	"seckill/internal/types"
	"seckill/model"

	"github.com/zeromicro/go-zero/core/logx"
)

// ListDeadLettersLogic serves one request: Dead letters, newest first.
type ListDeadLettersLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewListDeadLettersLogic makes the logic of one request.
func NewListDeadLettersLogic(ctx context.Context, svcCtx *svc.ServiceContext) *ListDeadLettersLogic {
	return &ListDeadLettersLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// ListDeadLetters answers: Dead letters, newest first.
func (l *ListDeadLettersLogic) ListDeadLetters(req *types.DeadLettersRequest) (*types.DeadLetterPage, error) {
	filter, err := request.Letters(req)
	if err != nil {
		return nil, err
	}
	if filter.LastID, err = request.LastID(request.ListLetters, req.Cursor); err != nil {
		return nil, err
	}
	filter.Limit = int(req.Limit) + 1
	rows, err := l.svcCtx.Lists.Letters(l.ctx, filter)
	if err != nil {
		return nil, err
	}
	rows, next := view.Cut(rows, req.Limit, func(row *model.SeckillDeadLetters) string {
		return request.IDCursor(request.ListLetters, row.Id)
	})
	items, err := view.Letters(rows)
	return &types.DeadLetterPage{Items: items, NextCursor: next}, err
}
