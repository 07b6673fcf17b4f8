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

// SummarizeDeadLettersHandler answers: Dead letters, counted by product and reason.
func SummarizeDeadLettersHandler(svcCtx *svc.ServiceContext) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var req types.DeadLetterSummaryRequest
		if err := request.Parse(r, &req); err != nil {
			httpx.ErrorCtx(r.Context(), w, err)
			return
		}

		l := letter.NewSummarizeDeadLettersLogic(r.Context(), svcCtx)
		resp, err := l.SummarizeDeadLetters(&req)
		if err != nil {
			httpx.ErrorCtx(r.Context(), w, err)
			return
		}
		httpx.OkJsonCtx(r.Context(), w, resp)
	}
}
