package handler

import (
	"fmt"

	"seckill/internal/response"
	"seckill/internal/svc"

	"github.com/zeromicro/go-zero/rest"
	"github.com/zeromicro/go-zero/rest/httpx"
)

// NewServer makes the REST server with all routes of seckill.api. Whatever it
// answers that is not a success has the one error body (package response); the
// handler that does so for errors is set for the whole process.
func NewServer(svcCtx *svc.ServiceContext) (*rest.Server, error) {
	httpx.SetErrorHandlerCtx(response.HandleError)
	// The second option gives our router the handler of unknown routes, which
	// traces and logs them; by itself go-zero gives it to the router replaced here.
	server, err := rest.NewServer(svcCtx.Config.RestConf,
		rest.WithRouter(response.NewRouter(svcCtx.Shutdown.Begun)), rest.WithNotFoundHandler(nil))
	if err != nil {
		return nil, fmt.Errorf("make REST server: %w", err)
	}
	RegisterHandlers(server, svcCtx)
	return server, nil
}
