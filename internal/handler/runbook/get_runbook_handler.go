// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package runbook

import (
	"net/http"

	"seckill/internal/logic/runbook"
	"seckill/internal/request"
	"seckill/internal/response"
	"seckill/internal/svc"
	"seckill/internal/types"

	"github.com/zeromicro/go-zero/rest/httpx"
)

// GetRunbookHandler answers: A runbook. It is Markdown.
func GetRunbookHandler(svcCtx *svc.ServiceContext) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var req types.RunbookRequest
		if err := request.Parse(r, &req); err != nil {
			httpx.ErrorCtx(r.Context(), w, err)
			return
		}

		l := runbook.NewGetRunbookLogic(r.Context(), svcCtx)
		text, language, err := l.GetRunbook(&req, r.Header.Values("Accept-Language"))
		if err != nil {
			httpx.ErrorCtx(r.Context(), w, err)
			return
		}
		response.SendMarkdown(w, r, language, text)
	}
}
