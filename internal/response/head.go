package response

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"seckill/internal/request"
)

// waitParameter is how long a GET may wait for its answer.
const waitParameter = "wait"

// asGet makes the GET that says what a HEAD is answered with; net/http leaves the body out
// by itself. Nothing is waited for. The request is cancelled by cancel.
func asGet(r *http.Request) (get *http.Request, cancel context.CancelFunc) {
	ctx, cancel := context.WithCancel(r.Context())
	get = r.WithContext(ctx)
	get.Method = http.MethodGet
	if query, err := url.ParseQuery(get.URL.RawQuery); err == nil && query.Has(waitParameter) {
		for i, text := range query[waitParameter] {
			if _, err := request.Wait(text); err == nil { // what is no time is refused later
				query[waitParameter][i] = "0s"
			}
		}
		at := *get.URL
		at.RawQuery = query.Encode()
		get.URL = &at
	}
	return get, cancel
}

// allowHead adds HEAD to the methods that a route knows if GET is one.
func allowHead(header http.Header) {
	const name = "Allow"
	if allowed := header.Get(name); slices.Contains(strings.Split(allowed, ", "), http.MethodGet) {
		header.Set(name, allowed+", "+http.MethodHead)
	}
}
