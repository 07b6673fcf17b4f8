// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package runbook

import (
	"context"

	"seckill/internal/runbook"
	"seckill/internal/svc"
	"seckill/internal/types"

	"github.com/zeromicro/go-zero/core/logx"
)

// ListRunbooksLogic serves one request: What to do, for every alert and every check.
type ListRunbooksLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewListRunbooksLogic makes the logic of one request.
func NewListRunbooksLogic(ctx context.Context, svcCtx *svc.ServiceContext) *ListRunbooksLogic {
	return &ListRunbooksLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// ListRunbooks answers: What to do, for every alert and every check. languages are what the
// caller accepts; the answer comes with the language that it is in.
func (l *ListRunbooksLogic) ListRunbooks(req *types.RunbooksRequest, languages []string) (resp *types.RunbookList, language string, err error) {
	language = runbook.Language(req.Lang, languages)
	all, err := runbook.List(language)
	if err != nil {
		return nil, "", err
	}
	items := make([]types.RunbookItem, len(all))
	for i, r := range all {
		items[i] = types.RunbookItem{Name: r.Name, Title: r.Title, Kind: string(r.Kind)}
	}
	return &types.RunbookList{Items: items}, language, nil
}
