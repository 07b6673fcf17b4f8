// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package result

import (
	"context"
	"errors"

	"seckill/internal/logic/view"
	"seckill/internal/seckill"
	"seckill/internal/svc"
	"seckill/internal/types"
	"seckill/model"

	"github.com/zeromicro/go-zero/core/logx"
)

// GetResultEventsLogic serves one request: Result of a user for a product, as server-sent events.
type GetResultEventsLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewGetResultEventsLogic makes the logic of one request.
func NewGetResultEventsLogic(ctx context.Context, svcCtx *svc.ServiceContext) *GetResultEventsLogic {
	return &GetResultEventsLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// GetResultEvents hands the present result to send, and then the result after each
// change, until one is final, send fails or the client has gone. alive is called while
// nothing changes.
func (l *GetResultEventsLogic) GetResultEvents(req *types.ResultEventsRequest,
	send func(*types.ResultResponse) error, alive func() error) error {
	if _, err := l.svcCtx.Products.FindEver(l.ctx, req.ProductId); errors.Is(err, model.ErrNotFound) {
		// Nothing will ever happen to it, so there is nothing to wait for.
		return seckill.Errorf(seckill.CodeProductNotFound, "there is no product %d", req.ProductId)
	}
	return l.svcCtx.Results.Follow(l.ctx, req.ProductId, req.UserId, func(row *model.UserResult) error {
		return send(view.Result(row, l.svcCtx.Pressure.Delay(req.ProductId)))
	}, alive)
}
