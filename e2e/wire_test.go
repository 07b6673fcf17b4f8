package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"seckill/internal/auth"
	"seckill/internal/servertest"
)

// cutPause is the least time between two cuts: what is begun again shall get somewhere.
const cutPause = 60 * time.Millisecond

// seldom is how often a kind of message may come without being waited for.
const seldom = 100

// cutter cuts connections to PostgreSQL: at each kind of message before, within and behind
// it, once, as they come along; then at random.
type cutter struct {
	mu     sync.Mutex
	last   time.Time
	seen   map[servertest.Message]int
	cut    map[string]bool
	random *rand.Rand // nil = not yet
	count  int
}

// ask says where the connection of a message ends.
func (c *cutter) ask(_ int, m servertest.Message) servertest.Cut {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen[m]++
	if time.Since(c.last) < cutPause {
		return servertest.Pass
	}
	at := servertest.Pass
	for _, cut := range servertest.Cuts {
		if !c.cut[point(m, cut)] {
			at = cut
			break
		}
	}
	if c.random != nil && c.random.IntN(50) == 0 {
		at = servertest.Cuts[c.random.IntN(len(servertest.Cuts))]
	}
	if at != servertest.Pass {
		c.cut[point(m, at)] = true
		c.last = time.Now()
		c.count++
	}
	return at
}

// beginRandom has connections cut at random, and returns how many were cut so far.
func (c *cutter) beginRandom(seed uint64) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.random = rand.New(rand.NewPCG(seed, 0))
	return c.count
}

func (c *cutter) cuts() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.count
}

func point(m servertest.Message, cut servertest.Cut) string { return fmt.Sprint(cut, " ", m) }

// missing lists where no connection has been cut yet, of the messages that come again and
// again, and of those that a sale is made of.
func (c *cutter) missing() (points []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var messages []servertest.Message
	for m, n := range c.seen {
		if n > seldom && m.Kind != 'X' { // nobody minds the end of a connection that ends
			messages = append(messages, m)
		}
	}
	for text := range strings.FieldsSeq("Q:BEGIN Q:COMMIT P: B: D: E: S: d: c:") {
		kind, word, _ := strings.Cut(text, ":")
		messages = append(messages, servertest.Message{Kind: kind[0], Word: word})
	}
	for text := range strings.FieldsSeq("R: S: K: Z: E: 1: 2: T: t: D: n: G: C:BEGIN C:COMMIT C:COPY C:INSERT C:UPDATE C:SELECT") {
		kind, word, _ := strings.Cut(text, ":")
		messages = append(messages, servertest.Message{FromServer: true, Kind: kind[0], Word: word})
	}
	for _, m := range append(messages, servertest.Message{}) {
		for _, cut := range servertest.Cuts {
			if !c.cut[point(m, cut)] {
				points = append(points, point(m, cut))
			}
		}
	}
	slices.Sort(points)
	return slices.Compact(points)
}

// patient is clients that call while PostgreSQL comes and goes, and mind what they are
// answered.
type patient struct {
	*site

	p     *process
	token string
	users atomic.Int64

	mu     sync.Mutex
	faults map[string]int
	calls  map[int]int    // by status
	ids    []string       // stream IDs of those that were admitted
	final  map[int]string // by order, the status that it has for good, as was answered
	pushed int            // raw entries of the record-only product
}

// patient begins two sales on a process.
func (s *site) patient(p *process) *patient {
	s.t.Helper()
	p.sell(2, `"stockTotal": 100000, "paymentWindowSeconds": 600`)
	p.sell(3, `"stockTotal": 400, "paymentWindowSeconds": 600, "perUserLimit": 2`)
	token, err := auth.IssueToken(secret, "tester", "operator", time.Hour)
	if err != nil {
		s.t.Fatal(err)
	}
	return &patient{site: s, p: p, token: token, faults: map[string]int{}, calls: map[int]int{}, final: map[int]string{}}
}

// ask calls the service, and returns the status of what it answers.
func (c *patient) ask(method, path, body string, into any) int {
	request, err := http.NewRequestWithContext(c.t.Context(), method, c.p.address+path, strings.NewReader(body))
	if err != nil {
		c.t.Error(err)
		return 0
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := web.Do(request)
	if err != nil {
		c.t.Errorf("%s %s: %v", method, path, err)
		return 0
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Errorf("%s %s: %v", method, path, err)
	}
	_ = json.Unmarshal(text, into)
	c.mind(response, method+" "+path, string(text))
	return response.StatusCode
}

// mind notes what nobody may be answered: an error that is ours, and a 503 that does not
// say when to come back.
func (c *patient) mind(r *http.Response, call, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls[r.StatusCode]++
	away := r.StatusCode == http.StatusServiceUnavailable && r.Header.Get("Retry-After") != "" &&
		(strings.Contains(text, `"UNAVAILABLE"`) || strings.Contains(text, `"OVERLOADED"`))
	if r.StatusCode >= http.StatusInternalServerError && !away {
		c.faults[fmt.Sprint(call, " ", r.StatusCode, " ", text)]++
	}
}

// insist calls until the service can answer, for a minute at the most.
func (c *patient) insist(method, path, body string, into any) (status int) {
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		if status = c.ask(method, path, body, into); status != http.StatusServiceUnavailable {
			return status
		}
		time.Sleep(10 * time.Millisecond) // the pause between two tries
	}
	return status
}

