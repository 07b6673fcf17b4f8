package handler_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/internal/types"
)

// lettersOf reads all pages of a list of dead letters.
func (s *shop) lettersOf(query string) []types.DeadLetter {
	s.t.Helper()
	return allOf[types.DeadLetter](s, "/admin/v1/dead-letters?limit=7&"+query, s.as("viewer"))
}

// TestDeadLettersAreListedAndCounted compares every filter with what the rows say.
func TestDeadLettersAreListedAndCounted(t *testing.T) {
	s := newShop(t)
	s.create(1, `,"stockTotal":100,"perUserLimit":0`)
	s.create(2, "")
	reasons := []seckill.DeadReason{seckill.DeadInvalidUID, seckill.DeadInvalidTS, seckill.DeadRejectedByDatabase}
	for i := range 30 {
		path := s.bury(int64(1+i%2), fmt.Sprintf("%d-0", 10+i/2), reasons[i%3], "uid", "7", "n", fmt.Sprint(i))
		switch i % 5 {
		case 0:
			s.act(path+"/discard", `{"note":"n"}`)
		case 1:
			s.act(path+"/replay", "")
		}
	}
	all := s.lettersOf("")
	if len(all) != 30 || !slices.IsSortedFunc(all, func(a, b types.DeadLetter) int { return int(b.Id - a.Id) }) {
		t.Fatalf("%d letters, or not newest first", len(all))
	}
	middle := all[15].CreatedAt
	for query, is := range map[string]func(types.DeadLetter) bool{
		"productId=2":       func(l types.DeadLetter) bool { return l.ProductId == 2 },
		"reason=INVALID_TS": func(l types.DeadLetter) bool { return l.Reason == "INVALID_TS" },
		"status=DISCARDED":  func(l types.DeadLetter) bool { return l.Status == "DISCARDED" },
		"streamId=12-0":     func(l types.DeadLetter) bool { return l.StreamId == "12-0" },
		"from=" + middle:    func(l types.DeadLetter) bool { return l.CreatedAt >= middle },
		"to=" + middle:      func(l types.DeadLetter) bool { return l.CreatedAt < middle },
		"status=OPEN&productId=1&reason=INVALID_UID": func(l types.DeadLetter) bool {
			return l.Status == "OPEN" && l.ProductId == 1 && l.Reason == "INVALID_UID"
		},
	} {
		want := slices.DeleteFunc(slices.Clone(all), func(l types.DeadLetter) bool { return !is(l) })
		if got := s.lettersOf(query); fmt.Sprint(got) != fmt.Sprint(want) || len(want) == 0 {
			t.Errorf("%s: %d letters, want %d", query, len(got), len(want))
		}
	}
	s.countedAs(all, "")
	s.countedAs(slices.DeleteFunc(all, func(l types.DeadLetter) bool { return l.ProductId != 1 }), "?productId=1")
}

// countedAs compares the summary with the letters, newest first, that it counts.
func (s *shop) countedAs(letters []types.DeadLetter, query string) {
	s.t.Helper()
	groups := map[string]*types.DeadLetterGroup{}
	for _, l := range letters {
		key := fmt.Sprint(l.ProductId, l.Reason)
		if groups[key] == nil {
			groups[key] = &types.DeadLetterGroup{ProductId: l.ProductId, Reason: l.Reason, NewestAt: l.CreatedAt, SampleIds: []int64{}}
		}
		g := groups[key]
		switch l.Status {
		case "OPEN":
			g.Open, g.OldestOpenAt = g.Open+1, l.CreatedAt
			if len(g.SampleIds) < 5 {
				g.SampleIds = append(g.SampleIds, l.Id)
			}
		case "REPLAYED":
			g.Replayed++
		default:
			g.Discarded++
		}
	}
	var summary types.DeadLetterSummary
	s.get("/admin/v1/dead-letters/summary"+query, s.as("viewer")).into(s.t, http.StatusOK, &summary)
	if len(summary.Items) != len(groups) {
		s.t.Fatalf("%d groups, want %d", len(summary.Items), len(groups))
	}
	for _, got := range summary.Items {
		if want := groups[fmt.Sprint(got.ProductId, got.Reason)]; want == nil || fmt.Sprint(got) != fmt.Sprint(*want) {
			s.t.Errorf("group %+v, want %+v", got, want)
		}
	}
}

