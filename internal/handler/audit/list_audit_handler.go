// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package audit

import (
	"net/http"

	"seckill/internal/logic/audit"
	"seckill/internal/logic/view"
	"seckill/internal/request"
	"seckill/internal/response"
	"seckill/internal/svc"
	"seckill/internal/types"

	"github.com/zeromicro/go-zero/rest/httpx"
)

// ListAuditHandler answers: Who did what, newest first.
func ListAuditHandler(svcCtx *svc.ServiceContext) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var req types.AuditRequest
		if err := request.Parse(r, &req); err != nil {
			httpx.ErrorCtx(r.Context(), w, err)
			return
		}

		l := audit.NewListAuditLogic(r.Context(), svcCtx)
		if response.AcceptsNDJSON(r) {
			response.SendLines(w, r, response.NewNDJSON, func(send response.SendPart) error {
				return l.StreamAudit(&req, func(entries []types.AuditEntry) error { return send(view.NDJSON(entries)) })
			})
			return
		}
		resp, err := l.ListAudit(&req)
		if err != nil {
			httpx.ErrorCtx(r.Context(), w, err)
			return
		}
		httpx.OkJsonCtx(r.Context(), w, resp)
	}
}
