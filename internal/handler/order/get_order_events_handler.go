// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package order

import (
	"net/http"

	"seckill/internal/logic/order"
	"seckill/internal/request"
	"seckill/internal/svc"
	"seckill/internal/types"

	"github.com/zeromicro/go-zero/rest/httpx"
)

// GetOrderEventsHandler answers: What became of the orders of a product, in order, without a gap.
func GetOrderEventsHandler(svcCtx *svc.ServiceContext) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var req types.OrderEventsRequest
		if err := request.Parse(r, &req); err != nil {
			httpx.ErrorCtx(r.Context(), w, err)
			return
		}

		l := order.NewGetOrderEventsLogic(r.Context(), svcCtx)
		resp, wait, err := l.GetOrderEvents(&req)
		if wait > 0 && svcCtx.Detached.Answer(w, r, order.AwaitEvents(svcCtx, req, wait)) {
			return
		}
		if err != nil {
			httpx.ErrorCtx(r.Context(), w, err)
			return
		}
		httpx.OkJsonCtx(r.Context(), w, resp)
	}
}