// TestBulkGoesOnBehindWhatIsStillBad, with and without what the call before has answered.
func TestBulkGoesOnBehindWhatIsStillBad(t *testing.T) {
	s := newShop(t)
	s.create(1, `,"stockTotal":100,"perUserLimit":0`)
	s.create(2, "")
	for i := range 12 { // the bad ones first
		s.bury(int64(1+i%2), fmt.Sprintf("%d-0", 10+i), seckill.DeadInvalidUID, "uid", map[bool]string{true: "x", false: "7"}[i < 6], "n", fmt.Sprint(i))
	}
	replay := func(body string, want types.DeadLetterReplays) (next int64) {
		t.Helper()
		var got types.DeadLetterReplays
		s.post("/admin/v1/dead-letters/replay", body).into(t, http.StatusOK, &got)
		next, got.NextId = got.NextId, 0
		if got != want {
			t.Errorf("%s: %+v, want %+v", body, got, want)
		}
		return next
	}
	next := replay(`{"limit":2}`, types.DeadLetterReplays{Matched: 12, Replayed: 2, StillBad: 6, Remaining: 4})
	replay(`{"limit":1}`, types.DeadLetterReplays{Matched: 10, Replayed: 1, StillBad: 6, Remaining: 3})
	replay(fmt.Sprintf(`{"limit":1,"afterId":%d}`, next), types.DeadLetterReplays{Matched: 3, Replayed: 1, Remaining: 2})
	replay(`{"productId":1,"reason":"INVALID_UID"}`, types.DeadLetterReplays{Matched: 4, Replayed: 1, StillBad: 3})
	s.post("/admin/v1/products/2/pause", "")
	replay(`{"fields":{"uid":"8"},"note":"all of one user"}`, types.DeadLetterReplays{Matched: 7, Replayed: 3, StillBad: 4})
	s.post("/admin/v1/products/2/resume", "")

	var d types.DeadLetterDiscards
	s.post("/admin/v1/dead-letters/discard", `{"productId":2,"note":"robots","limit":3}`).into(t, http.StatusOK, &d)
	if d.Matched != 4 || d.Discarded != 3 || d.Remaining != 1 || d.NextId == 0 {
		t.Errorf("discarded: %+v", d)
	}
	if got := strings.Count(s.audits(), "dead_letter.replay"); got != 8 {
		t.Errorf("%d rows of the audit for 8 letters", got)
	}
	if open, logs := len(s.lettersOf("status=OPEN")), servertest.Count(t, s.pool, "SELECT count(*) FROM seckill_logs"); open != 1 || logs != 8 {
		t.Errorf("%d letters open, %d logs", open, logs)
	}
}

// TestWhatTheDatabaseRefusesHoldsUpNobody: of letters that are replayed together, those that
// it refuses stay open.
func TestWhatTheDatabaseRefusesHoldsUpNobody(t *testing.T) {
	for name, stock := range map[string]string{"settled": `,"stockTotal":100,"perUserLimit":0`, "record-only": ""} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			s.create(1, stock)
			s.exec(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
				IF NEW.user_id % 4 = 0 THEN RAISE EXCEPTION 'no' USING ERRCODE = 'check_violation', CONSTRAINT = 'seckill_orders_within_limit'; END IF;
				RETURN NEW; END $$`)
			s.exec("CREATE TRIGGER refuse BEFORE INSERT ON seckill_logs FOR EACH ROW EXECUTE FUNCTION refuse()")
			for i := range 20 {
				s.bury(1, fmt.Sprintf("%d-0", 10+i), seckill.DeadRejectedByDatabase, "uid", fmt.Sprint(i+1))
			}
			var got types.DeadLetterReplays
			s.post("/admin/v1/dead-letters/replay", "").into(t, http.StatusOK, &got)
			if got.Replayed != 15 || got.StillBad != 5 || got.Remaining != 0 {
				t.Errorf("replayed: %+v", got)
			}
			open := s.lettersOf("status=OPEN")
			if len(open) != 5 {
				t.Fatalf("%d letters are open", len(open))
			}
			path := fmt.Sprintf("/admin/v1/dead-letters/%d", open[0].Id)
			s.post(path+"/replay", "").refused(t, http.StatusUnprocessableEntity, seckill.CodeRejectedByDatabase, "")
			s.exec("DROP TRIGGER refuse ON seckill_logs")
			if got := s.act(path+"/replay", ""); got.Status != "REPLAYED" {
				t.Errorf("once the database takes it: %+v", got)
			}
		})
	}
}
