package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// desk calls a route of the desk of dead letters as an operator.
func (p *process) desk(path, body string) (int, map[string]any) {
	p.t.Helper()
	return p.call("operator", http.MethodPost, "/admin/v1/dead-letters"+path, body)
}

// TestACrashBetweenAReplayAndItsAnswer: the replay is committed, nobody is told, and to
// repeat it has no second effect.
func TestACrashBetweenAReplayAndItsAnswer(t *testing.T) {
	s := newSite(t)
	wire := servertest.NewWire(t, s.url)
	direct := s.url
	s.url = wire.Through(t, s.url)
	p := s.start("a", "")
	p.ready()
	p.sell(2, `"stockTotal": 5`)
	s.bad(2, 1, "uid", "none")
	servertest.Eventually(t, "the letter is there", func() bool { return s.count("SELECT count(*) FROM seckill_dead_letters") == 1 })
	path := fmt.Sprintf("/%d/replay", s.count("SELECT id FROM seckill_dead_letters"))

	var once sync.Once
	wire.Cut(func(_ int, m servertest.Message) servertest.Cut {
		if !m.FromServer || m.Word != "COMMIT" || s.count("SELECT count(*) FROM seckill_dead_letters WHERE status = 'REPLAYED'") == 0 {
			return servertest.Pass
		}
		once.Do(p.kill) // it is committed, and the process does not know yet
		return servertest.CutBefore
	})
	var nothing map[string]any
	if status, _ := p.askAs("operator", path, `{"fields": {"uid": "7"}}`, &nothing); status != 0 {
		t.Fatalf("answered %d %v, though the process was to die before", status, nothing)
	}
	select {
	case <-p.done:
	case <-time.After(10 * time.Second):
		t.Fatal("the process lives")
	}
	s.url = direct
	again := s.start("b", "")
	again.ready()
	status, answer := again.desk(path, `{"fields": {"uid": "7"}}`)
	message := fmt.Sprint(answer["message"])
	if status != http.StatusConflict || answer["code"] != "ALREADY_REPLAYED" || !strings.Contains(message, "replayed by tester at") {
		t.Errorf("repeated: %d %v", status, answer)
	}
	for what, sql := range map[string]string{
		"logs":              "SELECT count(*) FROM seckill_logs WHERE user_id = 7 AND status = 'SUCCESS'",
		"orders":            "SELECT count(*) FROM seckill_orders WHERE user_id = 7",
		"rows of the audit": "SELECT count(*) FROM seckill_audit WHERE action = 'dead_letter.replay'",
	} {
		if n := s.count(sql); n != 1 {
			t.Errorf("%d %s, want 1", n, what)
		}
	}
	if b := s.quiet(2, again); *b.RedisLeft != 4 {
		t.Errorf("one unit is sold: %s", b)
	}
}

// askAs posts to the desk and answers 0 when nobody answers.
func (p *process) askAs(role, path, body string, into any) (status int, err error) {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.address+"/admin/v1/dead-letters"+path, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Authorization", "Bearer "+p.token(role))
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil // nobody has answered
	}
	defer func() { _ = response.Body.Close() }()
	return response.StatusCode, json.NewDecoder(response.Body).Decode(into)
}

