package handler_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"seckill/internal/seckill"
	"seckill/internal/types"
)

// TestFieldsThatAreNoTextAreCorrected, by name and by value.
func TestFieldsThatAreNoTextAreCorrected(t *testing.T) {
	s := newShop(t)
	s.create(2, "")
	path := s.bury(2, "1-0", seckill.DeadInvalidRID, "uid", "7", "rid", "\xff\x00", "\xfe", "a", "base64:x", "b", "epoch", "12")
	var l types.DeadLetterDetail
	s.get(path).into(t, http.StatusOK, &l)
	want := `map[base64:/g==:a base64:YmFzZTY0Ong=:b epoch:12 rid:map[base64:/wA=] uid:7]`
	if got := fmt.Sprint(l.Fields); got != want {
		t.Fatalf("fields = %s, want %s", got, want)
	}
	for body, part := range map[string]string{
		`{"fields":{"epoch":"1"}}`:                    "epoch cannot be edited",
		`{"fields":{"epoch":null}}`:                   "epoch cannot be edited",
		`{"fields":{"base64:ZXBvY2g=":"1"}}`:          "epoch cannot be edited",
		`{"fields":{"base64:!":"1"}}`:                 "must be base64",
		`{"fields":{"rid":{"base64":"!"}}}`:           "fields.rid must be",
		`{"fields":{"rid":{"base64":"","x":"y"}}}`:    "fields.rid must be",
		`{"fields":{"rid":true}}`:                     "fields.rid must be",
		`{"fields":{"rid":["a"]}}`:                    "fields.rid must be",
		`{"fields":{"rid":1.5}}`:                      "fields.rid must be",
		`{"fields":{"rid":"a","rid":"b"}}`:            "more than once",
		`{"fields":{"rid":"a","base64:cmlk":"b"}}`:    "named twice",
		`{"fields":[]}`:                               "fields must be an object",
		`{"fields":"uid"}`:                            "fields must be an object",
		`{"field":{}}`:                                "not a known field",
		`{"note":"` + strings.Repeat("n", 256) + `"}`: "note must have",
		`{"note":"a\u0007b"}`:                         "note must not",
	} {
		s.post(path+"/replay", body).refused(t, http.StatusBadRequest, seckill.CodeInvalidArgument, part)
	}
	l = s.act(path+"/replay", `{"fields":{"rid":{"base64":"cjE="},"base64:/g==":null,"tp":"t"},"note":"by hand"}`)
	want = `map[base64:YmFzZTY0Ong=:b epoch:12 rid:r1 tp:t uid:7]`
	if got := fmt.Sprint(l.History[0].After); got != want || l.Outcome.Log.RequestId != "r1" || l.History[0].Note != "by hand" {
		t.Errorf("replayed with %s, want %s; became %+v", got, want, l.Outcome.Log)
	}
	if got := fmt.Sprint(l.Fields); !strings.Contains(got, "/wA=") {
		t.Errorf("the letter itself has changed: %s", got)
	}
}

