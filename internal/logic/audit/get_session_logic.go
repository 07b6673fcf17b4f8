// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package audit

import (
	"context"

	"seckill/internal/auth"
	"seckill/internal/seckill"
	"seckill/internal/svc"
	"seckill/internal/types"

	"github.com/zeromicro/go-zero/core/logx"
)

// GetSessionLogic serves one request: What the caller's token is good for.
type GetSessionLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewGetSessionLogic makes the logic of one request.
func NewGetSessionLogic(ctx context.Context, svcCtx *svc.ServiceContext) *GetSessionLogic {
	return &GetSessionLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// GetSession answers: What the caller's token is good for.
func (l *GetSessionLogic) GetSession() (*types.SessionResponse, error) {
	who := auth.Caller(l.ctx)
	return &types.SessionResponse{
		Subject: who.Subject, Role: string(who.Role), ExpiresAt: seckill.FormatTime(who.Expires), Allowed: who.Role.Allowed(),
	}, nil
}
