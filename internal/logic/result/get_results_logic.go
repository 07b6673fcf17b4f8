// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package result

import (
	"context"

	"seckill/internal/logic/view"
	"seckill/internal/request"
	"seckill/internal/response"
	"seckill/internal/svc"
	"seckill/internal/types"

	"github.com/zeromicro/go-zero/core/logx"
)

// GetResultsLogic serves one request: Results of 1 to 512 users for a product, in order, each as if it were asked for alone.
type GetResultsLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewGetResultsLogic makes the logic of one request.
func NewGetResultsLogic(ctx context.Context, svcCtx *svc.ServiceContext) *GetResultsLogic {
	return &GetResultsLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// GetResults answers: Results of 1 to 512 users for a product, in order, each as if it were asked for alone.
func (l *GetResultsLogic) GetResults(req *types.ResultsRequest) (*types.ResultsResponse, error) {
	if err := request.CheckUsers(req); err != nil {
		return nil, err
	}
	items := make([]types.ResultItem, len(req.UserIds))
	for i, found := range l.svcCtx.Results.Results(l.ctx, req.ProductId, req.UserIds) {
		one, err := present(l.svcCtx, req.ProductId, req.UserIds[i], found.Result, found.Err)
		if err == nil {
			items[i] = view.ResultItem(one)
			continue
		}
		code, message, _ := response.Item(l.ctx, err)
		items[i] = types.ResultItem{UserId: req.UserIds[i], Code: string(code), Message: message}
	}
	return &types.ResultsResponse{Items: items}, nil
}