// TestWhatTheDeskRefuses, typed by hand.
func TestWhatTheDeskRefuses(t *testing.T) {
	s := newShop(t)
	s.create(2, "")
	path := s.bury(2, "1-0", seckill.DeadInvalidUID)
	const desk = "/admin/v1/dead-letters"
	for _, tt := range []struct {
		path, body string
		status     int
		code       seckill.Code
		part       string
	}{
		{path + "/reopen", `{"note":"n"}`, http.StatusConflict, seckill.CodeInvalidTransition, "is open"},
		{path + "/discard", `{}`, http.StatusBadRequest, seckill.CodeInvalidArgument, "note is missing"},
		{path + "/discard", `{"note":" "}`, http.StatusBadRequest, seckill.CodeInvalidArgument, "note"},
		{path + "/discard", "", http.StatusBadRequest, seckill.CodeInvalidArgument, "body"},
		{desk + "/0/replay", "", http.StatusBadRequest, seckill.CodeInvalidArgument, "id"},
		{desk + "/x/replay", "", http.StatusBadRequest, seckill.CodeInvalidArgument, "id"},
		{desk + "/1/replay", "", http.StatusNotFound, seckill.CodeDeadLetterNotFound, "dead letter 1"},
		{desk + "/1/preview", "", http.StatusNotFound, seckill.CodeDeadLetterNotFound, ""},
		{desk + "/1/discard", `{"note":"n"}`, http.StatusNotFound, seckill.CodeDeadLetterNotFound, ""},
		{desk + "/1/reopen", `{"note":"n"}`, http.StatusNotFound, seckill.CodeDeadLetterNotFound, ""},
		{desk + "/replay", `{"limit":0}`, http.StatusBadRequest, seckill.CodeInvalidArgument, "limit must be an integer from 1 to 1000"},
		{desk + "/replay", `{"limit":1001}`, http.StatusBadRequest, seckill.CodeInvalidArgument, "limit"},
		{desk + "/replay", `{"limit":"5"}`, http.StatusBadRequest, seckill.CodeInvalidArgument, "limit"},
		{desk + "/replay", `{"reason":"BAD"}`, http.StatusBadRequest, seckill.CodeInvalidArgument, "reason"},
		{desk + "/replay", `{"fields":{"epoch":"1"}}`, http.StatusBadRequest, seckill.CodeInvalidArgument, "epoch"},
		{desk + "/discard", `{"note":"n","limit":0}`, http.StatusBadRequest, seckill.CodeInvalidArgument, "limit"},
		{desk + "/discard", `{"limit":1}`, http.StatusBadRequest, seckill.CodeInvalidArgument, "note"},
		{desk + "/discard", `{"note":"n","fields":{}}`, http.StatusBadRequest, seckill.CodeInvalidArgument, "fields"},
	} {
		s.post(tt.path, tt.body).refused(t, tt.status, tt.code, tt.part)
	}
	for _, query := range []string{"reason=x", "status=open", "streamId=1", "from=x", "limit=101", "cursor=x", "productId=0"} {
		s.get(desk+"?"+query).refused(t, http.StatusBadRequest, seckill.CodeInvalidArgument, strings.SplitN(query, "=", 2)[0])
	}
	s.get(desk+"/1").refused(t, http.StatusNotFound, seckill.CodeDeadLetterNotFound, "")
	for _, role := range []string{"viewer", "bff"} {
		s.post(path+"/replay", "", s.as(role)).refused(t, http.StatusForbidden, seckill.CodeForbidden, "")
		s.post(path+"/preview", "", s.as(role)).refused(t, http.StatusForbidden, seckill.CodeForbidden, "")
	}
	s.get(path, s.as("viewer")).into(t, http.StatusOK, &types.DeadLetterDetail{})
	s.act(path+"/discard", `{"note":"n"}`)
	s.post(path+"/discard", `{"note":"n"}`).refused(t, http.StatusConflict, seckill.CodeAlreadyDiscarded, "by alice at 20")
	s.post(path+"/replay", "").refused(t, http.StatusConflict, seckill.CodeAlreadyDiscarded, "by alice at 20")
	s.exec("UPDATE seckill_dead_letters SET status = 'REPLAYED'")
	s.exec("DELETE FROM seckill_audit")
	s.post(path+"/replay", "").refused(t, http.StatusConflict, seckill.CodeAlreadyReplayed, "was replayed already")
	var bulk types.DeadLetterReplays
	if s.post(desk+"/replay", "").into(t, http.StatusOK, &bulk); bulk != (types.DeadLetterReplays{}) {
		t.Errorf("nothing is open: %+v", bulk)
	}
	if s.post(desk+"/replay", `{"productId":"2","afterId":"0","reason":null}`).into(t, http.StatusOK, &bulk); bulk.Matched != 0 {
		t.Errorf("IDs as text: %+v", bulk)
	}
}
