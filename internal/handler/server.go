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
	c := svcCtx.Config.RestConf
	access := c.Middlewares.Log && !c.Verbose // the log of a verbose server is go-zero's own
	c.Middlewares.Log = c.Middlewares.Log && c.Verbose
	router, err := response.NewOuter(response.NewRouter(), access)
	if err != nil {
		return nil, err
	}
	// The second option gives our router the handler of unknown routes, which
	// traces and logs them; by itself go-zero gives it to the router replaced here.
	server, err := rest.NewServer(c, rest.WithRouter(router), rest.WithNotFoundHandler(nil))
	if err != nil {
		return nil, fmt.Errorf("make REST server: %w", err)
	}
	RegisterHandlers(server, svcCtx)
	return server, nil
}
