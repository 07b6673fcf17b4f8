// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package stream

import (
	"net/http"

	"seckill/internal/logic/stream"
	"seckill/internal/request"
	"seckill/internal/svc"
	"seckill/internal/types"

	"github.com/zeromicro/go-zero/rest/httpx"
)

// ListStreamsHandler answers: Streams of all products, highest product first.
func ListStreamsHandler(svcCtx *svc.ServiceContext) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var req types.StreamsRequest
		if err := request.Parse(r, &req); err != nil {
			httpx.ErrorCtx(r.Context(), w, err)
			return
		}

		l := stream.NewListStreamsLogic(r.Context(), svcCtx)
		resp, err := l.ListStreams(&req)
		if err != nil {
			httpx.ErrorCtx(r.Context(), w, err)
			return
		}
		httpx.OkJsonCtx(r.Context(), w, resp)
	}
}
