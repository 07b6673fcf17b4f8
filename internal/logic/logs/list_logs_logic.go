// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package logs

import (
	"context"

	"seckill/internal/logic/view"
	"seckill/internal/request"
	"seckill/internal/svc"
	"seckill/internal/types"

	"github.com/zeromicro/go-zero/core/logx"
)

// ListLogsLogic serves one request: Attempts of any product and user, newest first unless order says otherwise.
type ListLogsLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewListLogsLogic makes the logic of one request.
func NewListLogsLogic(ctx context.Context, svcCtx *svc.ServiceContext) *ListLogsLogic {
	return &ListLogsLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// ListLogs answers: Attempts of any product and user, newest first unless order says otherwise.
func (l *ListLogsLogic) ListLogs(req *types.LogsRequest) (*types.LogPage, error) {
	filter, err := request.Logs(req)
	if err != nil {
		return nil, err
	}
	return view.Logs(l.ctx, l.svcCtx.Lists, filter, req.Limit, req.Cursor)
}
