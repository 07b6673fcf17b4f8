// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package preflight

import (
	"net/http"

	"seckill/internal/logic/preflight"
	"seckill/internal/request"
	"seckill/internal/svc"
	"seckill/internal/types"

	"github.com/zeromicro/go-zero/rest/httpx"
)

// GetPreflightHandler answers: What a sale will stand on, checked.
func GetPreflightHandler(svcCtx *svc.ServiceContext) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var req types.PreflightRequest
		if err := request.Parse(r, &req); err != nil {
			httpx.ErrorCtx(r.Context(), w, err)
			return
		}

		l := preflight.NewGetPreflightLogic(r.Context(), svcCtx)
		resp, err := l.GetPreflight(&req)
		if err != nil {
			httpx.ErrorCtx(r.Context(), w, err)
			return
		}
		httpx.OkJsonCtx(r.Context(), w, resp)
	}
}
