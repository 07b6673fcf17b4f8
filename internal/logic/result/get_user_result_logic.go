// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package result

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

// GetUserResult answers: Result of a user for a product. What it answers is the present
// result; wait above 0 says that it is to be awaited for that long, by Await.
func (l *GetUserResultLogic) GetUserResult(req *types.ResultRequest) (resp *types.ResultResponse, wait time.Duration, err error) {
	if wait, err = request.Wait(req.Wait); err != nil {
		return nil, 0, err
	}
	row, err := l.svcCtx.Results.Result(l.ctx, req.ProductId, req.UserId)
	if err != nil && !errors.Is(err, model.ErrNotFound) || err == nil && seckill.Status(row.Status).Terminal() {
		wait = 0
	}
	resp, err = present(l.svcCtx, req.ProductId, req.UserId, row, err)
	return resp, wait, err
}

// Await returns what answers the result of a user for a product as soon as it is final,
// or after wait what there is. It holds nothing of the request.
func Await(svcCtx *svc.ServiceContext, productID, userID int64, wait time.Duration) func(ctx context.Context) (any, error) {
	return func(ctx context.Context) (any, error) {
		row, err := svcCtx.Results.Await(ctx, productID, userID, wait)
		return present(svcCtx, productID, userID, row, err)
	}
}

// present is the answer to what a look for a result has come to.
func present(svcCtx *svc.ServiceContext, productID, userID int64, row *model.UserResult, err error) (*types.ResultResponse, error) {
	if errors.Is(err, model.ErrNotFound) {
		return nil, seckill.Errorf(seckill.CodeResultNotFound, "user %d has no attempt for product %d", userID, productID)
	}
	if err != nil {
		return nil, err
	}
	return view.Result(row, svcCtx.Pressure.Delay(productID)), nil
}
