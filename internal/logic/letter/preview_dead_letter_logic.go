// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package letter

import (
	"context"

	"seckill/internal/logic/view"
	"seckill/internal/seckill"
	"seckill/internal/svc"
	"seckill/internal/types"

	"github.com/zeromicro/go-zero/core/logx"
)

// PreviewDeadLetterLogic serves one request: What a replay of a dead letter would do now.
type PreviewDeadLetterLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewPreviewDeadLetterLogic makes the logic of one request.
func NewPreviewDeadLetterLogic(ctx context.Context, svcCtx *svc.ServiceContext) *PreviewDeadLetterLogic {
	return &PreviewDeadLetterLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// PreviewDeadLetter answers: What a replay of a dead letter would do now.
func (l *PreviewDeadLetterLogic) PreviewDeadLetter(req *types.PreviewDeadLetterRequest) (*types.DeadLetterPreview, error) {
	edit, err := seckill.NewCorrection(req.Fields)
	if err != nil {
		return nil, err
	}
	preview, err := l.svcCtx.Ledger.PreviewLetter(l.ctx, req.Id, edit)
	if err != nil {
		return nil, err
	}
	return view.LetterPreview(preview)
}
