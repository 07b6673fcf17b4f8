// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package logs

import (
	"context"
	"fmt"

	"seckill/internal/auth"
	"seckill/internal/request"
	"seckill/internal/svc"
	"seckill/internal/types"

	"github.com/zeromicro/go-zero/core/logx"
)

// ChangeLogsLogic serves one request: Set the status of attempts for record-only products.
type ChangeLogsLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewChangeLogsLogic makes the logic of one request.
func NewChangeLogsLogic(ctx context.Context, svcCtx *svc.ServiceContext) *ChangeLogsLogic {
	return &ChangeLogsLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// ChangeLogs answers: Set the status of attempts for record-only products.
func (l *ChangeLogsLogic) ChangeLogs(req *types.ChangeLogsRequest) (*types.ChangeLogsResponse, error) {
	changes, err := request.LogChanges(req.Items)
	if err != nil {
		return nil, err
	}
	outcomes, err := l.svcCtx.Ledger.ResolveLogs(l.ctx, auth.Actor(l.ctx), changes)
	if err != nil {
		return nil, fmt.Errorf("resolve logs: %w", err)
	}
	items := make([]types.LogOutcome, len(outcomes))
	for i, outcome := range outcomes {
		items[i] = types.LogOutcome{
			ProductId: changes[i].ProductID, StreamId: changes[i].StreamID, Outcome: string(outcome),
		}
	}
	return &types.ChangeLogsResponse{Items: items}, nil
}
