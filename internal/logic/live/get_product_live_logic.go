// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package live

import (
	"context"
	"time"

	"seckill/internal/live"
	"seckill/internal/seckill"
	"seckill/internal/svc"
	"seckill/internal/types"

	"github.com/zeromicro/go-zero/core/logx"
)

// knownTimeout bounds how long it is found out whether there is a product.
const knownTimeout = time.Second

// GetProductLiveLogic serves one request: How a product stands, a sample a second, as server-sent events.
type GetProductLiveLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewGetProductLiveLogic makes the logic of one request.
func NewGetProductLiveLogic(ctx context.Context, svcCtx *svc.ServiceContext) *GetProductLiveLogic {
	return &GetProductLiveLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// GetProductLive sends the history of a product and then its samples, until the caller's token
// expires, nothing can be sent, the client has gone or the product is deleted. While nobody
// can tell whether there is the product it is watched: Redis may have something to tell.
func (l *GetProductLiveLogic) GetProductLive(req *types.LiveProductRequest, last int64, events live.Out) error {
	ctx, cancel := whileValid(l.ctx)
	defer cancel()
	if err := l.known(ctx, req.ProductId); seckill.ErrorCode(err) == seckill.CodeProductNotFound {
		return err
	}
	return l.svcCtx.Live.Follow(ctx, req.ProductId, last, events)
}

func (l *GetProductLiveLogic) known(ctx context.Context, productID int64) error {
	ctx, cancel := context.WithTimeout(ctx, knownTimeout)
	defer cancel()
	_, err := l.svcCtx.Product(ctx, productID)
	return err
}
