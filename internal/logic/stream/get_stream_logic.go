// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package stream

import (
	"context"
	"fmt"

	"seckill/internal/logic/view"
	"seckill/internal/svc"
	"seckill/internal/types"

	"github.com/zeromicro/go-zero/core/logx"
)

// GetStreamLogic serves one request: Stream of a product.
type GetStreamLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewGetStreamLogic makes the logic of one request.
func NewGetStreamLogic(ctx context.Context, svcCtx *svc.ServiceContext) *GetStreamLogic {
	return &GetStreamLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// GetStream answers: Stream of a product.
func (l *GetStreamLogic) GetStream(req *types.ProductRequest) (*types.StreamState, error) {
	if _, err := l.svcCtx.Product(l.ctx, req.ProductId); err != nil {
		return nil, err
	}
	state, err := l.svcCtx.Streams.State(l.ctx, req.ProductId)
	if err != nil {
		return nil, fmt.Errorf("state of stream of product %d: %w", req.ProductId, err)
	}
	shape := view.Stream(state)
	return &shape, nil
}
