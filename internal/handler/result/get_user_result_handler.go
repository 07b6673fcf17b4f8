// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package result

import (
	"net/http"

	"seckill/internal/logic/result"
	"seckill/internal/request"
	"seckill/internal/svc"
	"seckill/internal/types"

	"github.com/zeromicro/go-zero/rest/httpx"
)

// GetUserResultHandler answers: Result of a user for a product.
func GetUserResultHandler(svcCtx *svc.ServiceContext) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var req types.ResultRequest
		if err := request.Parse(r, &req); err != nil {
			httpx.ErrorCtx(r.Context(), w, err)
			return
		}

		l := result.NewGetUserResultLogic(r.Context(), svcCtx)
		resp, wait, err := l.GetUserResult(&req)
		if wait > 0 && svcCtx.Detached.Answer(w, r, result.Await(svcCtx, req.ProductId, req.UserId, wait)) {
			return
		}
		if err != nil {
			httpx.ErrorCtx(r.Context(), w, err)
			return
		}
		httpx.OkJsonCtx(r.Context(), w, resp)
	}
}
