// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package live

import (
	"context"

	"seckill/internal/auth"
	"seckill/internal/live"
	"seckill/internal/svc"

	"github.com/zeromicro/go-zero/core/logx"
)

// GetLiveLogic serves one request: How all products stand, a sample a second, as server-sent events.
type GetLiveLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewGetLiveLogic makes the logic of one request.
func NewGetLiveLogic(ctx context.Context, svcCtx *svc.ServiceContext) *GetLiveLogic {
	return &GetLiveLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// GetLive sends the overview until the caller's token expires, nothing can be sent or the
// client has gone.
func (l *GetLiveLogic) GetLive(last int64, events live.Out) error {
	ctx, cancel := whileValid(l.ctx)
	defer cancel()
	return l.svcCtx.Live.FollowAll(ctx, last, events)
}

// whileValid returns a context that ends when the caller's token expires: who watches has to
// sign in again, as everybody else.
func whileValid(ctx context.Context) (context.Context, context.CancelFunc) {
	until := auth.Caller(ctx).Expires
	if until.IsZero() {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, until)
}
