package handler_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"seckill/internal/seckill"
	"seckill/internal/stream"
	"seckill/internal/types"
)

// stored is a log as the test knows it.
type stored struct {
	product, user int64
	status        string
	at            time.Time
	streamID      string
}

// TestLogFilters compares every combination of filters with what the rows say.
func TestLogFilters(t *testing.T) {
	w := newWorld(t)
	begin := time.Date(2026, 1, 17, 10, 0, 0, 0, time.UTC)
	random := rand.New(rand.NewPCG(1, 2))
	var rows []stored
	for i := range 300 {
		row := stored{
			product:  1 + random.Int64N(4),
			user:     1 + random.Int64N(4),
			status:   []string{"PROCESSING", "SUCCESS", "FAILED"}[random.IntN(3)],
			at:       begin.Add(time.Duration(random.IntN(10)) * time.Minute),
			streamID: fmt.Sprintf("%d-0", i),
		}
		w.exec(`INSERT INTO seckill_logs (product_id, user_id, stream_id, status, created_at) VALUES ($1, $2, $3, $4, $5)`,
			row.product, row.user, row.streamID, row.status, row.at)
		rows = append(rows, row)
	}
	slices.Reverse(rows)

	filters := []struct {
		query string
		match func(stored) bool
	}{
		{"productId=2", func(r stored) bool { return r.product == 2 }},
		{"userId=3", func(r stored) bool { return r.user == 3 }},
		{"status=SUCCESS", func(r stored) bool { return r.status == "SUCCESS" }},
		{"from=2026-01-17T10:03:00Z", func(r stored) bool { return !r.at.Before(begin.Add(3 * time.Minute)) }},
		{"to=2026-01-17T18:07:00%2B08:00", func(r stored) bool { return r.at.Before(begin.Add(7 * time.Minute)) }},
	}
	for set := range 1 << len(filters) {
		query, want := []string{"limit=7"}, []string(nil)
		for i, f := range filters {
			if set&(1<<i) != 0 {
				query = append(query, f.query)
			}
		}
		for _, row := range rows {
			matches := true
			for i, f := range filters {
				matches = matches && (set&(1<<i) == 0 || f.match(row))
			}
			if matches {
				want = append(want, row.streamID)
			}
		}
		if len(want) == 0 {
			t.Fatalf("no row matches %s: the test says nothing", query)
		}
		t.Run(strings.Join(query, "&"), func(t *testing.T) {
			if got, _ := pages(t, w, "/admin/v1/logs", strings.Join(query, "&")); !slices.Equal(got, want) {
				t.Errorf("logs = %v, want %v", got, want)
			}
		})
	}
}

func TestChangeLogs(t *testing.T) {
	w := newWorld(t)
	w.ledger.outcomes = []seckill.ChangeOutcome{seckill.OutcomeUpdated, seckill.OutcomeNotFound}
	const body = `{"items":[{"productId":1,"streamId":"1-0","status":"FAILED","reason":"缺货"},` +
		`{"productId":2,"streamId":"2-0","status":"SUCCESS"}]}`
	a := w.send(http.MethodPut, "/admin/v1/logs/status", strings.NewReader(body))
	const want = `{"items":[{"productId":1,"streamId":"1-0","outcome":"UPDATED"},` +
		`{"productId":2,"streamId":"2-0","outcome":"NOT_FOUND"}]}`
	if a.status != http.StatusOK || a.body != want {
		t.Errorf("answer = %d %s, want %s", a.status, a.body, want)
	}
	changes := []seckill.LogChange{
		{ProductID: 1, StreamID: "1-0", Status: seckill.StatusFailed, Reason: "缺货"},
		{ProductID: 2, StreamID: "2-0", Status: seckill.StatusSuccess},
	}
	if w.ledger.actor != "alice" || !slices.Equal(w.ledger.changes, changes) {
		t.Errorf("ledger was asked by %q for %+v", w.ledger.actor, w.ledger.changes)
	}

	w.ledger.err = errors.New("no table by name of secret_plans")
	a = w.send(http.MethodPut, "/admin/v1/logs/status", strings.NewReader(body))
	a.refused(t, http.StatusInternalServerError, seckill.CodeInternal, "internal error")
	if strings.Contains(a.body, "secret_plans") {
		t.Errorf("body tells inner detail: %s", a.body)
	}
}

