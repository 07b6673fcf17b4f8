package handler_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/internal/types"
)

// outcomes are what a batch of attempts was answered with: the code of each, "" = queued.
func outcomes(t *testing.T, a answer) (codes []string, items []types.AttemptOutcome) {
	t.Helper()
	var response types.AttemptsResponse
	a.into(t, http.StatusOK, &response)
	for _, item := range response.Items {
		if queued := item.StreamId != "" && item.Status == "PROCESSING"; queued == (item.Code != "") || queued == (item.Message != "") {
			t.Errorf("item %+v", item)
		}
		codes = append(codes, item.Code)
	}
	return codes, response.Items
}

func TestABatchAnswersItemByItem(t *testing.T) {
	s := newShop(t)
	s.create(1, `,"stockTotal":3,"perUserLimit":1`)
	s.bring(1)
	const body = `{"items":[{"userId":5,"requestId":"a"},{"userId":"6"},{"requestId":"a","userId":5},{"userId":6},{"userId":7,"requestId":null},{"userId":8}]}`
	codes, items := outcomes(t, s.post("/api/v1/products/1/attempts/batch", body, s.as("bff")))
	if got := strings.Join(codes, ","); got != ",,,LIMIT_REACHED,,SOLD_OUT" {
		t.Errorf("codes %s", got)
	}
	if items[0].StreamId != items[2].StreamId || items[0].StreamId == items[1].StreamId {
		t.Errorf("the same request twice: %+v", items)
	}
	var alone types.AttemptResponse
	s.post("/api/v1/products/1/attempts", `{"userId":5,"requestId":"a"}`).into(t, http.StatusAccepted, &alone)
	if alone.StreamId != items[0].StreamId {
		t.Errorf("repeated alone it is %s, was %s", alone.StreamId, items[0].StreamId)
	}
}

func TestABatchIsRefusedItemByItem(t *testing.T) {
	server := servertest.Redis(t)
	s := newShop(t)
	s.client = servertest.Client(t, server)
	s.serveWith(s.clock)
	const body = `{"items":[{"userId":5,"requestId":"a"},{"userId":6}]}`
	try := func(product int, code string, again bool) {
		t.Helper()
		codes, items := outcomes(t, s.post(fmt.Sprintf("/api/v1/products/%d/attempts/batch", product), body))
		if len(codes) != 2 || codes[0] != code || codes[1] != code || (items[0].RetryAfterMs > 0) != again {
			t.Errorf("product %d: %+v, want %s", product, items, code)
		}
	}
	try(9, "PRODUCT_NOT_FOUND", false)
	s.create(1, `,"stockTotal":3`)
	s.bring(1)
	if a := s.post("/admin/v1/products/1/pause", ""); a.status != http.StatusOK {
		t.Fatalf("pause: %s", a.body)
	}
	try(1, "PAUSED", false)
	s.product(2, 5) // its gate is opened by nobody here
	try(2, "NOT_LOADED", true)
	if err := server.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	try(1, "UNAVAILABLE", true)
}

func TestABatchThatIsWrongAnywhereIsNotMade(t *testing.T) {
	s := newShop(t)
	s.create(1, `,"stockTotal":3`)
	s.bring(1)
	item := func(n int) string { return strings.Repeat(`{"userId":5},`, n-1) + `{"userId":5}` }
	for part, body := range map[string]string{
		"items must hold 1 to 512 attempts":  `{"items":[]}`,
		"items must hold 1 to 512":           `{"items":[` + item(513) + `]}`,
		"items is missing":                   `{}`,
		"items must be an array":             `{"items":{}}`,
		"items[1].userId must be a positive": `{"items":[{"userId":5},{"userId":0}]}`,
		"items[1].userId is missing":         `{"items":[{"userId":5},{"requestId":"a"}]}`,
		"items[1].userId is given more than": `{"items":[{"userId":5},{"userId":6,"userId":7}]}`,
		"items[0].requestId must be 1 to 64": `{"items":[{"userId":5,"requestId":"a b"}]}`,
		"items[0].requestId must not be":     `{"items":[{"userId":5,"requestId":""}]}`,
		`"items[0].user" is not a known`:     `{"items":[{"user":5}]}`,
		"items[0] must be an object":         `{"items":[5]}`,
		"items[0] must not be null":          `{"items":[null]}`,
		"exactly one JSON value":             `{"items":[{"userId":5}]} x`,
	} {
		s.post("/api/v1/products/1/attempts/batch", body).refused(t, http.StatusBadRequest, seckill.CodeInvalidArgument, part)
	}
	for _, method := range []string{http.MethodGet, http.MethodPut} {
		if a := s.send(method, "/api/v1/products/1/attempts/batch", nil); a.status != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", method, a.status)
		}
	}
	s.post("/api/v1/products/1/attempts/batch", `{"items":[{"userId":5}]}`, s.as("viewer")).refused(t, http.StatusForbidden, seckill.CodeForbidden, "")
	if n := s.client.XLen(t.Context(), seckill.StreamKey(1)).Val(); n != 0 {
		t.Errorf("%d attempts were made", n)
	}
	var full types.AttemptsResponse
	s.post("/api/v1/products/1/attempts/batch", `{"items":[`+item(512)+`]}`).into(t, http.StatusOK, &full)
	if len(full.Items) != 512 {
		t.Errorf("%d of 512 are answered", len(full.Items))
	}
}

