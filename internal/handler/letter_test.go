package handler_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/redis/go-redis/v9"

	"seckill/internal/admission"
	"seckill/internal/ledger"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/internal/types"
)

// bury makes an entry of a product a dead letter, by the rule that it breaks or for the given
// reason, and returns the path of the letter. Fields are names and values in turn.
func (s *shop) bury(product int64, streamID string, reason seckill.DeadReason, fields ...string) string {
	s.t.Helper()
	entry := map[string]any{}
	for i := 0; i < len(fields); i += 2 {
		entry[fields[i]] = fields[i+1]
	}
	d := seckill.DeadLetter{StreamID: streamID, Fields: entry, Deliveries: 1}
	a, broken := seckill.Decode(streamID, entry)
	if broken == "" {
		d = a.DeadLetter(reason, 5)
	}
	d.Reason = reason
	outcome, err := s.book.Store(s.t.Context(), ledger.Batch{ProductID: product, Dead: []seckill.DeadLetter{d}})
	if err != nil || outcome.Dead != 1 {
		s.t.Fatalf("bury %s: %+v, %v", streamID, outcome, err)
	}
	id := servertest.Count(s.t, s.pool, "SELECT id FROM seckill_dead_letters WHERE fingerprint = $1 AND stream_id = $2 AND product_id = $3", d.Fingerprint(), streamID, product)
	return fmt.Sprintf("/admin/v1/dead-letters/%d", id)
}

// outcomeOf writes what a letter became: "status reason order".
func outcomeOf(l types.DeadLetterDetail) string {
	if l.Outcome == nil || l.Outcome.Log == nil {
		return l.Status
	}
	text := strings.TrimSpace(l.Outcome.Log.Status + " " + l.Outcome.Log.Reason)
	if l.Outcome.Order != nil {
		text += " order " + l.Outcome.Order.Status
	}
	return text
}

// act posts to a letter and returns the letter.
func (s *shop) act(path, body string) types.DeadLetterDetail {
	s.t.Helper()
	var l types.DeadLetterDetail
	s.post(path, body).into(s.t, http.StatusOK, &l)
	return l
}

// balanced fails unless the books of a product balance, with the gate open.
func (s *shop) balanced(product int64, when string) types.BooksResponse {
	s.t.Helper()
	var b types.BooksResponse
	s.get(fmt.Sprintf("/admin/v1/products/%d/books", product)).into(s.t, http.StatusOK, &b)
	if !b.Balanced || b.Drift != 0 || b.RedisLeft == nil {
		s.t.Errorf("%s: %+v", when, b)
	}
	return b
}

// TestTenOperatorsReplayOneLetter: one acts, the others learn who and when.
func TestTenOperatorsReplayOneLetter(t *testing.T) {
	for name, stock := range map[string]string{"settled": `,"stockTotal":10`, "record-only": ""} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			s.create(1, stock)
			path := s.bury(1, "10-0", seckill.DeadInvalidUID, "uid", "x")
			answers := make([]answer, 10)
			var all sync.WaitGroup
			for i := range answers {
				all.Go(func() { answers[i] = s.post(path+"/replay", `{"fields":{"uid":"7"}}`) })
			}
			all.Wait()
			acted := 0
			for _, a := range answers {
				if a.status == http.StatusOK {
					acted++
					continue
				}
				a.refused(t, http.StatusConflict, seckill.CodeAlreadyReplayed, "was replayed by alice at 20")
			}
			logs := servertest.Count(t, s.pool, "SELECT count(*) FROM seckill_logs")
			acts := servertest.Count(t, s.pool, "SELECT count(*) FROM seckill_audit WHERE action = 'dead_letter.replay'")
			if acted != 1 || logs != 1 || acts != 1 {
				t.Errorf("%d have acted, %d logs, %d rows of the audit", acted, logs, acts)
			}
			s.post(path+"/discard", `{"note":"n"}`).refused(t, http.StatusConflict, seckill.CodeAlreadyReplayed, "alice")
			s.post(path+"/reopen", `{"note":"n"}`).refused(t, http.StatusConflict, seckill.CodeAlreadyReplayed, "alice")
			s.post(path+"/preview", "").refused(t, http.StatusConflict, seckill.CodeAlreadyReplayed, "alice")
		})
	}
}

