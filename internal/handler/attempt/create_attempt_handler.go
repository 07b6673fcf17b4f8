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

// CreateAttemptHandler answers: Try to buy one unit of a product.
func CreateAttemptHandler(svcCtx *svc.ServiceContext) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var req types.AttemptRequest
		if err := request.Parse(r, &req); err != nil {
			httpx.ErrorCtx(r.Context(), w, err)
			return
		}

		l := attempt.NewCreateAttemptLogic(r.Context(), svcCtx)
		resp, err := l.CreateAttempt(&req)
		if err != nil {
			response.Refuse(w, r, err)
			return
		}
		httpx.WriteJsonCtx(r.Context(), w, http.StatusAccepted, resp)
	}
}
