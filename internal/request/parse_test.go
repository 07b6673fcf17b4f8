package request_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"seckill/internal/request"
	"seckill/internal/seckill"
	"seckill/internal/types"

	"github.com/zeromicro/go-zero/rest/pathvar"
)

// refused checks that err is a *seckill.Error of the code whose message holds part.
func refused(t *testing.T, err error, code seckill.Code, part string) {
	t.Helper()
	var e *seckill.Error
	if !errors.As(err, &e) {
		t.Fatalf("error = %v, want a *seckill.Error", err)
	}
	if e.Code != code || !strings.Contains(e.Message, part) {
		t.Errorf("error = %s %q, want %s with %q", e.Code, e.Message, code, part)
	}
}

func TestPathParameters(t *testing.T) {
	parse := func(id string) (types.ProductRequest, error) {
		r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
		var req types.ProductRequest
		err := request.Parse(pathvar.WithVars(r, map[string]string{"productId": id}), &req)
		return req, err
	}
	for id, want := range map[string]int64{"1": 1, "1001": 1001, "9223372036854775807": 9223372036854775807} {
		if req, err := parse(id); err != nil || req.ProductId != want {
			t.Errorf("productId %s = %d, %v", id, req.ProductId, err)
		}
	}
	bad := []string{
		"", "0", "-1", "+1", "01", "1.0", "1e3", "0x1", "abc", "1 ", " 1", "1_000", "１",
		"9223372036854775808", "99999999999999999999", "NaN",
	}
	for _, id := range bad {
		t.Run("refuses "+id, func(t *testing.T) {
			_, err := parse(id)
			refused(t, err, seckill.CodeInvalidArgument, "productId must be a positive integer")
		})
	}
}

func TestQueryParameters(t *testing.T) {
	parse := func(query string) (types.LogsRequest, error) {
		r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
		r.URL.RawQuery = query
		var req types.LogsRequest
		return req, request.Parse(r, &req)
	}
	r := httptest.NewRequest(http.MethodGet, "/?productId=1&userId=2&status=FAILED&limit=100&cursor=x&from=a&to=b", http.NoBody)
	var full types.LogsRequest
	if err := request.Parse(r, &full); err != nil {
		t.Fatal(err)
	}
	want := types.LogsRequest{ProductId: 1, UserId: 2, Status: "FAILED", Limit: 100, Cursor: "x", From: "a", To: "b", Order: "desc"}
	if full != want {
		t.Errorf("request = %+v, want %+v", full, want)
	}
	var none types.LogsRequest
	if err := request.Parse(httptest.NewRequest(http.MethodGet, "/", http.NoBody), &none); err != nil {
		t.Fatal(err)
	}
	if want := (types.LogsRequest{Limit: 20, Order: "desc"}); none != want {
		t.Errorf("request without parameters = %+v, want %+v", none, want)
	}

	tests := []struct{ query, part string }{
		{"limit=0", "limit must be an integer from 1 to 100"},
		{"limit=101", "limit must be"},
		{"limit=-1", "limit must be"},
		{"limit=+5", "limit must be"},
		{"limit=%2B5", "limit must be"},
		{"limit=05", "limit must be"},
		{"limit=", "limit must be"},
		{"limit", "limit must be"},
		{"limit=abc", "limit must be"},
		{"limit=5.0", "limit must be"},
		{"limit=99999999999999999999", "limit must be"},
		{"limit=5&limit=5", "limit is given more than once"},
		{"status=", "status must not be empty"},
		{"status=failed", "status must be one of PROCESSING, SUCCESS, FAILED"},
		{"status=DONE", "status must be one of"},
		{"status=FAILED&status=SUCCESS", "status is given more than once"},
		{"cursor=", "cursor must not be empty"},
		{"cursor=%00", "cursor must not contain NUL"},
		{"cursor=%ff", "cursor is not valid UTF-8"},
		{"productId=0", "productId must be a positive integer"},
		{"productId=1.5", "productId must be"},
		{"userId=-3", "userId must be"},
		{"product=1", `"product" is not a parameter`},
		{"PRODUCTID=1", `"PRODUCTID" is not a parameter`},
		{"%ff=1", "is not a parameter"},
		{"a;b", "query string is malformed"},
		{"limit=%zz", "query string is malformed"},
	}
	for _, tt := range tests {
		t.Run("refuses "+tt.query, func(t *testing.T) {
			_, err := parse(tt.query)
			refused(t, err, seckill.CodeInvalidArgument, tt.part)
		})
	}
}

