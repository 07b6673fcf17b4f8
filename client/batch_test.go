package client_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"seckill/client"
)

func TestABatchIsMadeAgainWhereItWasTurnedAway(t *testing.T) {
	type item struct {
		UserID    int64  `json:"userId"`
		RequestID string `json:"requestId"`
	}
	requests := map[int64]string{}
	url := fake(t, func(n int, w http.ResponseWriter, r *http.Request) {
		var in struct {
			Items []item `json:"items"`
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || r.URL.Path != "/api/v1/products/5/attempts/batch" {
			t.Errorf("%s: %v", r.URL.Path, err)
		}
		var out []map[string]any
		for _, i := range in.Items {
			if known := requests[i.UserID]; known != "" && known != i.RequestID {
				t.Errorf("user %d comes with request ID %s after %s", i.UserID, i.RequestID, known)
			}
			requests[i.UserID] = i.RequestID
			switch {
			case i.UserID == 3:
				out = append(out, map[string]any{"code": "SOLD_OUT", "message": "none left"})
			case i.UserID == 2 && n < 3:
				out = append(out, map[string]any{"code": "OVERLOADED", "message": "too many"})
			default:
				out = append(out, map[string]any{"streamId": fmt.Sprintf("%d-0", n), "status": "PROCESSING"})
			}
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"items": out})
	})
	c := newClient(t, bffToken, at(url), quickly)
	all, err := c.AttemptBatch(t.Context(), 5, []client.NewAttempt{{UserID: 1, RequestID: "mine"}, {UserID: 2}, {UserID: 3}})
	if err != nil || len(all) != 3 {
		t.Fatalf("%d attempts, %v", len(all), err)
	}
	if all[0].StreamID != "1-0" || all[0].RequestID != "mine" || all[1].StreamID != "3-0" || !errors.Is(all[2].Err, client.CodeSoldOut) {
		t.Errorf("attempts %+v", all)
	}
}

// TestABatchIsMadeAgainWhenTheLastOfItMay: those that are turned away go together.
func TestABatchIsMadeAgainWhenTheLastOfItMay(t *testing.T) {
	url := fake(t, func(n int, w http.ResponseWriter, _ *http.Request) {
		if n == 1 {
			_, _ = io.WriteString(w, `{"items": [{"code": "NOT_LOADED", "message": "", "retryAfterMs": 1},
				{"code": "OVERLOADED", "message": "", "retryAfterMs": 300}, {"streamId": "1-0", "status": "PROCESSING"}]}`)
			return
		}
		_, _ = io.WriteString(w, `{"items": [{"streamId": "2-0", "status": "PROCESSING"}, {"streamId": "3-0", "status": "PROCESSING"}]}`)
	})
	begun := time.Now()
	all, err := newClient(t, bffToken, at(url), quickly).AttemptBatch(t.Context(), 5, []client.NewAttempt{{UserID: 1}, {UserID: 2}, {UserID: 3}})
	if err != nil || all[0].StreamID != "2-0" || all[1].StreamID != "3-0" || all[2].StreamID != "1-0" {
		t.Errorf("attempts %+v, %v", all, err)
	}
	if took := time.Since(begun); took < 300*time.Millisecond {
		t.Errorf("made again after %v", took)
	}
}

// TestABatchOnTheRealService is repeated whole after its answer was lost, as the package says.
func TestABatchOnTheRealService(t *testing.T) {
	newSale(t, 3250, 3)
	url := faulty(t, func(n int, _ http.ResponseWriter, r *http.Request) bool {
		if n == 1 {
			passOn(t, r)
			panic(http.ErrAbortHandler)
		}
		return false
	})
	c := newClient(t, bffToken, at(url), quickly)
	wishes := make([]client.NewAttempt, 5)
	for i := range wishes {
		wishes[i].UserID = int64(i + 1)
	}
	all, err := c.AttemptBatch(t.Context(), 3250, wishes)
	if err != nil || len(all) != 5 {
		t.Fatalf("%d attempts, %v", len(all), err)
	}
	for i, one := range all {
		won := one.Err == nil && one.Status == client.Processing && one.RequestID != ""
		lost := errors.Is(one.Err, client.CodeSoldOut) && one.StreamID == ""
		if won != (i < 3) || lost != (i >= 3) {
			t.Errorf("attempt %d: %+v", i+1, one)
		}
	}
	if sold := unitsSold(t, 3250); sold != 3 {
		t.Errorf("%d units are sold of 3", sold)
	}
}

func TestResultsOfSeveralUsersComeInOrder(t *testing.T) {
	url := fake(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		if body, _ := io.ReadAll(r.Body); string(body) != `{"userIds":[7,8]}` || r.URL.Path != "/api/v1/products/5/results" {
			t.Errorf("%s %s", r.URL.Path, body)
		}
		_, _ = io.WriteString(w, `{"items": [{"userId": 7, "status": "SUCCESS"}, {"userId": 8, "code": "RESULT_NOT_FOUND"}]}`)
	})
	all, err := newClient(t, bffToken, at(url)).Results(t.Context(), 5, []int64{7, 8})
	if err != nil || len(all) != 2 || all[0].Status != client.Success || all[0].Err != nil ||
		all[1].UserID != 8 || !errors.Is(all[1].Err, client.CodeResultNotFound) {
		t.Errorf("results %+v, %v", all, err)
	}
}
