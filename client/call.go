package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 32 << 20

// call is one call of a route.
type call struct {
	method string
	path   string
	query  url.Values
	in     any           // sent as JSON, unless nil
	wait   time.Duration // what the service is asked to wait, beside the time of a try
	repeat bool          // it may be made again when its outcome is not known
	header http.Header   // beside what every call has
}

func get(path string, query url.Values) call {
	return call{method: http.MethodGet, path: path, query: query, repeat: true}
}

func post(path string, in any) call { return call{method: http.MethodPost, path: path, in: in} }

func put(path string, in any) call { return call{method: http.MethodPut, path: path, in: in} }

// repeated returns k as a call that may be made again.
func (k call) repeated() call {
	k.repeat = true
	return k
}

// path builds the path of a route with IDs in it.
func path(format string, ids ...any) string { return fmt.Sprintf(format, ids...) }

// Do calls a route which this package has no method for, and decodes the answer into out,
// unless that is nil; a *json.RawMessage keeps the answer as it is. path begins with
// /api/v1 or /admin/v1 and may have a query. A GET is repeated, anything else is not.
func (c *Client) Do(ctx context.Context, method, path string, in, out any) error {
	parsed, err := url.Parse(path)
	if err != nil {
		return fmt.Errorf("seckill client: path: %w", err)
	}
	k := call{method: method, path: parsed.Path, query: parsed.Query(), in: in, repeat: method == http.MethodGet}
	return c.do(ctx, k, out)
}

// fetch makes a call and returns its answer.
func fetch[T any](ctx context.Context, c *Client, k call) (T, error) {
	var answer T
	err := c.do(ctx, k, &answer)
	return answer, err
}

// do makes a call, as often as it takes and may, and decodes its answer into out.
func (c *Client) do(ctx context.Context, k call, out any) error {
	var body []byte
	if k.in != nil {
		var err error
		if body, err = json.Marshal(k.in); err != nil {
			return fmt.Errorf("%s %s: encode: %w", k.method, k.path, err)
		}
	}
	return c.repeat(ctx, k, func() error { return c.try(ctx, k, body, out) })
}

// repeat makes a call by try, as often as it takes and may.
func (c *Client) repeat(ctx context.Context, k call, try func() error) error {
	for n := 1; ; n++ {
		err := try()
		if err == nil {
			return nil
		}
		pause, again := c.again(ctx, k, err, n)
		if !again {
			return err
		}
		if stopped := sleep(ctx, pause); stopped != nil {
			return errors.Join(err, stopped)
		}
	}
}

// try makes a call once, within its time.
func (c *Client) try(ctx context.Context, k call, body []byte, out any) error {
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout+k.wait)
	defer cancel()
	response, err := c.send(ctx, k, body)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if out == nil || response.StatusCode == http.StatusNoContent {
		_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, maxAnswer)) // so that the connection lives on
		keep(ctx, response.Header, nil)
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err == nil {
		err = decode(text, out)
	}
	if err != nil {
		return k.noAnswer(response.StatusCode, fmt.Errorf("read the answer: %w", err))
	}
	keep(ctx, response.Header, text)
	return nil
}

// plain is an answer that is no JSON.
type plain string

// decode reads an answer into out.
func decode(text []byte, out any) error {
	if p, ok := out.(*plain); ok {
		*p = plain(text)
		return nil
	}
	return json.Unmarshal(text, out)
}

// send sends a request and returns the answer to it, if that is a success. The caller
// closes its body.
func (c *Client) send(ctx context.Context, k call, body []byte) (*http.Response, error) {
	request, err := c.request(ctx, k, body)
	if err != nil {
		return nil, err
	}
	response, err := c.config.HTTP.Do(request)
	if err != nil {
		return nil, k.noAnswer(0, withoutURL(err))
	}
	if response.StatusCode/100 == 2 {
		return response, nil
	}
	defer func() { _ = response.Body.Close() }()
	return nil, k.refusal(response)
}

func (c *Client) request(ctx context.Context, k call, body []byte) (*http.Request, error) {
	target := c.base.JoinPath(k.path)
	target.RawQuery = k.query.Encode()
	request, err := http.NewRequestWithContext(ctx, k.method, target.String(), bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", k.method, k.path, err)
	}
	maps.Copy(request.Header, k.header)
	request.Header.Set("User-Agent", c.config.UserAgent)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if c.config.Token == nil {
		return request, nil
	}
	token, err := c.config.Token(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s %s: token: %w", k.method, k.path, err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	return request, nil
}

// withoutURL takes off what net/http puts around an error: the call is named already.
func withoutURL(err error) error {
	if outer, ok := errors.AsType[*url.Error](err); ok {
		return outer.Err
	}
	return err
}

func (k call) noAnswer(status int, cause error) *Error {
	return &Error{Code: CodeNoAnswer, Status: status, Method: k.method, Path: k.path, Cause: cause}
}

// refusal reads an answer that is not a success.
func (k call) refusal(response *http.Response) *Error {
	e := &Error{Status: response.StatusCode, Method: k.method, Path: k.path, RetryAfter: retryAfter(response.Header)}
	var body struct {
		Code    Code   `json:"code"`
		Message string `json:"message"`
		Next    int64  `json:"next"`
		Oldest  int64  `json:"oldest"`
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err == nil && isJSON(response.Header) {
		err = json.Unmarshal(text, &body)
	}
	if err != nil || body.Code == "" { // somebody between, such as a proxy
		e.Code = CodeNoAnswer
		e.Message = "the answer is none of the service: " + http.StatusText(response.StatusCode)
		return e
	}
	e.Code, e.Message, e.Next, e.Oldest = body.Code, body.Message, body.Next, body.Oldest
	return e
}

func isJSON(header http.Header) bool {
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	return err == nil && kind == "application/json"
}

// retryAfter reads the header of that name, in seconds or as a date (RFC 9110, section
// 10.2.3); 0 when it is absent or past.
func retryAfter(header http.Header) time.Duration {
	text := header.Get("Retry-After")
	if seconds, err := strconv.ParseInt(text, 10, 32); err == nil {
		return max(0, time.Duration(seconds)*time.Second)
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}

// miscounted is of an answer that does not speak of every item.
func (k call) miscounted(got, want int) *Error {
	return k.noAnswer(http.StatusOK, fmt.Errorf("the answer has %d items, not %d", got, want))
}
