// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package logs

import (
	"net/http"

	"seckill/internal/logic/logs"
	"seckill/internal/request"
	"seckill/internal/svc"
	"seckill/internal/types"

	"github.com/zeromicro/go-zero/rest/httpx"
)

// ChangeLogsHandler answers: Set the status of attempts for record-only products.
func ChangeLogsHandler(svcCtx *svc.ServiceContext) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var req types.ChangeLogsRequest
		if err := request.Parse(r, &req); err != nil {
			httpx.ErrorCtx(r.Context(), w, err)
			return
		}

		l := logs.NewChangeLogsLogic(r.Context(), svcCtx)
		resp, err := l.ChangeLogs(&req)
		if err != nil {
			httpx.ErrorCtx(r.Context(), w, err)
			return
		}
		httpx.OkJsonCtx(r.Context(), w, resp)
	}
}
