package handler

import (
	"fmt"
	"net/http"
	"slices"

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
	c, origins := svcCtx.Config.RestConf, svcCtx.Config.Cors.Origins
	access := c.Middlewares.Log && !c.Verbose // the log of a verbose server is go-zero's own
	c.Middlewares.Log = c.Middlewares.Log && c.Verbose
	router, err := response.NewOuter(response.NewRouter(svcCtx.Shutdown.Begun, len(origins) > 0), access)
	if err != nil {
		return nil, err
	}
	// The second option gives our router the handler of unknown routes, which
	// traces and logs them; by itself go-zero gives it to the router replaced here.
	options := []rest.RunOption{rest.WithRouter(router), rest.WithNotFoundHandler(nil)}
	if len(origins) > 0 {
		options = append(options, withCors(origins))
	}
	server, err := rest.NewServer(c, options...)
	if err != nil {
		return nil, fmt.Errorf("make REST server: %w", err)
	}
	router.SetNotAllowedHandler(nil) // that of CORS answers 404
	RegisterHandlers(server, svcCtx)
	if svcCtx.Config.Console.Enabled {
		err = addConsole(server)
	}
	return server, err
}

// withCors lets scripts of the given origins call the API, "*" those of all.
func withCors(origins []string) rest.RunOption {
	if slices.Contains(origins, "*") {
		origins = nil // to go-zero all, and without the credentials that browsers add by themselves
	}
	return rest.WithCustomCors(func(header http.Header) {
		if header.Get("Access-Control-Allow-Origin") == "" {
			return // another origin
		}
		header.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Last-Event-ID")
		header.Set("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, DELETE")
		header.Set("Access-Control-Expose-Headers", "Retry-After")
	}, nil, origins...)
}
