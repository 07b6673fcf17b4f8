// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package stream

import (
	"net/http"

	"seckill/internal/logic/stream"
	"seckill/internal/request"
	"seckill/internal/svc"
	"seckill/internal/types"

	"github.com/zeromicro/go-zero/rest/httpx"
)

// ListPendingHandler answers: Entries delivered and not yet acknowledged, newest first.
func ListPendingHandler(svcCtx *svc.ServiceContext) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var req types.PendingRequest
		if err := request.Parse(r, &req); err != nil {
			httpx.ErrorCtx(r.Context(), w, err)
			return
		}

		l := stream.NewListPendingLogic(r.Context(), svcCtx)
		resp, err := l.ListPending(&req)
		if err != nil {
			httpx.ErrorCtx(r.Context(), w, err)
			return
		}
		httpx.OkJsonCtx(r.Context(), w, resp)
	}
}
