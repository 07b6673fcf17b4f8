// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package runbook

import (
	"net/http"

	"seckill/internal/logic/runbook"
	"seckill/internal/request"
	"seckill/internal/response"
	"seckill/internal/svc"
	"seckill/internal/types"

	"github.com/zeromicro/go-zero/rest/httpx"
)

// ListRunbooksHandler answers: What to do, for every alert and every check.
func ListRunbooksHandler(svcCtx *svc.ServiceContext) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var req types.RunbooksRequest
		if err := request.Parse(r, &req); err != nil {
			httpx.ErrorCtx(r.Context(), w, err)
			return
		}

		l := runbook.NewListRunbooksLogic(r.Context(), svcCtx)
		resp, language, err := l.ListRunbooks(&req, r.Header.Values("Accept-Language"))
		if err != nil {
			httpx.ErrorCtx(r.Context(), w, err)
			return
		}
		response.SetLanguage(w, language)
		httpx.OkJsonCtx(r.Context(), w, resp)
	}
}
