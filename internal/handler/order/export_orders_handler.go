// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package order

import (
	"net/http"

	"seckill/internal/logic/order"
	"seckill/internal/logic/view"
	"seckill/internal/request"
	"seckill/internal/response"
	"seckill/internal/svc"
	"seckill/internal/types"

	"github.com/zeromicro/go-zero/rest/httpx"
)

// ExportOrdersHandler answers: All orders that match, newest first, one a line.
func ExportOrdersHandler(svcCtx *svc.ServiceContext) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var req types.OrderExportRequest
		if err := request.Parse(r, &req); err != nil {
			httpx.ErrorCtx(r.Context(), w, err)
			return
		}

		l := order.NewExportOrdersLogic(r.Context(), svcCtx)
		lines, encode := response.NewNDJSON, func(orders []*types.OrderResponse, _ bool) ([]byte, error) { return view.NDJSON(orders) }
		if response.AcceptsCSV(r) {
			lines, encode = response.NewCSV, view.OrdersCSV
		}
		response.SendLines(w, r, lines, func(send response.SendPart) error {
			first := true
			return l.ExportOrders(&req, func(orders []*types.OrderResponse) error {
				part, err := encode(orders, first)
				first = false
				return send(part, err)
			})
		})
	}
}