// TestOfActsThatRaceOneIsDone: a letter that is replayed and discarded at once is one of both.
func TestOfActsThatRaceOneIsDone(t *testing.T) {
	s := newShop(t)
	s.create(1, `,"stockTotal":100,"perUserLimit":0`)
	s.create(2, "")
	for n := range 10 {
		path := s.bury(int64(1+n%2), fmt.Sprintf("%d-0", 10+n), seckill.DeadRejectedByDatabase, "uid", "7", "n", fmt.Sprint(n))
		var all sync.WaitGroup
		var acted atomic.Int64
		for i := range 8 {
			all.Go(func() {
				act := []string{"replay", "discard"}[i%2]
				switch a := s.post(path+"/"+act, `{"note":"n"}`); {
				case a.status == http.StatusOK:
					acted.Add(1)
				case !strings.Contains(a.body, `"ALREADY_`):
					t.Errorf("%s: %d %s", act, a.status, a.body)
				}
			})
		}
		all.Wait()
		var l types.DeadLetterDetail
		s.get(path).into(t, http.StatusOK, &l)
		logs := servertest.Count(t, s.pool, "SELECT count(*) FROM seckill_logs WHERE stream_id = $1", l.StreamId)
		if want := map[string]int{"REPLAYED": 1, "DISCARDED": 0}[l.Status]; acted.Load() != 1 || len(l.History) != 1 || logs != want {
			t.Errorf("%d have acted, history %+v, %d logs of a letter that is %s", acted.Load(), l.History, logs, l.Status)
		}
	}
}

// buryAdmitted has the gate admit a user, and the entry become a dead letter.
func (s *shop) buryAdmitted(product, user int64) string {
	s.t.Helper()
	var admitted types.AttemptResponse
	s.post(fmt.Sprintf("/api/v1/products/%d/attempts", product), fmt.Sprintf(`{"userId":%d}`, user)).into(s.t, http.StatusAccepted, &admitted)
	entries, err := s.client.XRange(s.t.Context(), seckill.StreamKey(product), admitted.StreamId, admitted.StreamId).Result()
	if err != nil || len(entries) != 1 {
		s.t.Fatalf("entry %s: %v, %v", admitted.StreamId, entries, err)
	}
	var fields []string
	for name, value := range entries[0].Values {
		fields = append(fields, name, value.(string))
	}
	path := s.bury(product, admitted.StreamId, seckill.DeadRejectedByDatabase, fields...)
	entry := []admission.Entry{{StreamID: admitted.StreamId, UserID: user}}
	if err := admission.NewGate(s.client).Settled(s.t.Context(), product, entry); err != nil {
		s.t.Fatal(err)
	}
	s.bring(product)
	return path
}

// TestALetterOfAnAdmittedAttemptKeepsTheBooksBalanced at every step.
func TestALetterOfAnAdmittedAttemptKeepsTheBooksBalanced(t *testing.T) {
	s := newShop(t)
	s.create(1, `,"stockTotal":2`)
	s.bring(1)
	first, second, third := s.buryAdmitted(1, 7), s.buryAdmitted(1, 8), s.buryAdmitted(1, 9)
	step := func(when string, left, redisLeft int64, got, want string) {
		t.Helper()
		before := s.balanced(1, when+", before the gate knows")
		s.bring(1)
		b := s.balanced(1, when)
		if got != want || *b.StockLeft != left || *b.RedisLeft != redisLeft || before.RedisLeft == nil || *before.RedisLeft+*before.PendingMoves != redisLeft {
			t.Errorf("%s: %s, %d left, %d in Redis; want %s, %d, %d", when, got, *b.StockLeft, *b.RedisLeft, want, left, redisLeft)
		}
	}
	step("buried", 2, 2, "", "")
	step("discarded", 2, 2, outcomeOf(s.act(first+"/discard", `{"note":"a robot"}`)), "DISCARDED")
	step("reopened", 2, 2, outcomeOf(s.act(first+"/reopen", `{"note":"no robot"}`)), "OPEN")
	step("replayed", 1, 1, outcomeOf(s.act(first+"/replay", "")), "SUCCESS order CONFIRMED")
	step("replayed for another user", 0, 0, outcomeOf(s.act(second+"/replay", `{"fields":{"uid":"80"}}`)), "SUCCESS order CONFIRMED")
	step("replayed too late", 0, 0, outcomeOf(s.act(third+"/replay", "")), "FAILED SOLD_OUT")
	holders, err := s.client.HGetAll(t.Context(), seckill.CompanionKey(1, "holders")).Result()
	if err != nil || len(holders) != 2 || holders["7"] != "1" || holders["80"] != "1" {
		t.Errorf("the gate holds %v, %v", holders, err)
	}

	var l types.DeadLetterDetail
	s.get(first).into(t, http.StatusOK, &l)
	var acts []string
	for _, act := range l.History {
		acts = append(acts, strings.TrimSpace(act.Actor+" "+act.Action+" "+act.Note))
	}
	want := []string{"alice dead_letter.discard a robot", "alice dead_letter.reopen no robot", "alice dead_letter.replay"}
	if !slices.Equal(acts, want) || l.History[2].Before["uid"] != "7" || l.History[2].After["uid"] != "7" {
		t.Errorf("history = %+v", l.History)
	}
}

