// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package audit

import (
	"net/http"

	"seckill/internal/logic/audit"
	"seckill/internal/svc"

	"github.com/zeromicro/go-zero/rest/httpx"
)

// GetSessionHandler answers: What the caller's token is good for.
func GetSessionHandler(svcCtx *svc.ServiceContext) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		l := audit.NewGetSessionLogic(r.Context(), svcCtx)
		resp, err := l.GetSession()
		if err != nil {
			httpx.ErrorCtx(r.Context(), w, err)
			return
		}
		httpx.OkJsonCtx(r.Context(), w, resp)
	}
}
