package handler_test

import (
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// contract finds the routes of openapi.json.
var contract = sync.OnceValues(func() (routers.Router, error) {
	document, err := openapi3.NewLoader().LoadFromFile("../../openapi.json")
	if err != nil {
		return nil, err
	}
	return gorillamux.NewRouter(document)
})

// conforms checks that openapi.json has what the server has answered: the status, the
// fields with their kinds, the code of an error.
func (w *world) conforms(r *http.Request, a answer) {
	w.t.Helper()
	router, err := contract()
	if err != nil {
		w.t.Fatal(err)
	}
	r = r.Clone(w.t.Context())
	r.URL.Scheme, r.URL.Host, r.Host = "", "", ""
	route, parameters, err := router.FindRoute(r)
	if err != nil || a.status == http.StatusMethodNotAllowed || a.status == http.StatusInternalServerError {
		return // no route of ours, or what every route may answer
	}
	if route.Operation.Responses.Value(strconv.Itoa(a.status)) == nil {
		w.t.Errorf("%s %s answers %d %s, which openapi.json does not have", r.Method, r.URL, a.status, a.body)
		return
	}
	if !strings.HasPrefix(a.header.Get("Content-Type"), "application/json") || r.URL.Path == "/openapi.json" || r.URL.Query().Has("ids") {
		return // the document shows IDs as numbers alone
	}
	input := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, PathParams: parameters, Route: route},
		Status:                 a.status, Header: a.header, Options: &openapi3filter.Options{IncludeResponseStatus: true},
	}
	input.SetBodyBytes([]byte(a.body))
	if err := openapi3filter.ValidateResponse(w.t.Context(), input); err != nil {
		w.t.Errorf("%s %s answers what openapi.json does not have: %v", r.Method, r.URL, err)
	}
}
