// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package order

import (
	"context"

	"seckill/internal/logic/view"
	"seckill/internal/request"
	"seckill/internal/svc"
	"seckill/internal/types"
	"seckill/model"

	"github.com/zeromicro/go-zero/core/logx"
)

// ExportOrdersLogic serves one request: All orders that match, newest first, one a line.
type ExportOrdersLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewExportOrdersLogic makes the logic of one request.
func NewExportOrdersLogic(ctx context.Context, svcCtx *svc.ServiceContext) *ExportOrdersLogic {
	return &ExportOrdersLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// ExportOrders hands all orders that match to send, newest first, some at a time.
func (l *ExportOrdersLogic) ExportOrders(req *types.OrderExportRequest, send func([]*types.OrderResponse) error) error {
	filter, err := request.Orders(req)
	if err != nil {
		return err
	}
	return view.EachPage(func(last int64, limit int) ([]*model.SeckillOrders, error) {
		filter.LastID, filter.Limit = last, limit
		return l.svcCtx.Lists.Orders(l.ctx, filter)
	}, func(row *model.SeckillOrders) int64 { return row.Id }, func(rows []*model.SeckillOrders) error {
		return send(view.Orders(rows))
	})
}
