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

// GetRunbookLogic serves one request: A runbook.
type GetRunbookLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewGetRunbookLogic makes the logic of one request.
func NewGetRunbookLogic(ctx context.Context, svcCtx *svc.ServiceContext) *GetRunbookLogic {
	return &GetRunbookLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// GetRunbook answers: A runbook. languages are what the caller accepts; the answer comes with
// the language that it is in.
func (l *GetRunbookLogic) GetRunbook(req *types.RunbookRequest, languages []string) (text, language string, err error) {
	language = runbook.Language(req.Lang, languages)
	text, err = runbook.Text(language, req.Name)
	return text, language, err
}
