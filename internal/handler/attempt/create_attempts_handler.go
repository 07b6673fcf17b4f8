// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package attempt

import (
	"net/http"

	"seckill/internal/logic/attempt"
	"seckill/internal/request"
	"seckill/internal/response"
	"seckill/internal/svc"
	"seckill/internal/types"

	"github.com/zeromicro/go-zero/rest/httpx"
)

// CreateAttemptsHandler answers: Make 1 to 512 attempts, in order, each as if it were made alone.
func CreateAttemptsHandler(svcCtx *svc.ServiceContext) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var req types.AttemptsRequest
		if err := request.Parse(r, &req); err != nil {
			httpx.ErrorCtx(r.Context(), w, err)
			return
		}

		l := attempt.NewCreateAttemptsLogic(r.Context(), svcCtx)
		resp, admitted, err := l.CreateAttempts(&req)
		if err != nil {
			httpx.ErrorCtx(r.Context(), w, err)
			return
		}
		response.Attempts(r, len(resp.Items), admitted)
		httpx.OkJsonCtx(r.Context(), w, resp)
	}
}
