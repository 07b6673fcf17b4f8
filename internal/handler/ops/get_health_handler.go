// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package ops

import (
	"net/http"

	"seckill/internal/logic/ops"
	"seckill/internal/svc"

	"github.com/zeromicro/go-zero/rest/httpx"
)

// GetHealthHandler answers: The process lives.
func GetHealthHandler(svcCtx *svc.ServiceContext) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		l := ops.NewGetHealthLogic(r.Context(), svcCtx)
		resp, err := l.GetHealth()
		if err != nil {
			httpx.ErrorCtx(r.Context(), w, err)
			return
		}
		httpx.OkJsonCtx(r.Context(), w, resp)
	}
}
