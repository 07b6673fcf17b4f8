package live

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"seckill/internal/response"
	"seckill/internal/seckill"
	"seckill/internal/svc"

	"github.com/zeromicro/go-zero/rest/httpx"
)

// retryAfterFull is when somebody may try again who is refused because as many watch as may.
const retryAfterFull = 10 * time.Second

// watch answers with the events that follow sends, unless as many watch as may.
func watch(svcCtx *svc.ServiceContext, w http.ResponseWriter, r *http.Request,
	follow func(ctx context.Context, events *response.Events) error) {
	if svcCtx.Watchers.Stream(w, r, follow) {
		return
	}
	refusal := seckill.Errorf(seckill.CodeUnavailable, "as many watch as may, on this replica")
	refusal.RetryAfter = retryAfterFull
	httpx.ErrorCtx(r.Context(), w, refusal)
}

// lastEventID returns the ID of the last event that the client has got; 0 when it names none.
func lastEventID(r *http.Request) int64 {
	id, err := strconv.ParseInt(r.Header.Get("Last-Event-ID"), 10, 64)
	if err != nil {
		return 0
	}
	return max(0, id)
}
