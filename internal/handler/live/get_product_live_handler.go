// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package live

import (
	"context"
	"net/http"

	"seckill/internal/auth"
	"seckill/internal/logic/live"
	"seckill/internal/request"
	"seckill/internal/response"
	"seckill/internal/svc"
	"seckill/internal/types"

	"github.com/zeromicro/go-zero/rest/httpx"
)

// GetProductLiveHandler answers: How a product stands, a sample a second, as server-sent events.
func GetProductLiveHandler(svcCtx *svc.ServiceContext) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var req types.LiveProductRequest
		if err := request.Parse(r, &req); err != nil {
			httpx.ErrorCtx(r.Context(), w, err)
			return
		}

		last := lastEventID(r)
		watch(svcCtx, w, r, func(ctx context.Context, events *response.Events) error {
			ctx = auth.WithIdentity(ctx, auth.Caller(r.Context()))
			return live.NewGetProductLiveLogic(ctx, svcCtx).GetProductLive(&req, last, events)
		})
	}
}
