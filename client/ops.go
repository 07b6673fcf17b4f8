package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
)

// Health returns nil when the process lives. Like Ready it is not repeated: whoever looks
// wants to know how it is now.
func (c *Client) Health(ctx context.Context) error {
	return c.do(ctx, call{method: http.MethodGet, path: "/healthz"}, nil)
}

// Ready returns nil when the service can do its work, else CodeUnavailable with the checks
// that fail in the message: redis, postgres, consumers, shutdown. Those named in exclude do
// not count.
func (c *Client) Ready(ctx context.Context, exclude ...string) error {
	return c.do(ctx, call{method: http.MethodGet, path: "/readyz", query: url.Values{"exclude": exclude}}, nil)
}

// OpenAPI returns the description of the HTTP API.
func (c *Client) OpenAPI(ctx context.Context) (json.RawMessage, error) {
	return fetch[json.RawMessage](ctx, c, get("/openapi.json", nil))
}
