package handler

import (
	"fmt"
	"net/http"

	"seckill/internal/console"
	"seckill/internal/response"

	"github.com/zeromicro/go-zero/rest"
)

// addConsole serves the page for operators. It is no part of the API, so that seckill.api does
// not have it, and it is open to all; a page that is opened leaves no lines in the log.
func addConsole(server *rest.Server) error {
	page, err := console.New()
	if err != nil {
		return fmt.Errorf("serve the console: %w", err)
	}
	serve := func(w http.ResponseWriter, r *http.Request) {
		response.NoLine(r)
		page.ServeHTTP(w, r)
	}
	server.AddRoutes([]rest.Route{
		{Method: http.MethodGet, Path: "/console", Handler: serve}, // and /console/
		{Method: http.MethodGet, Path: "/console/:file", Handler: serve},
		{Method: http.MethodGet, Path: "/console/assets/:file", Handler: serve},
	})
	return nil
}
