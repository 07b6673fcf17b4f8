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

// ListLogsHandler answers: Attempts of any product and user, newest first.
func ListLogsHandler(svcCtx *svc.ServiceContext) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var req types.LogsRequest
		if err := request.Parse(r, &req); err != nil {
			httpx.ErrorCtx(r.Context(), w, err)
			return
		}

		l := logs.NewListLogsLogic(r.Context(), svcCtx)
		resp, err := l.ListLogs(&req)
		if err != nil {
			httpx.ErrorCtx(r.Context(), w, err)
			return
		}
		httpx.OkJsonCtx(r.Context(), w, resp)
	}
}
