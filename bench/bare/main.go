// Command bare is the limit that the benchmarks measure the service against: a go-zero
// server of the same configuration and default middlewares whose routes only parse and
// answer.
package main

import (
	"flag"
	"net/http"

	"github.com/zeromicro/go-zero/rest"
	"github.com/zeromicro/go-zero/rest/httpx"

	"seckill/internal/config"
	"seckill/internal/seckill"
	"seckill/internal/types"
)

func main() {
	file := flag.String("f", "", "the configuration file, one of the service")
	flag.Parse()
	c, err := config.Load(*file)
	if err != nil {
		panic(err)
	}
	server := rest.MustNewServer(c.RestConf)
	defer server.Stop()
	server.AddRoutes([]rest.Route{
		{Method: http.MethodPost, Path: "/products/:productId/attempts", Handler: attempt},
		{Method: http.MethodGet, Path: "/products/:productId/users/:userId/result", Handler: result},
	}, rest.WithPrefix("/api/v1"))
	server.Start()
}

func attempt(w http.ResponseWriter, r *http.Request) {
	var req types.AttemptRequest
	if err := httpx.Parse(r, &req); err != nil {
		httpx.ErrorCtx(r.Context(), w, err)
		return
	}
	httpx.OkJsonCtx(r.Context(), w, &types.AttemptResponse{
		StreamId: "1234567890123-0", Status: string(seckill.StatusProcessing),
	})
}

func result(w http.ResponseWriter, r *http.Request) {
	var req types.ResultRequest
	if err := httpx.Parse(r, &req); err != nil {
		httpx.ErrorCtx(r.Context(), w, err)
		return
	}
	httpx.OkJsonCtx(r.Context(), w, &types.ResultResponse{
		ProductId: req.ProductId, UserId: req.UserId, StreamId: "1234567890123-0", Status: string(seckill.StatusSuccess),
		Order:     &types.ResultOrder{OrderId: 1234, Status: string(seckill.OrderConfirmed)},
		CreatedAt: "2026-01-02T03:04:05.678901Z", UpdatedAt: "2026-01-02T03:04:05.678901Z",
	})
}