func TestParametersThatAreTrueOrFalse(t *testing.T) {
	parse := func(query string) (bool, error) {
		r := httptest.NewRequest(http.MethodPost, "/"+query, http.NoBody)
		r = pathvar.WithVars(r, map[string]string{"productId": "1"})
		var req types.RepairBooksRequest
		err := request.Parse(r, &req)
		return req.DryRun, err
	}
	for query, want := range map[string]bool{"": false, "?dryRun=true": true, "?dryRun=false": false} {
		if got, err := parse(query); err != nil || got != want {
			t.Errorf("%q: %t, %v; want %t", query, got, err, want)
		}
	}
	for _, value := range []string{"1", "0", "True", "yes", "t", "perhaps", "true%20"} {
		t.Run("refuses "+value, func(t *testing.T) {
			_, err := parse("?dryRun=" + value)
			refused(t, err, seckill.CodeInvalidArgument, "dryRun must be true or false")
		})
	}
}

// put parses a body as the status route does.
func put(body io.Reader, header map[string]string) (types.ChangeLogsRequest, error) {
	r := httptest.NewRequest(http.MethodPut, "/", body)
	r.Header.Set("Content-Type", "application/json")
	for name, value := range header {
		r.Header.Set(name, value)
	}
	var req types.ChangeLogsRequest
	err := request.Parse(r, &req)
	return req, err
}

func TestBody(t *testing.T) {
	const body = ` {"items": [
		{"productId": 1001, "streamId": "1-0", "status": "SUCCESS"},
		{"status": "FAILED", "reason": "no \ud83d\ude00 \\ud800", "streamId": "2-0", "productId": 9223372036854775807}]} `
	req, err := put(strings.NewReader(body), map[string]string{"Content-Type": "application/json; charset=UTF-8"})
	if err != nil {
		t.Fatal(err)
	}
	want := []types.LogChange{
		{ProductId: 1001, StreamId: "1-0", Status: "SUCCESS"},
		{ProductId: 9223372036854775807, StreamId: "2-0", Status: "FAILED", Reason: `no 😀 \ud800`},
	}
	if len(req.Items) != 2 || req.Items[0] != want[0] || req.Items[1] != want[1] {
		t.Errorf("items = %+v, want %+v", req.Items, want)
	}
	// A body of unknown length is read like any other.
	if req, err := put(io.MultiReader(strings.NewReader(body)), nil); err != nil || len(req.Items) != 2 {
		t.Errorf("chunked body: %d items, %v", len(req.Items), err)
	}
}

func TestBadBodies(t *testing.T) {
	item := func(fields string) string { return `{"items":[{` + fields + `}]}` }
	tests := []struct{ name, body, part string }{
		{"empty", ``, "body must not be empty"},
		{"blank", ` `, "exactly one JSON value"},
		{"not JSON", `items`, "exactly one JSON value"},
		{"cut off", `{"items":[`, "exactly one JSON value"},
		{"trailing garbage", `{"items":[]} x`, "exactly one JSON value"},
		{"two values", `{"items":[]}{}`, "exactly one JSON value"},
		{"trailing comma", `{"items":[],}`, "exactly one JSON value"},
		{"a byte order mark alone", "\xef\xbb\xbf", "body must not be empty"},
		{"two byte order marks", "\xef\xbb\xbf\xef\xbb\xbf{}", "exactly one JSON value"},
		{"a byte order mark behind the begin", " \xef\xbb\xbf{}", "exactly one JSON value"},
		{"another byte order mark", "\xff\xfe{\x00}\x00", "body is UTF-16 or UTF-32; it must be UTF-8"},
		{"not UTF-8", "{\"items\":\"\xff\"}", "body is not valid UTF-8"},
		{"null", `null`, "body must not be null"},
		{"an array", `[]`, "body must be an object"},
		{"a number", `1`, "body must be an object"},
		{"no items", `{}`, "items is missing"},
		{"items null", `{"items":null}`, "items is missing"},
		{"reason twice, null first", item(`"reason":null,"reason":null`), "items[0].reason is given more than once"},
		{"items an object", `{"items":{}}`, "items must be an array"},
		{"items in other case", `{"Items":[]}`, `"Items" is not a known field`},
		{"unknown field", `{"items":[],"x":1}`, `"x" is not a known field`},
		{"items twice", `{"items":[],"items":[]}`, "items is given more than once"},
		{"item null", `{"items":[null]}`, "items[0] must not be null"},
		{"item a number", `{"items":[1]}`, "items[0] must be an object"},
		{"second item bad", `{"items":[{"productId":1,"streamId":"1-0","status":"SUCCESS"},{}]}`, "items[1].productId is missing"},
		{"no streamId", item(`"productId":1,"status":"SUCCESS"`), "items[0].streamId is missing"},
		{"no status", item(`"productId":1,"streamId":"1-0"`), "items[0].status is missing"},
		{"productId a text", item(`"productId":"x"`), "items[0].productId must be a positive integer"},
		{"productId an empty text", item(`"productId":""`), "items[0].productId must be a positive integer"},
		{"productId a text with a space", item(`"productId":" 1"`), "items[0].productId must be a positive integer"},
		{"productId a text with a sign", item(`"productId":"+1"`), "items[0].productId must be a positive integer"},
		{"productId a text with a zero in front", item(`"productId":"01"`), "items[0].productId must be a positive integer"},
		{"productId a text of a fraction", item(`"productId":"1.0"`), "items[0].productId must be a positive integer"},
		{"productId a text with exponent", item(`"productId":"1e3"`), "items[0].productId must be a positive integer"},
		{"productId a text of 0", item(`"productId":"0"`), "items[0].productId must be a positive integer"},
		{"productId a text of other digits", item(`"productId":"１"`), "items[0].productId must be a positive integer"},
		{"productId a text too large", item(`"productId":"9223372036854775808"`), "items[0].productId must be a positive integer"},
		{"productId a list", item(`"productId":["1"]`), "items[0].productId must be a number"},
		{"productId true", item(`"productId":true`), "items[0].productId must be a number"},
		{"productId a fraction", item(`"productId":1.0`), "items[0].productId must be a positive integer"},
		{"productId with exponent", item(`"productId":1e3`), "items[0].productId must be a positive integer"},
		{"productId 0", item(`"productId":0`), "items[0].productId must be a positive integer"},
		{"productId negative", item(`"productId":-1`), "items[0].productId must be a positive integer"},
		{"productId too large", item(`"productId":9223372036854775808`), "items[0].productId must be a positive integer"},
		{"productId null", item(`"productId":null`), "items[0].productId is missing"},
		{"productId twice", item(`"productId":1,"productId":2`), "items[0].productId is given more than once"},
		{"status a number", item(`"status":1`), "items[0].status must be a string"},
		{"status unknown", item(`"status":"DONE"`), "items[0].status must be one of"},
		{"status empty", item(`"status":""`), "items[0].status must not be empty"},
		{"status an object", item(`"status":{"a":1}`), "items[0].status must be a string"},
		{"reason empty", item(`"reason":""`), "items[0].reason must not be empty"},
		{"reason with NUL", item(`"reason":"a\u0000b"`), "items[0].reason must not contain NUL"},
		{"reason with first half of a pair", item(`"reason":"\ud800"`), "half of a surrogate pair"},
		{"reason with second half of a pair", item(`"reason":"\udc00"`), "half of a surrogate pair"},
		{"reason with two first halves", item(`"reason":"\ud800\ud800"`), "half of a surrogate pair"},
		{"half of a pair behind others", item(`"reason":"\\\"\u00e4\ud83d\ude00\uDBFF."`), "half of a surrogate pair"},
		{"deep nesting", strings.Repeat("[", 100_000), "exactly one JSON value"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := put(strings.NewReader(tt.body), nil)
			refused(t, err, seckill.CodeInvalidArgument, tt.part)
		})
	}
}

