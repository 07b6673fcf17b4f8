// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package order

import (
	"context"
	"errors"
	"time"

	"seckill/internal/logic/view"
	"seckill/internal/request"
	"seckill/internal/seckill"
	"seckill/internal/svc"
	"seckill/internal/types"
	"seckill/model"

	"github.com/zeromicro/go-zero/core/logx"
)

// GetOrderEventsLogic serves one request: What became of the orders of a product, in order, without a gap.
type GetOrderEventsLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewGetOrderEventsLogic makes the logic of one request.
func NewGetOrderEventsLogic(ctx context.Context, svcCtx *svc.ServiceContext) *GetOrderEventsLogic {
	return &GetOrderEventsLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// GetOrderEvents answers: What became of the orders of a product, in order, without a gap. What
// it answers is there now; wait above 0 says that there is nothing, and that it is to be
// awaited for that long, by AwaitEvents.
func (l *GetOrderEventsLogic) GetOrderEvents(req *types.OrderEventsRequest) (resp *types.OrderEventPage, wait time.Duration, err error) {
	if wait, err = request.Wait(req.Wait); err != nil {
		return nil, 0, err
	}
	resp, err = eventsNow(l.ctx, l.svcCtx, req)
	if err != nil || len(resp.Items) > 0 {
		wait = 0
	}
	return resp, wait, err
}

// AwaitEvents returns what answers the events that a request asks for as soon as there is one,
// or after wait without any. It holds nothing else of the request.
func AwaitEvents(svcCtx *svc.ServiceContext, req types.OrderEventsRequest, wait time.Duration) func(ctx context.Context) (any, error) {
	return func(ctx context.Context) (any, error) {
		page := &types.OrderEventPage{Items: []types.OrderEvent{}, Next: req.After}
		err := svcCtx.Results.AwaitChange(ctx, req.ProductId, wait, func(ctx context.Context) (bool, error) {
			there, err := eventsNow(ctx, svcCtx, &req)
			if err != nil {
				return false, err
			}
			page = there
			return len(page.Items) > 0, nil
		})
		return page, err
	}
}

// eventsNow is the page of the events that there are.
func eventsNow(ctx context.Context, svcCtx *svc.ServiceContext, req *types.OrderEventsRequest) (*types.OrderEventPage, error) {
	events, err := svcCtx.Feed.OrderEvents(ctx, req.ProductId, req.After, int(req.Limit))
	if errors.Is(err, model.ErrNotFound) {
		return nil, seckill.Errorf(seckill.CodeProductNotFound, "there is no product %d", req.ProductId)
	}
	if err != nil {
		return nil, err
	}
	return view.OrderEvents(events, req.After), nil
}
