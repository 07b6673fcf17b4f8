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

// Events takes what a client is sent; response.Events does.
type Events interface {
	// Send sends an event of the given name and ID.
	Send(name, id string, data any) error
	// Alive sends nothing that means anything.
	Alive() error
}

// GetResultEvents sends the present result, unless the client has got it already (last),
// and then the result after each change, until one is final, nothing can be sent or
// the client has gone.
func (l *GetResultEventsLogic) GetResultEvents(req *types.ResultEventsRequest, last seckill.ResultID, events Events) error {
	if _, err := l.svcCtx.Products.FindEver(l.ctx, req.ProductId); errors.Is(err, model.ErrNotFound) {
		// Nothing will ever happen to it, so there is nothing to wait for.
		return seckill.Errorf(seckill.CodeProductNotFound, "there is no product %d", req.ProductId)
	}
	return l.svcCtx.Results.Follow(l.ctx, req.ProductId, req.UserId, last, func(row *model.UserResult) error {
		return l.send(events, row)
	}, events.Alive)
}

// Told reports whether a client that opens the events anew, after the one named last, has
// been told all that there is to tell.
func (l *GetResultEventsLogic) Told(req *types.ResultEventsRequest, last seckill.ResultID) bool {
	if !last.Final() {
		return false
	}
	row, err := l.svcCtx.Results.Result(l.ctx, req.ProductId, req.UserId)
	return err != nil || last.Last(stateOf(row))
}

// PresentEvent sends the present result alone: the client comes back for what follows.
func (l *GetResultEventsLogic) PresentEvent(req *types.ResultEventsRequest, events Events) error {
	row, err := l.svcCtx.Results.Result(l.ctx, req.ProductId, req.UserId)
	if errors.Is(err, model.ErrNotFound) {
		return events.Alive()
	}
	if err != nil {
		return err
	}
	return l.send(events, row)
}

func (l *GetResultEventsLogic) send(events Events, row *model.UserResult) error {
	return events.Send("result", stateOf(row).String(), view.Result(row, l.svcCtx.Pressure.Delay(row.ProductId)))
}

func stateOf(row *model.UserResult) seckill.ResultID {
	return seckill.ResultID{StreamID: row.StreamId, Status: seckill.Status(row.Status)}
}
