// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package result

import (
	"context"

	"seckill/internal/logic/view"
	"seckill/internal/svc"
	"seckill/internal/types"
	"seckill/model"

	"github.com/zeromicro/go-zero/core/logx"
)

// ListUserResultsLogic serves one request: Attempts of a user, newest first.
type ListUserResultsLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewListUserResultsLogic makes the logic of one request.
func NewListUserResultsLogic(ctx context.Context, svcCtx *svc.ServiceContext) *ListUserResultsLogic {
	return &ListUserResultsLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// ListUserResults answers: Attempts of a user, newest first.
func (l *ListUserResultsLogic) ListUserResults(req *types.UserResultsRequest) (*types.LogPage, error) {
	filter := model.LogFilter{UserID: req.UserId, Status: req.Status}
	return view.Logs(l.ctx, l.svcCtx.Lists, filter, req.Limit, req.Cursor)
}
