// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package ops

import (
	"net/http"

	"seckill/internal/logic/ops"
	"seckill/internal/svc"

	"github.com/zeromicro/go-zero/core/logx"
)

// GetOpenapiHandler answers: This document. It writes the bytes as they are.
func GetOpenapiHandler(svcCtx *svc.ServiceContext) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		document := ops.NewGetOpenapiLogic(r.Context(), svcCtx).GetOpenapi()
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Cache-Control", "no-cache") // it changes with the version alone
		if _, err := w.Write(document); err != nil {
			logx.WithContext(r.Context()).Infof("write openapi.json: %v", err)
		}
	}
}