// TestAPreviewSaysWhatAReplayDoes, and writes nothing.
func TestAPreviewSaysWhatAReplayDoes(t *testing.T) {
	s := newShop(t)
	s.create(1, `,"stockTotal":2,"startsAt":"1970-01-01T00:00:10Z","endsAt":"1970-01-01T00:00:20Z"`)
	s.create(2, "")
	s.create(3, `,"stockTotal":1,"paymentWindowSeconds":60`)
	s.settle(1, "5 10000-0")
	for _, tt := range []struct {
		name, streamID string
		product        int64
		body, want     string // what becomes of it, or the code with which it is refused
	}{
		{"within the window, by the stream ID", "15000-0", 1, `{"fields":{"uid":"7"}}`, "SUCCESS order CONFIRMED"},
		{"before it", "9999-5", 1, `{"fields":{"uid":"8"}}`, "FAILED NOT_STARTED"},
		{"behind it", "20000-0", 1, `{"fields":{"uid":"8"}}`, "FAILED ENDED"},
		{"sold out", "15000-1", 1, `{"fields":{"uid":"8"}}`, "FAILED SOLD_OUT"},
		{"a record-only product", "1-0", 2, `{"fields":{"uid":8}}`, "PROCESSING"},
		{"with time to pay", "1-0", 3, `{"fields":{"uid":"8"}}`, "SUCCESS order PENDING_PAYMENT"},
		{"still no user", "15000-2", 1, `{"fields":{"uid":"08"}}`, "INVALID_UID"},
		{"no correction", "15000-3", 1, "", "INVALID_UID"},
		{"no user at all", "15000-4", 1, `{"fields":{"uid":null}}`, "INVALID_UID"},
		{"another rule", "15000-5", 1, `{"fields":{"uid":"8","ts":"x"}}`, "INVALID_TS"},
		{"and another", "15000-6", 1, `{"fields":{"uid":"8","rid":"a b"}}`, "INVALID_RID"},
		{"what is stored already for the same user", "10000-0", 1, `{"fields":{"uid":"5"}}`, "SUCCESS order CONFIRMED"},
		{"a user with an order", "15000-7", 3, `{"fields":{"uid":"8"}}`, "FAILED SOLD_OUT"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := s.bury(tt.product, tt.streamID, seckill.DeadInvalidUID, "uid", "x")
			before := s.rowsOfAll()
			var p types.DeadLetterPreview
			s.post(path+"/preview", tt.body).into(t, http.StatusOK, &p)
			if after := s.rowsOfAll(); after != before {
				t.Errorf("the preview has written: %s, before %s", after, before)
			}
			if !p.Valid {
				if p.Reason != tt.want || p.Decision != nil {
					t.Errorf("preview = %+v, want %s", p, tt.want)
				}
				s.post(path+"/replay", tt.body).refused(t, http.StatusUnprocessableEntity, seckill.Code(tt.want), "")
				var l types.DeadLetterDetail
				if s.get(path).into(t, http.StatusOK, &l); l.Status != "OPEN" || len(l.History) != 0 {
					t.Errorf("what was refused is %+v", l)
				}
				return
			}
			if got := strings.TrimSpace(p.Decision.Status + " " + p.Decision.Reason); !strings.HasPrefix(tt.want, got) || p.Fields["uid"] == "x" {
				t.Errorf("preview = %+v %+v, want %s", p, p.Decision, tt.want)
			}
			if got := outcomeOf(s.act(path+"/replay", tt.body)); got != tt.want {
				t.Errorf("replay: %s, want %s", got, tt.want)
			}
		})
	}
}

// rowsOfAll counts what is stored.
func (s *shop) rowsOfAll() string {
	s.t.Helper()
	var text string
	err := s.pool.QueryRow(s.t.Context(), `SELECT concat_ws(' ', (SELECT count(*) FROM seckill_logs), (SELECT count(*) FROM seckill_orders),
		(SELECT count(*) FROM seckill_audit), (SELECT count(*) FROM seckill_dead_letters WHERE status = 'OPEN'), (SELECT count(*) FROM seckill_moves),
		(SELECT count(*) FROM seckill_resent_letters), (SELECT sum(xmin::text::bigint) FROM seckill_products))`).Scan(&text)
	if err != nil {
		s.t.Fatal(err)
	}
	return text
}

