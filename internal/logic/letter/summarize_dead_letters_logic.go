// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package letter

import (
	"context"

	"seckill/internal/logic/view"
	"seckill/internal/svc"
	"seckill/internal/types"

	"github.com/zeromicro/go-zero/core/logx"
)

// SummarizeDeadLettersLogic serves one request: Dead letters, counted by product and reason.
type SummarizeDeadLettersLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewSummarizeDeadLettersLogic makes the logic of one request.
func NewSummarizeDeadLettersLogic(ctx context.Context, svcCtx *svc.ServiceContext) *SummarizeDeadLettersLogic {
	return &SummarizeDeadLettersLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// SummarizeDeadLetters answers: Dead letters, counted by product and reason.
func (l *SummarizeDeadLettersLogic) SummarizeDeadLetters(req *types.DeadLetterSummaryRequest) (*types.DeadLetterSummary, error) {
	groups, err := l.svcCtx.Lists.LetterGroups(l.ctx, req.ProductId)
	if err != nil {
		return nil, err
	}
	items, err := view.LetterGroups(groups)
	return &types.DeadLetterSummary{Items: items}, err
}
