// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package result

import (
	"context"
	"net/http"

	"seckill/internal/logic/result"
	"seckill/internal/request"
	"seckill/internal/response"
	"seckill/internal/seckill"
	"seckill/internal/svc"
	"seckill/internal/types"

	"github.com/zeromicro/go-zero/rest/httpx"
)

// GetResultEventsHandler answers: Result of a user for a product, as server-sent events.
func GetResultEventsHandler(svcCtx *svc.ServiceContext) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var req types.ResultEventsRequest
		if err := request.Parse(r, &req); err != nil {
			httpx.ErrorCtx(r.Context(), w, err)
			return
		}

		l := result.NewGetResultEventsLogic(r.Context(), svcCtx)
		last := seckill.ParseResultID(r.Header.Get("Last-Event-ID"))
		if l.Told(&req, last) {
			w.WriteHeader(http.StatusNoContent) // by which a browser knows not to come back
			return
		}
		follow := func(ctx context.Context, events *response.Events) error {
			l := result.NewGetResultEventsLogic(ctx, svcCtx)
			return l.GetResultEvents(&req, last, events)
		}
		if svcCtx.Detached.Stream(w, r, follow) {
			return
		}
		if err := l.PresentEvent(&req, response.NewEvents(w)); err != nil {
			httpx.ErrorCtx(r.Context(), w, err)
		}
	}
}
