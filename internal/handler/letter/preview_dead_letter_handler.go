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

// PreviewDeadLetterHandler answers: What a replay of a dead letter would do now.
func PreviewDeadLetterHandler(svcCtx *svc.ServiceContext) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var req types.PreviewDeadLetterRequest
		if err := request.Parse(r, &req); err != nil {
			httpx.ErrorCtx(r.Context(), w, err)
			return
		}

		l := letter.NewPreviewDeadLetterLogic(r.Context(), svcCtx)
		resp, err := l.PreviewDeadLetter(&req)
		if err != nil {
			httpx.ErrorCtx(r.Context(), w, err)
			return
		}
		httpx.OkJsonCtx(r.Context(), w, resp)
	}
}
