package request_test

import (
	"encoding/binary"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/zeromicro/go-zero/rest/pathvar"

	"seckill/internal/request"
	"seckill/internal/seckill"
	"seckill/internal/types"
)

// TestIDsAsStringsOfDigits: every ID of a body, at any depth, may be given as a string;
// 2^53+1 is the first number that a JavaScript client would get wrong.
func TestIDsAsStringsOfDigits(t *testing.T) {
	for _, id := range []int64{1, 9007199254740993, 9223372036854775807} {
		for _, form := range []string{`%d`, `"%d"`} {
			written := fmt.Sprintf(form, id)
			req, err := put(strings.NewReader(`{"items":[{"productId":`+written+`,"streamId":"1-0","status":"SUCCESS"}]}`), nil)
			if err != nil || req.Items[0].ProductId != id {
				t.Errorf("productId %s in a list: %+v, %v", written, req, err)
			}
			var attempt types.AttemptRequest
			err = request.Parse(jsonBody(http.MethodPost, `{"userId":`+written+`}`), &attempt)
			if err != nil || attempt.UserId != id || attempt.ProductId != 7 {
				t.Errorf("userId %s: %+v, %v", written, attempt, err)
			}
			var create types.CreateProductRequest
			err = request.Parse(jsonBody(http.MethodPost, `{"productId":`+written+`,"name":"n"}`), &create)
			if err != nil || create.ProductId != id {
				t.Errorf("productId %s: %+v, %v", written, create, err)
			}
		}
	}
}

// TestListsAndOtherShapesOfIDs are of types that seckill.api may get: what is an ID is
// told by its name alone.
func TestListsAndOtherShapesOfIDs(t *testing.T) {
	type item struct {
		OrderId *int64 `json:"orderId,optional,range=[1:]"` //nolint:staticcheck // go-zero's tag options
		Id      int64  `json:"id,range=[1:]"`               //nolint:staticcheck // the same
	}
	var req struct {
		UserIds []int64 `json:"userIds,range=[1:]"` //nolint:staticcheck // the same
		Items   []item  `json:"items"`
	}
	const body = `{"userIds":["9007199254740993",2],"items":[{"id":"3","orderId":"4"},{"orderId":null,"id":5}]}`
	if err := request.Parse(jsonBody(http.MethodPost, body), &req); err != nil {
		t.Fatal(err)
	}
	if req.UserIds[0] != 9007199254740993 || req.UserIds[1] != 2 || req.Items[0].Id != 3 || *req.Items[0].OrderId != 4 ||
		req.Items[1].OrderId != nil || req.Items[1].Id != 5 {
		t.Errorf("request = %+v", req)
	}
}

// TestOtherNumbersAreNoStrings: only what is an ID may be a string.
func TestOtherNumbersAreNoStrings(t *testing.T) {
	for field, value := range map[string]string{"stockTotal": `"5"`, "perUserLimit": `"1"`, "paymentWindowSeconds": `"60"`} {
		var req types.CreateProductRequest
		err := request.Parse(jsonBody(http.MethodPost, fmt.Sprintf(`{"productId":1,"name":"n",%q:%s}`, field, value)), &req)
		refused(t, err, seckill.CodeInvalidArgument, field+" must be a number")
	}
	var restock types.RestockRequest
	err := request.Parse(jsonBody(http.MethodPost, `{"delta":"5","note":"n"}`), &restock)
	refused(t, err, seckill.CodeInvalidArgument, "delta must be a number")
}