// bad adds n entries that break a rule: a field with the given value, beside a right uid.
func (s *site) bad(product int64, n int, field, value string) {
	s.t.Helper()
	pipe := s.client.Pipeline()
	for i := range n {
		values := []string{"uid", strconv.Itoa(5_000_000 + i), field, value}
		if field == "uid" {
			values = values[2:]
			values[1] = fmt.Sprint(value, i) // two letters are told apart by their fields
		}
		pipe.XAdd(s.t.Context(), &redis.XAddArgs{Stream: seckill.StreamKey(product), Values: values})
	}
	if _, err := pipe.Exec(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

// buried writes n letters of a product for a reason that needs a fault of the database, or a
// Redis that has lost its tail. Those of reused IDs have IDs of entries that are stored.
func (s *site) buried(product int64, n int, reason seckill.DeadReason) {
	s.t.Helper()
	id := fmt.Sprintf("(SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint || '-' || 1000000 + n + %d)", 10_000*len(reason))
	if reason == seckill.DeadStreamIDReused {
		id = "(SELECT stream_id FROM seckill_logs WHERE product_id = $1 ORDER BY id OFFSET n LIMIT 1)"
	}
	if _, err := s.pool.Exec(s.t.Context(), fmt.Sprintf(`
INSERT INTO seckill_dead_letters (product_id, stream_id, fields, reason, deliveries, fingerprint)
SELECT $1, %s, jsonb_build_object('uid', (6000000 + n)::text, 'epoch', '12'), $2, 5, $2 || n FROM generate_series(1, $3::int) AS n`, id),
		product, string(reason), n); err != nil {
		s.t.Fatal(err)
	}
}

// replayAll replays in bulk until nothing remains, and returns how many were replayed and
// were still bad at the last call.
func (p *process) replayAll(body string) (replayed, stillBad int) {
	p.t.Helper()
	for {
		status, answer := p.desk("/replay", body)
		if status != http.StatusOK {
			p.t.Errorf("replay %s: %d %v", body, status, answer)
			return replayed, stillBad
		}
		number := func(name string) int { n, _ := answer[name].(float64); return int(n) }
		replayed += number("replayed")
		stillBad = number("stillBad")
		if number("remaining") == 0 {
			return replayed, stillBad
		}
	}
}

// TestLettersAreReplayedInBulkWhileTheSaleRuns, 5,000 of them, for every reason.
func TestLettersAreReplayedInBulkWhileTheSaleRuns(t *testing.T) {
	const product, each, admittedFrom, rawFrom = 2, 1000, 1_000_000, 2_000_000
	s := newSite(t)
	replicas := s.replicas("", "a", "b")
	a, b := replicas[0], replicas[1]
	a.sell(product, `"stockTotal": 3000, "perUserLimit": 0`)
	stop := make(chan struct{})
	var sale sync.WaitGroup
	sale.Go(func() { s.pushUntil(product, rawFrom, 200, stop) })
	sale.Go(func() {
		for user := admittedFrom; !closed(stop); user++ {
			if got := b.try(product, user, ""); !got.admitted() && !got.refused("SOLD_OUT", "OVERLOADED") {
				t.Errorf("attempt: %+v", got)
			}
		}
	})
	s.bad(product, each, "uid", "none")
	s.bad(product, each, "ts", "yesterday")
	s.bad(product, each, "rid", "not a mark")
	servertest.Eventually(t, "entries are stored and buried", func() bool {
		return s.count("SELECT count(*) FROM seckill_dead_letters") == 3*each && s.count("SELECT count(*) FROM seckill_logs") > each
	})
	s.buried(product, each, seckill.DeadStreamIDReused)
	s.buried(product, each/2, seckill.DeadRejectedByDatabase)
	s.buried(product, each/2, seckill.DeadTooManyDeliveries)

	// What is bad stays in front of the rest, and holds up nobody.
	if replayed, bad := a.replayAll(`{"limit": 300, "note": "as they are"}`); replayed != 2*each || bad != 3*each {
		t.Errorf("%d replayed, %d still bad", replayed, bad)
	}
	var desk sync.WaitGroup
	counts := make([]int, 4)
	for i, p := range []*process{a, b, a, b} { // two operators for each of two reasons
		reason := []string{`"INVALID_TS", "fields": {"ts": null}`, `"INVALID_RID", "fields": {"rid": "r"}`}[i/2]
		desk.Go(func() { counts[i], _ = p.replayAll(`{"productId": 2, "limit": 150, "reason": ` + reason + `}`) })
	}
	desk.Wait()
	if counts[0]+counts[1] != each || counts[2]+counts[3] != each {
		t.Errorf("replayed by two operators each: %v", counts)
	}
	if replayed, _ := b.replayAll(`{"reason": "INVALID_UID", "fields": {"uid": "77"}}`); replayed != each {
		t.Errorf("%d replayed with another user", replayed)
	}
	close(stop)
	sale.Wait()
	s.lettersAreStored(5 * each)
	s.quiet(product, a, b)
}

// closed reports whether a channel is closed.
func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// lettersAreStored checks that each of n letters has become one log, and was replayed once.
func (s *site) lettersAreStored(n int) {
	s.t.Helper()
	servertest.Eventually(s.t, "what goes to the stream again is stored", func() bool {
		return s.count(`SELECT count(*) FROM seckill_resent_letters r LEFT JOIN seckill_logs l USING (product_id, stream_id) WHERE l.id IS NULL`) == 0
	})
	for what, check := range map[string]struct {
		sql  string
		want int
	}{
		"letters that are not replayed": {"SELECT count(*) FROM seckill_dead_letters WHERE status <> 'REPLAYED'", 0},
		"rows of the audit":             {"SELECT count(*) FROM seckill_audit WHERE action = 'dead_letter.replay'", n},
		"letters with such a row":       {"SELECT count(DISTINCT target) FROM seckill_audit WHERE action = 'dead_letter.replay'", n},
		"stored under their own ID": {`SELECT count(*) FROM seckill_dead_letters d JOIN seckill_logs l USING (product_id, stream_id)
			WHERE d.reason <> 'STREAM_ID_REUSED' AND l.status IN ('SUCCESS', 'FAILED')`, n - n/5},
		"stored under a new one": {`SELECT count(*) FROM seckill_resent_letters r JOIN seckill_logs l USING (product_id, stream_id)
			JOIN seckill_dead_letters d ON d.id = r.letter_id AND d.fields->>'uid' = l.user_id::text`, n / 5},
		"winners without an order, or orders without a winner": {`SELECT count(*) FROM seckill_logs l FULL JOIN seckill_orders o
			USING (product_id, stream_id) WHERE (l.status = 'SUCCESS') IS DISTINCT FROM (o.id IS NOT NULL) AND product_id = 2`, 0},
	} {
		if got := s.count(check.sql); got != check.want {
			s.t.Errorf("%d %s, want %d", got, what, check.want)
		}
	}
}