// TestResultsOfManyAreThoseOfEach: every kind of result, in the order asked for, and exactly as
// the route of one answers it.
func TestResultsOfManyAreThoseOfEach(t *testing.T) {
	s := newShop(t)
	s.create(1, `,"stockTotal":2,"paymentWindowSeconds":60`)
	s.settle(1, "5 10-0", "6 10-1", "7 10-2")
	s.bring(1)
	s.post("/admin/v1/products/1/stock", `{"delta":1,"note":"n"}`)
	if a := s.post("/api/v1/products/1/attempts", `{"userId":9}`); a.status != http.StatusAccepted { // it waits in the stream
		t.Fatal(a.body)
	}
	var all struct{ Items []json.RawMessage }
	s.post("/api/v1/products/1/results", `{"userIds":[7,404,"5",9,6,5]}`, s.as("bff")).into(t, http.StatusOK, &all)
	if len(all.Items) != 6 {
		t.Fatalf("%s", all.Items)
	}
	for i, user := range []int{7, 404, 5, 9, 6, 5} {
		if user == 404 {
			const want = `{"userId":404,"code":"RESULT_NOT_FOUND","message":"user 404 has no attempt for product 1"}`
			if got := string(all.Items[i]); got != want {
				t.Errorf("%s, want %s", got, want)
			}
			continue
		}
		one := s.get(fmt.Sprintf("/api/v1/products/1/users/%d/result", user))
		if got := string(all.Items[i]); got != one.body {
			t.Errorf("user %d: %s, alone %s", user, got, one.body)
		}
	}
	text := s.post("/api/v1/products/1/results?ids=string", `{"userIds":[5,404]}`).body
	if !strings.Contains(text, `"userId":"5"`) || !strings.Contains(text, `"userId":"404"`) || numericID.MatchString(text) {
		t.Errorf("IDs as text: %s", text)
	}
}

func TestResultsOfManyAreAskedForStrictly(t *testing.T) {
	s := newShop(t)
	for part, body := range map[string]string{
		"userIds must hold 1 to 512 users": `{"userIds":[]}`,
		"userIds must hold 1 to 512":       `{"userIds":[` + strings.Repeat("1,", 512) + `1]}`,
		"userIds[1] must be a positive":    `{"userIds":[1,0]}`,
		"userIds[0] must be a number":      `{"userIds":[true]}`,
		"userIds is missing":               `{}`,
	} {
		s.post("/api/v1/products/1/results", body).refused(t, http.StatusBadRequest, seckill.CodeInvalidArgument, part)
	}
	s.post("/api/v1/products/1/results", `{"userIds":[1]}`, s.as("viewer")).refused(t, http.StatusForbidden, seckill.CodeForbidden, "")
}

// TestResultsWithoutPostgresAreOfThoseWhoWait: of the others each is said to be unknown.
func TestResultsWithoutPostgresAreOfThoseWhoWait(t *testing.T) {
	postgres := servertest.Postgres(t)
	s := newShopOn(t, servertest.Open(t, postgres.URL("")))
	s.create(1, `,"stockTotal":2`)
	s.bring(1)
	if a := s.post("/api/v1/products/1/attempts", `{"userId":9}`); a.status != http.StatusAccepted {
		t.Fatal(a.body)
	}
	if err := postgres.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	var all types.ResultsResponse
	s.post("/api/v1/products/1/results", `{"userIds":[8,9]}`).into(t, http.StatusOK, &all)
	if all.Items[0].Code != "UNAVAILABLE" || all.Items[0].UserId != 8 || all.Items[1].Status != "PROCESSING" {
		t.Errorf("%+v", all.Items)
	}
}
