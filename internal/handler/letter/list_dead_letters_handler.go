// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package letter

import (
	"net/http"

	"seckill/internal/logic/letter"
	"seckill/internal/request"
	"seckill/internal/svc"
	"seckill/internal/types"

	"github.com/zeromicro/go-zero/rest/httpx"
)

// ListDeadLettersHandler answers: Dead letters, newest first.
func ListDeadLettersHandler(svcCtx *svc.ServiceContext) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var req types.DeadLettersRequest
		if err := request.Parse(r, &req); err != nil {
			httpx.ErrorCtx(r.Context(), w, err)
			return
		}

		l := letter.NewListDeadLettersLogic(r.Context(), svcCtx)
		resp, err := l.ListDeadLetters(&req)
		if err != nil {
			httpx.ErrorCtx(r.Context(), w, err)
			return
		}
		httpx.OkJsonCtx(r.Context(), w, resp)
	}
}
