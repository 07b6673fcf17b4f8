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

	"github.com/zeromicro/go-zero/rest/httpx"
)

// GetLiveHandler answers: How all products stand, a sample a second, as server-sent events.
func GetLiveHandler(svcCtx *svc.ServiceContext) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := request.Parse(r, &struct{}{}); err != nil {
			httpx.ErrorCtx(r.Context(), w, err)
			return
		}

		last := lastEventID(r)
		watch(svcCtx, w, r, func(ctx context.Context, events *response.Events) error {
			ctx = auth.WithIdentity(ctx, auth.Caller(r.Context()))
			return live.NewGetLiveLogic(ctx, svcCtx).GetLive(last, events)
		})
	}
}