// TestLettersOfProductsThatSellNothing are refused while the product waits, and judged by
// their arrival when it has ended.
func TestLettersOfProductsThatSellNothing(t *testing.T) {
	s := newShop(t)
	s.create(1, `,"stockTotal":9`)
	s.create(2, "")
	early, late, other := s.bury(1, "999-0", seckill.DeadInvalidUID), s.bury(1, "1000-0", seckill.DeadInvalidUID), s.bury(2, "999-0", seckill.DeadInvalidUID)
	const body = `{"fields":{"uid":"7"}}`
	for product, path := range map[string]string{"1": early, "2": other} {
		s.post("/admin/v1/products/"+product+"/pause", "")
		s.post(path+"/replay", body).refused(t, http.StatusConflict, seckill.CodePaused, "paused")
		var p types.DeadLetterPreview
		if s.post(path+"/preview", body).into(t, http.StatusOK, &p); p.Valid || p.Reason != "PAUSED" {
			t.Errorf("preview = %+v", p)
		}
		s.post("/admin/v1/products/"+product+"/resume", "")
	}
	s.post("/admin/v1/products/1/end", "") // at 1000 by the clock of the shop
	s.post("/admin/v1/products/2/end", "")
	if got := outcomeOf(s.act(early+"/replay", body)); got != "SUCCESS order CONFIRMED" {
		t.Errorf("an entry that arrived before the end: %s", got)
	}
	if got := outcomeOf(s.act(late+"/replay", body)); got != "FAILED ENDED" {
		t.Errorf("an entry that arrived after the end: %s", got)
	}
	s.exec("UPDATE seckill_products SET deleted_at = now() WHERE product_id = 2")
	s.post(other+"/replay", body).refused(t, http.StatusNotFound, seckill.CodeProductNotFound, "product 2")
	s.exec("UPDATE seckill_dead_letters SET product_id = 3 WHERE product_id = 2")
	s.post(other+"/replay", body).refused(t, http.StatusNotFound, seckill.CodeProductNotFound, "product 3")
	if got := s.act(other+"/discard", `{"note":"gone"}`).Status; got != "DISCARDED" {
		t.Errorf("discarded: %s", got)
	}
}

// TestAReusedIDGoesToTheStreamAgain, once, whoever dies in between.
func TestAReusedIDGoesToTheStreamAgain(t *testing.T) {
	for name, stock := range map[string]string{"settled": `,"stockTotal":9`, "record-only": ""} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			s.create(1, stock)
			s.bring(1)
			if _, err := s.book.Store(t.Context(), ledger.Batch{ProductID: 1, Attempts: []seckill.Attempt{{UserID: 5, StreamID: "10-0"}}}); err != nil {
				t.Fatal(err)
			}
			reused := s.bury(1, "10-0", seckill.DeadStreamIDReused, "uid", "6", "epoch", "99", "tp", "t")
			corrected := s.bury(1, "10-0", seckill.DeadInvalidUID, "uid", "x")
			for _, path := range []string{reused, corrected} {
				body := map[string]string{reused: "", corrected: `{"fields":{"uid":"7"}}`}[path]
				var p types.DeadLetterPreview
				if s.post(path+"/preview", body).into(t, http.StatusOK, &p); !p.Valid || p.Decision != nil {
					t.Errorf("preview = %+v", p)
				}
				if l := s.act(path+"/replay", body); l.Status != "REPLAYED" || *l.Outcome != (types.DeadLetterOutcome{}) {
					t.Errorf("sent again, not there yet: %+v", l)
				}
			}
			// Who wrote it into the stream has died before he could say so.
			s.resend(1)
			s.exec("UPDATE seckill_resent_letters SET stream_id = NULL")
			s.resend(1)
			entries, err := s.client.XRange(t.Context(), seckill.StreamKey(1), "-", "+").Result()
			if err != nil || len(entries) != 2 || fmt.Sprint(entries[0].Values) != "map[tp:t uid:6]" || fmt.Sprint(entries[1].Values) != "map[uid:7]" {
				t.Fatalf("entries = %v, %v", entries, err)
			}
			s.consume(1, entries)
			var l types.DeadLetterDetail
			s.get(reused).into(t, http.StatusOK, &l)
			if l.Outcome.StreamId != entries[0].ID || l.Outcome.Log == nil || l.Outcome.Log.UserId != 6 {
				t.Errorf("became %+v", l.Outcome)
			}
			s.bring(1)
			if stock != "" {
				s.balanced(1, "sent again")
			}
		})
	}
}

// resend has the entries of letters sent to the stream.
func (s *shop) resend(product int64) {
	s.t.Helper()
	if err := s.keeper.Resend(s.t.Context(), product); err != nil {
		s.t.Fatal(err)
	}
}

// consume stores entries as the consumer does.
func (s *shop) consume(product int64, entries []redis.XMessage) {
	s.t.Helper()
	for _, e := range entries {
		a, reason := seckill.Decode(e.ID, e.Values)
		if reason != "" {
			s.t.Fatalf("entry %s: %s", e.ID, reason)
		}
		if _, err := s.book.Store(s.t.Context(), ledger.Batch{ProductID: product, Attempts: []seckill.Attempt{a}}); err != nil {
			s.t.Fatal(err)
		}
	}
}