// buy lets one user after the other try, and pay or cancel what it has won.
func (c *patient) buy(ctx context.Context) {
	for ctx.Err() == nil {
		user := int(c.users.Add(1))
		var got reply
		if c.ask(http.MethodPost, "/api/v1/products/2/attempts", fmt.Sprintf(`{"userId": %d}`, user), &got) != http.StatusAccepted {
			continue
		}
		c.mu.Lock()
		c.ids = append(c.ids, got.StreamID)
		c.mu.Unlock()
		var r outcome
		for ctx.Err() == nil && !r.final() {
			c.ask(http.MethodGet, fmt.Sprintf("/api/v1/products/2/users/%d/result?wait=1s", user), "", &r)
		}
		if r.Order == nil {
			continue
		}
		path := fmt.Sprintf("/api/v1/orders/%d", r.Order.OrderID)
		c.ask(http.MethodGet, path, "", &got)
		verb, body, end := "/pay", `{"paymentRef": "a"}`, "PAID"
		if user%2 == 0 {
			verb, body, end = "/cancel", "", "CANCELLED"
		}
		if status := c.insist(http.MethodPost, path+verb, body, &got); status != http.StatusOK {
			c.t.Errorf("%s of order %d: %d %s", verb, r.Order.OrderID, status, got.Code)
		}
		c.mu.Lock()
		c.final[r.Order.OrderID] = end
		c.mu.Unlock()
	}
}

// operate calls every other route that reads or writes the books, again and again.
func (c *patient) operate(ctx context.Context) {
	const product = "/admin/v1/products/3"
	for i := 0; ctx.Err() == nil; i++ {
		c.ask(http.MethodPost, product+"/stock", `{"delta": 1, "note": "found"}`, nil)
		c.ask(http.MethodPut, product, fmt.Sprintf(`{"name": "phone %d"}`, i), nil)
		for _, path := range []string{"/pause", "/resume", "/books/repair"} {
			c.ask(http.MethodPost, product+path, "", nil)
		}
		c.ask(http.MethodPost, "/admin/v1/products", fmt.Sprintf(`{"productId": %d, "name": "one more"}`, 1000+i%20), nil)
		c.ask(http.MethodDelete, fmt.Sprintf("/admin/v1/products/%d", 1000+i%20), "", nil)
		var logs struct {
			Items []struct {
				StreamID string `json:"streamId"`
			} `json:"items"`
		}
		c.ask(http.MethodGet, "/admin/v1/logs?productId=1&status=PROCESSING", "", &logs)
		for _, l := range logs.Items {
			c.ask(http.MethodPut, "/admin/v1/logs/status",
				fmt.Sprintf(`{"items": [{"productId": 1, "streamId": %q, "status": "SUCCESS"}]}`, l.StreamID), nil)
		}
	}
}

// look calls every route that reads.
func (c *patient) look(ctx context.Context) {
	for ctx.Err() == nil {
		for _, path := range []string{
			"/api/v1/users/1/results", "/api/v1/products/2/results?status=SUCCESS", "/api/v1/products/2/summary",
			"/api/v1/products/2/users/1/result", "/admin/v1/products", "/admin/v1/products/2", "/admin/v1/products/2/books",
			"/admin/v1/streams", "/admin/v1/streams/2", "/admin/v1/streams/2/pending", "/admin/v1/logs?productId=1",
		} {
			c.ask(http.MethodGet, path, "", nil)
		}
	}
}

