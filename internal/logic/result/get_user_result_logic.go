// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package result

import (
	"context"
	"errors"

	"seckill/internal/logic/view"
	"seckill/internal/request"
	"seckill/internal/seckill"
	"seckill/internal/svc"
	"seckill/internal/types"
	"seckill/model"

	"github.com/zeromicro/go-zero/core/logx"
)

// GetUserResultLogic serves one request: Result of a user for a product.
type GetUserResultLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewGetUserResultLogic makes the logic of one request.
func NewGetUserResultLogic(ctx context.Context, svcCtx *svc.ServiceContext) *GetUserResultLogic {
	return &GetUserResultLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// GetUserResult answers: Result of a user for a product.
func (l *GetUserResultLogic) GetUserResult(req *types.ResultRequest) (*types.ResultResponse, error) {
	wait, err := request.Wait(req.Wait)
	if err != nil {
		return nil, err
	}
	row, err := l.svcCtx.Results.Await(l.ctx, req.ProductId, req.UserId, wait)
	if errors.Is(err, model.ErrNotFound) {
		return nil, seckill.Errorf(seckill.CodeResultNotFound,
			"user %d has no attempt for product %d", req.UserId, req.ProductId)
	}
	if err != nil {
		return nil, err
	}
	return view.Result(row, l.svcCtx.Pressure.Delay(req.ProductId)), nil
}