// TestNullIsAbsent of every optional field, at any depth; of a required one it is missing.
func TestNullIsAbsent(t *testing.T) {
	var attempt types.AttemptRequest
	if err := request.Parse(jsonBody(http.MethodPost, `{"userId":5,"requestId":null}`), &attempt); err != nil || attempt.RequestId != "" {
		t.Errorf("requestId null: %+v, %v", attempt, err)
	}
	err := request.Parse(jsonBody(http.MethodPost, `{"userId":null}`), &attempt)
	refused(t, err, seckill.CodeInvalidArgument, "userId is missing")

	var create types.CreateProductRequest
	const all = `{"productId":1,"name":"n","stockTotal":null,"perUserLimit":null,"startsAt":null,"endsAt":null,"paymentWindowSeconds":null}`
	if err := request.Parse(jsonBody(http.MethodPost, all), &create); err != nil {
		t.Fatal(err)
	}
	if want := (types.CreateProductRequest{ProductId: 1, Name: "n", PerUserLimit: 1}); create != want {
		t.Errorf("request = %+v, want %+v", create, want)
	}
	req, err := put(strings.NewReader(`{"items":[{"productId":1,"streamId":"1-0","status":"SUCCESS","reason":null}]}`), nil)
	if err != nil || req.Items[0].Reason != "" {
		t.Errorf("reason null: %+v, %v", req, err)
	}
	var change types.ChangeProductRequest
	const nothing = `{"name":null,"stockTotal":null,"perUserLimit":null,"paymentWindowSeconds":null}`
	if err := request.Parse(jsonBody(http.MethodPut, nothing), &change); err != nil {
		t.Fatal(err)
	}
	_, err = request.ProductChange(&change)
	refused(t, err, seckill.CodeInvalidArgument, "at least one field")
}

// TestByteOrderMark is read over, with and without a body behind it.
func TestByteOrderMark(t *testing.T) {
	const mark = "\xef\xbb\xbf"
	var attempt types.AttemptRequest
	if err := request.Parse(jsonBody(http.MethodPost, mark+`{"userId":5}`), &attempt); err != nil || attempt.UserId != 5 {
		t.Errorf("%+v, %v", attempt, err)
	}
	var none types.ProductRequest
	for _, body := range []string{mark, mark + "{}"} {
		if err := request.Parse(jsonBody(http.MethodPost, body), &none); err != nil {
			t.Errorf("the body %q of a route that takes none: %v", body, err)
		}
	}
}

// TestOtherByteOrderMarks are those of UTF-16 and UTF-32, in both orders.
func TestOtherByteOrderMarks(t *testing.T) {
	const body = `{"userId":5}`
	for name, order := range map[string]binary.AppendByteOrder{"little": binary.LittleEndian, "big": binary.BigEndian} {
		var short, long []byte
		for _, r := range "\ufeff" + body {
			short, long = order.AppendUint16(short, uint16(r)), order.AppendUint32(long, uint32(r))
		}
		for _, text := range [][]byte{short, long} {
			var attempt types.AttemptRequest
			err := request.Parse(jsonBody(http.MethodPost, string(text)), &attempt)
			refused(t, err, seckill.CodeInvalidArgument, "body is UTF-16 or UTF-32; it must be UTF-8")
			var none types.ProductRequest
			if err = request.Parse(jsonBody(http.MethodPost, string(text)), &none); err == nil {
				t.Errorf("%d bytes, %s end first, pass for no body", len(text), name)
			}
		}
	}
}

// TestIDsOfPathsAndQueriesAreExact also above 2^53, where a number that is read as one of
// floating point becomes its neighbour.
func TestIDsOfPathsAndQueriesAreExact(t *testing.T) {
	for _, id := range []int64{9007199254740993, 9223372036854775807} {
		text := strconv.FormatInt(id, 10)
		r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
		r = pathvar.WithVars(r, map[string]string{"productId": text, "userId": text})
		var path types.ResultRequest
		if err := request.Parse(r, &path); err != nil || path.ProductId != id || path.UserId != id {
			t.Errorf("path of %s: %+v, %v", text, path, err)
		}
		r.URL.RawQuery = "productId=" + text + "&userId=" + text
		var query types.LogsRequest
		if err := request.Parse(r, &query); err != nil || query.ProductId != id || query.UserId != id {
			t.Errorf("query of %s: %+v, %v", text, query, err)
		}
	}
}
