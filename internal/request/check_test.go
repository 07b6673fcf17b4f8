package request_test

import (
	"encoding/base64"
	"math"
	"strings"
	"testing"
	"time"

	"seckill/internal/request"
	"seckill/internal/seckill"
	"seckill/internal/types"
)

func TestCursorsLeadBack(t *testing.T) {
	last, err := request.LastID(request.ListLogs, request.IDCursor(request.ListLogs, 77))
	if err != nil || last != 76 {
		t.Errorf("last = %d, %v, want 76", last, err)
	}
	last, err = request.LastID(request.ListLogs, "")
	if err != nil || last != math.MaxInt64 {
		t.Errorf("last without a cursor = %d, %v", last, err)
	}
	const id = "18446744073709551615-18446744073709551615"
	before, err := request.BeforeStreamID(request.ListPending, request.Cursor(request.ListPending, id))
	if err != nil || before != id {
		t.Errorf("before = %q, %v", before, err)
	}
	before, err = request.BeforeStreamID(request.ListPending, "")
	if err != nil || before != "" {
		t.Errorf("before without a cursor = %q, %v", before, err)
	}
}

func TestBadCursors(t *testing.T) {
	good := request.IDCursor(request.ListLogs, 77)
	bad := map[string]string{
		"not base64":          "!!",
		"too short":           "AA",
		"bare number":         base64.RawURLEncoding.EncodeToString([]byte("77")),
		"without checksum":    base64.RawURLEncoding.EncodeToString([]byte("1:logs:77")),
		"cut off":             good[:len(good)-1],
		"longer":              good + "A",
		"padded":              good + "=",
		"with a line break":   good[:4] + "\n" + good[4:],
		"of another list":     request.IDCursor(request.ListStreams, 77),
		"of zero":             request.IDCursor(request.ListLogs, 0),
		"of a negative":       request.IDCursor(request.ListLogs, -7),
		"of a stream ID":      request.Cursor(request.ListLogs, "1-0"),
		"of a number too big": request.Cursor(request.ListLogs, "9223372036854775808"),
	}
	for i := range good {
		bad["changed at "+string(rune('a'+i))] = good[:i] + string(good[i]^1) + good[i+1:]
	}
	for name, cursor := range bad {
		t.Run(name, func(t *testing.T) {
			_, err := request.LastID(request.ListLogs, cursor)
			refused(t, err, seckill.CodeInvalidArgument, "cursor must be the nextCursor")
		})
	}
	_, err := request.BeforeStreamID(request.ListPending, request.Cursor(request.ListPending, "77"))
	refused(t, err, seckill.CodeInvalidArgument, "cursor must be the nextCursor")
	_, err = request.BeforeStreamID(request.ListPending, request.Cursor(request.ListPending, "0-0"))
	refused(t, err, seckill.CodeInvalidArgument, "cursor must be the nextCursor")
	_, err = request.BeforeStreamID(request.ListPending, good)
	refused(t, err, seckill.CodeInvalidArgument, "cursor must be the nextCursor")
}

func TestTimeRange(t *testing.T) {
	from, to, err := request.TimeRange("2026-01-17T10:00:00+08:00", "2026-01-17T02:00:00.000001Z")
	if err != nil {
		t.Fatal(err)
	}
	if want := time.Date(2026, 1, 17, 2, 0, 0, 0, time.UTC); from != want || to != want.Add(time.Microsecond) {
		t.Errorf("range = %v to %v", from, to)
	}
	if from, to, err := request.TimeRange("", ""); err != nil || !from.IsZero() || !to.IsZero() {
		t.Errorf("open range = %v to %v, %v", from, to, err)
	}
	const noon = "2026-01-17T12:00:00Z"
	tests := []struct{ name, from, to, part string }{
		{"equal", noon, noon, "from must be before to"},
		{"reversed", "2026-01-17T12:00:01Z", noon, "from must be before to"},
		{"a date alone", "2026-01-17", "", "from must be a time of RFC 3339"},
		{"no zone", "", "2026-01-17T12:00:00", "to must be a time of RFC 3339"},
		{"unix seconds", "1234567890", "", "from must be"},
		{"plus sent as a space", "2026-01-17T10:00:00 08:00", "", "from must be"},
		{"a comma for the point", "2026-01-17T10:00:00,5Z", "", "from must be"},
		{"an hour of one digit", "2026-01-17T1:00:00Z", "", "from must be"},
		{"an offset of a day", "2026-01-17T10:00:00+24:00", "", "from must be"},
		{"no such day", "2026-02-30T10:00:00Z", "", "from must be"},
		{"year of five digits", "12026-02-03T10:00:00Z", "", "from must be"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := request.TimeRange(tt.from, tt.to)
			refused(t, err, seckill.CodeInvalidArgument, tt.part)
		})
	}
}

func TestLogChanges(t *testing.T) {
	long := strings.Repeat("ß", seckill.MaxReasonLength)
	items := []types.LogChange{
		{ProductId: 1, StreamId: "18446744073709551615-18446744073709551615", Status: "FAILED", Reason: long},
		{ProductId: 2, StreamId: "0-1", Status: "SUCCESS"},
		{ProductId: 3, StreamId: "1-1", Status: "FAILED"},
	}
	changes, err := request.LogChanges(items)
	if err != nil {
		t.Fatal(err)
	}
	want := seckill.LogChange{
		ProductID: 1, StreamID: items[0].StreamId, Status: seckill.StatusFailed, Reason: seckill.Reason(long),
	}
	if len(changes) != 3 || changes[0] != want {
		t.Errorf("changes = %+v", changes)
	}
	if _, err := request.LogChanges(make([]types.LogChange, 1001)); err == nil {
		t.Error("1001 changes are taken")
	}
	_, err = request.LogChanges(nil)
	refused(t, err, seckill.CodeInvalidArgument, "items must hold 1 to 1000 changes")

	tests := []struct {
		name string
		item types.LogChange
		part string
	}{
		{"reason too long", types.LogChange{StreamId: "1-0", Status: "FAILED", Reason: long + "s"}, "items[0].reason must have 1 to 255"},
		{"reason with SUCCESS", types.LogChange{StreamId: "1-0", Status: "SUCCESS", Reason: "x"}, "items[0].reason is allowed"},
		{"reason with PROCESSING", types.LogChange{StreamId: "1-0", Status: "PROCESSING", Reason: "x"}, "items[0].reason is allowed"},
		{"stream ID without sequence", types.LogChange{StreamId: "1", Status: "FAILED"}, "items[0].streamId must be"},
		{"stream ID with star", types.LogChange{StreamId: "1-*", Status: "FAILED"}, "items[0].streamId must be"},
		{"stream ID with leading zero", types.LogChange{StreamId: "01-0", Status: "FAILED"}, "items[0].streamId must be"},
		{"stream ID too large", types.LogChange{StreamId: "18446744073709551616-0", Status: "FAILED"}, "items[0].streamId must be"},
		{"stream ID with a space", types.LogChange{StreamId: "1-0 ", Status: "FAILED"}, "items[0].streamId must be"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := request.LogChanges([]types.LogChange{tt.item})
			refused(t, err, seckill.CodeInvalidArgument, tt.part)
		})
	}
}