// terminate has PostgreSQL itself end one of the service's connections.
const terminate = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
	WHERE datname = current_database() AND application_name = 'service' ORDER BY random() LIMIT 1`

// expire brings the end of orders forward.
func (c *patient) expire(ctx context.Context) {
	for ctx.Err() == nil {
		_, err := c.pool.Exec(ctx, "UPDATE seckill_orders SET expires_at = now() WHERE product_id = 3 AND status = 'PENDING_PAYMENT' AND user_id % 4 = 0")
		if conflict, ok := errors.AsType[*pgconn.PgError](err); err != nil && ctx.Err() == nil && (!ok || conflict.Code != "40001") {
			c.t.Errorf("bring the end of orders forward: %v", err) // under the default of the database, it may conflict
		}
		time.Sleep(200 * time.Millisecond) // a rate
	}
}

// terminate has PostgreSQL itself end connections of the service.
func (c *patient) terminate(ctx context.Context) {
	for ctx.Err() == nil {
		c.exec(terminate)
		time.Sleep(200 * time.Millisecond) // a rate
	}
}

// past adds entries past the gate.
func (c *patient) past(ctx context.Context) {
	for ctx.Err() == nil {
		c.push(1, c.pushed+1, c.pushed+20)
		c.push(3, c.pushed+1, c.pushed+5)
		c.pushed += 20
		time.Sleep(20 * time.Millisecond) // a rate
	}
}

// run makes the load, and what more there is, until stop is called.
func (c *patient) run(more ...func(context.Context)) (stop func()) {
	ctx, cancel := context.WithTimeout(c.t.Context(), 2*time.Minute)
	var group sync.WaitGroup
	for _, f := range append(more, c.buy, c.buy, c.buy, c.operate, c.look, c.past) {
		group.Go(func() { f(ctx) })
	}
	return func() { cancel(); group.Wait() }
}

// TestConnectionsToPostgresDieAtEveryMessage holds a sale while connections to PostgreSQL
// are cut: at every kind of message before, within and behind it, and then at random.
func TestConnectionsToPostgresDieAtEveryMessage(t *testing.T) {
	const randomCuts = 60
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	s := newSite(t)
	wire := servertest.NewWire(t, s.url)
	cutter := &cutter{seen: map[servertest.Message]int{}, cut: map[string]bool{}}
	s.url = wire.Through(t, s.url) + "&application_name=service"
	p := s.start("", "")
	p.ready()
	c := s.patient(p)
	stop := c.run(c.expire, c.terminate)
	defer stop()
	wire.Cut(cutter.ask)
	defer func() {
		if t.Failed() {
			t.Logf("not yet cut: %v", cutter.missing())
		}
	}()
	servertest.Eventually(t, "connections were cut at every message", func() bool { return len(cutter.missing()) == 0 })
	t.Logf("all messages: %d cuts", cutter.cuts())
	cuts := cutter.beginRandom(seed) + randomCuts
	servertest.Eventually(t, "connections were cut at random", func() bool { return cutter.cuts() >= cuts })
	wire.Cut(nil)
	stop()
	c.felt()
	c.healed()
}

// felt checks that somebody was told to come back: what nobody has noticed proves nothing.
func (c *patient) felt() {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.calls[http.StatusServiceUnavailable] == 0 {
		c.t.Errorf("no call met the fault: %v", c.calls)
	}
}

// healed checks that everything that was answered holds.
func (c *patient) healed() {
	t := c.t
	t.Helper()
	c.p.ready()
	c.insist(http.MethodPost, "/admin/v1/products/3/resume", "", nil)
	t.Logf("answers %v, %d admitted, %d paid or cancelled, %d raw", c.calls, len(c.ids), len(c.final), c.pushed)
	for what, n := range c.faults {
		t.Errorf("%d times: %s", n, what)
	}
	for _, product := range []int{2, 3} {
		if b := c.quiet(product, c.p); b.LiveOrders > b.StockTotal {
			t.Errorf("oversold: %s", b)
		}
	}
	servertest.Eventually(t, "the record-only product is drained", func() bool { return c.isDrained(1) })
	for _, counted := range []string{"*", "DISTINCT user_id"} {
		if n := c.count("SELECT count(" + counted + ") FROM seckill_logs WHERE product_id = 1"); n != c.pushed {
			t.Errorf("count(%s) of %d entries is %d", counted, c.pushed, n)
		}
	}
	c.admittedAreFinal(2, &tally{ids: c.ids}, "ENDED", "NOT_STARTED", "LIMIT_REACHED")
	if n := c.count("SELECT count(*) FROM seckill_dead_letters"); n != 0 {
		t.Errorf("%d dead letters", n)
	}
	for order, status := range c.final {
		if c.count("SELECT count(*) FROM seckill_orders WHERE id = $1 AND status = $2", order, status) != 1 {
			t.Errorf("order %d is no longer %s", order, status)
		}
	}
	if len(c.ids) == 0 || len(c.final) == 0 {
		t.Error("there was no load")
	}
	for _, word := range []string{"panic", "runtime error", "goroutine "} {
		if strings.Contains(c.p.output.String(), word) {
			t.Errorf("the log has a %s", word)
		}
	}
}
