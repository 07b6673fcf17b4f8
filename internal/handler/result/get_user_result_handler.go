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
		resp, err := l.GetUserResult(&req)
		if err != nil {
			httpx.ErrorCtx(r.Context(), w, err)
			return
		}
		httpx.OkJsonCtx(r.Context(), w, resp)
	}
}
