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

// GetResultsHandler answers: Results of 1 to 512 users for a product, in order, each as if it were asked for alone.
func GetResultsHandler(svcCtx *svc.ServiceContext) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var req types.ResultsRequest
		if err := request.Parse(r, &req); err != nil {
			httpx.ErrorCtx(r.Context(), w, err)
			return
		}

		l := result.NewGetResultsLogic(r.Context(), svcCtx)
		resp, err := l.GetResults(&req)
		if err != nil {
			httpx.ErrorCtx(r.Context(), w, err)
			return
		}
		httpx.OkJsonCtx(r.Context(), w, resp)
	}
}