func TestMediaTypes(t *testing.T) {
	for _, header := range []map[string]string{
		{"Content-Type": ""},
		{"Content-Type": "text/plain"},
		{"Content-Type": "application/x-www-form-urlencoded"},
		{"Content-Type": "application/json;"},
		{"Content-Type": "application/json; charset=latin1"},
		{"Content-Type": "application/jsonp"},
		{"Content-Encoding": "br"},
		{"Content-Encoding": "gzip, br"},
	} {
		_, err := put(strings.NewReader(`{"items":[]}`), header)
		if header["Content-Type"] == "application/json;" { // RFC 9110 section 5.6.6 allows it
			if err != nil {
				t.Errorf("%v: %v", header, err)
			}
			continue
		}
		refused(t, err, seckill.CodeUnsupportedMediaType, "Content-")
	}
}

func TestBodyOverTheLimit(t *testing.T) {
	padded := func(size int) string {
		body := `{"items":[]}`
		return body + strings.Repeat(" ", size-len(body))
	}
	if _, err := put(strings.NewReader(padded(request.MaxBodyBytes)), nil); err != nil {
		t.Errorf("body of the limit: %v", err)
	}
	_, err := put(strings.NewReader(padded(request.MaxBodyBytes+1)), nil)
	refused(t, err, seckill.CodePayloadTooLarge, "body must not exceed 1048576 bytes")
	_, err = put(io.MultiReader(strings.NewReader(padded(request.MaxBodyBytes+1))), nil)
	refused(t, err, seckill.CodePayloadTooLarge, "body must not exceed")
}

func TestBodyThatBreaksOff(t *testing.T) {
	_, err := put(io.MultiReader(strings.NewReader(`{"items":`), brokenReader{}), nil)
	refused(t, err, seckill.CodeInvalidArgument, "could not be read")
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func FuzzBody(f *testing.F) {
	f.Add(`{"items":[{"productId":1,"streamId":"1-0","status":"FAILED","reason":"x"}]}`)
	f.Add(`{"items":[{"reason":"\ud83d\ude00\\u"}]}`)
	f.Add(`[[{"a":null}]]`)
	f.Fuzz(func(t *testing.T, body string) {
		if _, err := put(strings.NewReader(body), nil); err != nil && seckill.ErrorCode(err) == seckill.CodeInternal {
			t.Errorf("body %q: %v", body, err)
		}
	})
}
