package handler_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"seckill/internal/seckill"
	"seckill/internal/types"
)

// TestAttemptsAreFoundByWhatCallersKnowOfThem looks for attempts by the ID of their entry,
// which entries of two streams may share, and by the ID of the request, which is the caller's.
func TestAttemptsAreFoundByWhatCallersKnowOfThem(t *testing.T) {
	w := newShop(t)
	begin := time.Date(2026, 1, 17, 10, 0, 0, 0, time.UTC)
	for i, row := range []struct {
		product, user     int64
		streamID, request any
		status            string
	}{
		{1, 1, "100-0", "click", "SUCCESS"},
		{2, 2, "100-0", nil, "FAILED"},
		{3, 1, "100-0", "tap", "FAILED"},
		{1, 2, "101-0", "click", "FAILED"},
		{1, 1, "102-0", "click", "FAILED"},
	} {
		w.exec(`INSERT INTO seckill_logs (product_id, user_id, stream_id, request_id, status, created_at) VALUES ($1, $2, $3, $4, $5, $6)`,
			row.product, row.user, row.streamID, row.request, row.status, begin.Add(time.Duration(i)*time.Minute))
	}
	found := func(query string) []string {
		var rows []string
		for _, log := range allOf[types.Log](w, "/admin/v1/logs?limit=1&"+query) {
			rows = append(rows, fmt.Sprintf("%d/%s", log.ProductId, log.StreamId))
		}
		return rows
	}
	for query, want := range map[string][]string{
		"streamId=100-0":                                           {"3/100-0", "2/100-0", "1/100-0"},
		"streamId=100-0&order=asc":                                 {"1/100-0", "2/100-0", "3/100-0"},
		"streamId=100-0&productId=2":                               {"2/100-0"},
		"streamId=100-0&userId=1":                                  {"3/100-0", "1/100-0"},
		"streamId=100-0&status=FAILED":                             {"3/100-0", "2/100-0"},
		"streamId=100-0&from=2026-01-17T10:01:00Z":                 {"3/100-0", "2/100-0"},
		"streamId=100-0&requestId=tap":                             {"3/100-0"},
		"streamId=103-0":                                           nil,
		"requestId=click&userId=1":                                 {"1/102-0", "1/100-0"},
		"requestId=click&from=2026-01-17T10:00:00Z":                {"1/102-0", "1/101-0", "1/100-0"},
		"requestId=click&from=2026-01-17T10:01:00Z":                {"1/102-0", "1/101-0"},
		"requestId=click&from=2026-01-17T10:00:00Z&status=SUCCESS": {"1/100-0"},
		"requestId=clic&from=2026-01-17T10:00:00Z":                 nil,
	} {
		if got := found(query); !slices.Equal(got, want) {
			t.Errorf("%s finds %v, want %v", query, got, want)
		}
	}
	for query, message := range map[string]string{
		"streamId=100":                            "streamId must be",
		"streamId=100-0-0":                        "streamId must be",
		"requestId=click":                         "requestId goes with userId, streamId or from",
		"requestId=click&productId=1":             "requestId goes with userId, streamId or from",
		"requestId=a%20b&userId=1":                "requestId must be 1 to 64",
		"requestId=click&to=2026-01-18T10:00:00Z": "requestId goes with userId, streamId or from",
	} {
		w.get("/admin/v1/logs?"+query).refused(t, http.StatusBadRequest, seckill.CodeInvalidArgument, message)
	}
}