func TestChangeLogsRefusesBeforeTheLedger(t *testing.T) {
	w := newWorld(t)
	const path = "/admin/v1/logs/status"
	item := `{"productId":1,"streamId":"1-0","status":"SUCCESS"}`
	many := func(n int) string { return `{"items":[` + strings.Repeat(item+",", n-1) + item + `]}` }
	put := func(body string, edit ...func(*http.Request)) answer {
		return w.send(http.MethodPut, path, strings.NewReader(body), edit...)
	}
	chunked := func(r *http.Request) { r.ContentLength = -1 }

	put(`{"items":[]}`).refused(t, http.StatusBadRequest, seckill.CodeInvalidArgument, "items must hold 1 to 1000")
	put(many(1001)).refused(t, http.StatusBadRequest, seckill.CodeInvalidArgument, "items must hold 1 to 1000")
	put(`{"items":[{"productId":1,"streamId":"1","status":"SUCCESS"}]}`).
		refused(t, http.StatusBadRequest, seckill.CodeInvalidArgument, "items[0].streamId")
	put(`{"items":[null]}`, chunked).refused(t, http.StatusBadRequest, seckill.CodeInvalidArgument, "items[0]")
	put(``, chunked).refused(t, http.StatusBadRequest, seckill.CodeInvalidArgument, "body must not be empty")
	put(many(1), with("Content-Type", "text/plain")).
		refused(t, http.StatusUnsupportedMediaType, seckill.CodeUnsupportedMediaType, "application/json")
	put(many(1), with("Content-Encoding", "gzip")).
		refused(t, http.StatusBadRequest, seckill.CodeInvalidArgument, "could not be read")
	large := many(1) + strings.Repeat(" ", 1<<20)
	put(large).refused(t, http.StatusRequestEntityTooLarge, seckill.CodePayloadTooLarge, "too large")
	put(large, chunked).refused(t, http.StatusRequestEntityTooLarge, seckill.CodePayloadTooLarge, "1048576 bytes")
	if w.ledger.actor != "" {
		t.Errorf("the ledger was asked for %+v", w.ledger.changes)
	}

	w.ledger.outcomes = slices.Repeat([]seckill.ChangeOutcome{seckill.OutcomeUpdated}, 1000)
	if a := put(many(1000), chunked); a.status != http.StatusOK || len(w.ledger.changes) != 1000 {
		t.Errorf("1000 changes in chunks: %d, %d reached the ledger", a.status, len(w.ledger.changes))
	}
}

func TestStream(t *testing.T) {
	w := newWorld(t)
	w.product(1, -1)
	const idle = `{"productId":1,"stream":"stream:seckill:1","group":"g1","length":0,"pending":0,` +
		`"entriesPerSecond":0,"consumers":[]}`
	if a := w.get("/admin/v1/streams/1"); a.body != idle {
		t.Errorf("body = %s\nwant   %s", a.body, idle)
	}
	lag, oldest := int64(0), 1500*time.Millisecond
	w.streams.state = func(context.Context, int64) (stream.State, error) {
		return stream.State{
			ProductID: 1, Stream: "stream:seckill:1", Group: "g1", Length: 9, Lag: &lag, Pending: 2,
			OldestPending: &oldest, LastDeliveredID: "5-0", EntriesPerSecond: 12.5,
			Consumers: []stream.ConsumerState{{Name: "c", Pending: 2, Idle: 30 * time.Millisecond}},
		}, nil
	}
	const busy = `{"productId":1,"stream":"stream:seckill:1","group":"g1","length":9,"lag":0,"pending":2,` +
		`"oldestPendingMs":1500,"lastDeliveredId":"5-0","entriesPerSecond":12.5,` +
		`"consumers":[{"name":"c","pending":2,"idleMs":30}]}`
	if a := w.get("/admin/v1/streams/1"); a.body != busy {
		t.Errorf("body = %s\nwant   %s", a.body, busy)
	}
}

func TestStreamsArePagedHighestFirst(t *testing.T) {
	w := newWorld(t)
	ids := []int64{1, 7, 1001, 12, math.MaxInt64}
	for _, id := range ids {
		w.product(id, -1)
	}
	var got []int64
	for cursor := ""; len(got) < 100; { // a list that does not end must not hang the test
		var page types.StreamPage
		w.get("/admin/v1/streams?limit=2"+cursor).into(t, http.StatusOK, &page)
		for _, item := range page.Items {
			got = append(got, item.ProductId)
		}
		if page.NextCursor == "" {
			break
		}
		cursor = "&cursor=" + page.NextCursor
	}
	if want := []int64{math.MaxInt64, 1001, 12, 7, 1}; !slices.Equal(got, want) {
		t.Errorf("streams = %v, want %v", got, want)
	}
	w.streams.state = func(_ context.Context, id int64) (stream.State, error) {
		if id == 12 {
			return stream.State{}, errors.New("broken")
		}
		return stream.State{}, nil
	}
	w.get("/admin/v1/streams").refused(t, http.StatusInternalServerError, seckill.CodeInternal, "")
}

func TestPendingIsPaged(t *testing.T) {
	w := newWorld(t)
	w.product(1, -1)
	if a := w.get("/admin/v1/streams/1/pending"); a.body != `{"items":[],"nextCursor":""}` {
		t.Errorf("body = %s", a.body)
	}
	for _, id := range []string{"9-1", "9-0", "8-0", "7-0", "6-0"} {
		w.streams.pending = append(w.streams.pending,
			stream.PendingEntry{StreamID: id, Consumer: "c", Idle: time.Second, Deliveries: 3})
	}
	var got []types.PendingEntry
	for cursor := ""; len(got) < 100; {
		var page types.PendingPage
		w.get("/admin/v1/streams/1/pending?limit=2"+cursor).into(t, http.StatusOK, &page)
		got = append(got, page.Items...)
		if page.NextCursor == "" {
			break
		}
		cursor = "&cursor=" + page.NextCursor
	}
	if len(got) != 5 || got[4].StreamId != "6-0" || got[0] != (types.PendingEntry{
		StreamId: "9-1", Consumer: "c", IdleMs: 1000, Deliveries: 3,
	}) {
		t.Errorf("entries = %+v", got)
	}
}
