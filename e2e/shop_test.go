package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"seckill/client"
	"seckill/internal/auth"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// web keeps a connection for each of hundreds of users.
var web = &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 1000}}

// bearer is the token of a shop.
var bearer = sync.OnceValues(func() (string, error) { return auth.IssueToken(secret, "shop", "bff", 24*time.Hour) })

// ask sends a request of a shop with the given client. The status is 0 when nobody
// answers. It may be called from any goroutine, and while the process is killed.
func (p *process) ask(client *http.Client, method, path, body string, into any) (status int, header http.Header) {
	request, err := http.NewRequestWithContext(p.t.Context(), method, p.address+path, strings.NewReader(body))
	if err != nil {
		p.t.Error(err)
		return 0, nil
	}
	token, err := bearer()
	if err != nil {
		p.t.Error(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, nil
	}
	defer func() { _ = response.Body.Close() }()
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		return 0, nil // killed in the middle of the answer
	}
	return response.StatusCode, response.Header
}

// reply is what an attempt is answered.
type reply struct {
	Code     string `json:"code"`
	StreamID string `json:"streamId"`
	Message  string `json:"message"`
	status   int    // 0 when nobody answers
	retry    int    // seconds of Retry-After
}

func (a reply) admitted() bool { return a.status == http.StatusAccepted && a.StreamID != "" }

// refused reports whether the attempt was refused with one of the codes.
func (a reply) refused(codes ...string) bool {
	return a.status >= http.StatusBadRequest && slices.Contains(codes, a.Code)
}

// try makes an attempt, with a request ID unless it is empty.
func (p *process) try(product, user int, request string) reply {
	return p.tryBy(web, product, user, request)
}

// tryBy is try over the connections of the given client.
func (p *process) tryBy(client *http.Client, product, user int, request string) reply {
	body := fmt.Sprintf(`{"userId": %d}`, user)
	if request != "" {
		body = fmt.Sprintf(`{"userId": %d, "requestId": %q}`, user, request)
	}
	var a reply
	status, header := p.ask(client, http.MethodPost, fmt.Sprintf("/api/v1/products/%d/attempts", product), body, &a)
	a.status = status
	a.retry, _ = strconv.Atoi(header.Get("Retry-After"))
	return a
}

// outcome is the result that a user is told.
type outcome struct {
	StreamID string `json:"streamId"`
	Status   string `json:"status"`
	Reason   string `json:"reason"`
	Code     string `json:"code"`
	Order    *struct {
		OrderID   int       `json:"orderId"`
		Status    string    `json:"status"`
		ExpiresAt time.Time `json:"expiresAt"`
	} `json:"order"`
	status int
}

func (r outcome) final() bool { return r.Status == "SUCCESS" || r.Status == "FAILED" }

// resultOf asks for the result of a user, and waits as the query says.
func (p *process) resultOf(product, user int, query string) outcome {
	var r outcome
	r.status, _ = p.ask(web, http.MethodGet, fmt.Sprintf("/api/v1/products/%d/users/%d/result%s", product, user, query), "", &r)
	return r
}

// cancel cancels an order and returns the HTTP status of the reply.
func (p *process) cancel(order int) int {
	var ignored map[string]any
	status, _ := p.ask(web, http.MethodPost, fmt.Sprintf("/api/v1/orders/%d/cancel", order), "", &ignored)
	return status
}

// replicas starts the service once for each instance, and waits for all.
func (s *site) replicas(more string, instances ...string) []*process {
	s.t.Helper()
	var all []*process
	for _, instance := range instances {
		all = append(all, s.start(instance, more))
	}
	for _, p := range all {
		p.ready()
	}
	return all
}

// sell registers a product with the given fields beside its ID and name, and waits for
// its gate.
func (p *process) sell(product int, fields string) {
	p.t.Helper()
	p.create(fmt.Sprintf(`{"productId": %d, "name": "phone", %s}`, product, fields))
	servertest.Eventually(p.t, "the gate is open", func() bool { return p.books(product).RedisLeft != nil })
}

// accounts are the books of a product.
type accounts struct {
	StockTotal   int  `json:"stockTotal"`
	StockLeft    int  `json:"stockLeft"`
	LiveOrders   int  `json:"liveOrders"`
	RedisLeft    *int `json:"redisLeft"`
	InFlight     *int `json:"inFlight"`
	PendingMoves *int `json:"pendingMoves"`
	Drift        int  `json:"drift"`
	Balanced     bool `json:"balanced"`
	text         string
}

func (a accounts) String() string { return a.text }

// quiet reports whether nothing is under way to or from the gate.
func (a accounts) quiet() bool {
	return a.RedisLeft != nil && *a.InFlight == 0 && *a.PendingMoves == 0 && *a.RedisLeft == a.StockLeft
}

func (p *process) books(product int) accounts {
	p.t.Helper()
	var text json.RawMessage
	err := p.api("viewer").Do(p.t.Context(), http.MethodGet, fmt.Sprintf("/admin/v1/products/%d/books", product), nil, &text)
	if client.CodeOf(err) == client.CodeNoAnswer {
		p.t.Fatal(err)
	}
	if err != nil {
		return accounts{text: err.Error()}
	}
	a := accounts{text: string(text)}
	if err := json.Unmarshal(text, &a); err != nil {
		p.t.Fatal(err)
	}
	return a
}

// isDrained reports whether everything in a product's stream has been acknowledged.
func (s *site) isDrained(product int) bool {
	s.t.Helper()
	groups, err := s.client.XInfoGroups(s.t.Context(), seckill.StreamKey(int64(product))).Result()
	return err == nil && len(groups) == 1 && groups[0].Lag == 0 && groups[0].Pending == 0
}

// quiet waits until everything that has been admitted is settled and the gate knows it,
// and checks the books of a product on every process.
func (s *site) quiet(product int, processes ...*process) accounts {
	s.t.Helper()
	var last accounts
	defer func() {
		if s.t.Failed() {
			s.t.Logf("last books of product %d: %s", product, last)
		}
	}()
	for _, p := range processes {
		servertest.Eventually(s.t, fmt.Sprintf("product %d is quiet", product), func() bool {
			drained := s.isDrained(product) // before the books, which else may lack what is stored then
			last = p.books(product)
			return drained && last.quiet()
		})
		if !last.Balanced || last.Drift != 0 || last.StockLeft+last.LiveOrders != last.StockTotal {
			s.t.Errorf("books do not balance: %s", last)
		}
	}
	return last
}

// sellOut lets new users, from the given one on, buy what is left and some more, and
// returns how many are admitted. Who finds the gate closed comes back, as he is told: a look may
// still find that Redis has been started anew, and opens each gate again.
func (s *site) sellOut(p *process, product, from, left int) int {
	s.t.Helper()
	const more = 20
	var tally tally
	crowd(from, from+left+more-1, 16, func(user int) {
		got := p.try(product, user, "")
		for try := 0; try < 500 && got.refused("NOT_LOADED"); try++ {
			time.Sleep(10 * time.Millisecond) // the pause between two tries
			got = p.try(product, user, "")
		}
		tally.count(got)
	})
	if n := tally.of("SOLD_OUT") + tally.admitted(); n != left+more {
		s.t.Errorf("of %d attempts at %d units: %s", left+more, left, &tally)
	}
	return tally.admitted()
}

// tally counts answers. It may be used by many goroutines.
type tally struct {
	mu    sync.Mutex
	codes map[string]int
	ids   []string // stream IDs of those that were admitted
}

func (t *tally) count(a reply) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.codes == nil {
		t.codes = map[string]int{}
	}
	if a.admitted() {
		t.ids = append(t.ids, a.StreamID)
		return
	}
	t.codes[fmt.Sprint(a.Code, or(a.Code == "", strconv.Itoa(a.status), ""))]++
}

func or(condition bool, yes, no string) string {
	if condition {
		return yes
	}
	return no
}

func (t *tally) of(code string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.codes[code]
}

func (t *tally) admitted() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.ids)
}

func (t *tally) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return fmt.Sprintf("%d admitted, %v", len(t.ids), t.codes)
}

// crowd calls visit for each of the users first to last, width of them at a time.
func crowd(first, last, width int, visit func(user int)) {
	users := make(chan int)
	var group sync.WaitGroup
	for range width {
		group.Go(func() {
			for user := range users {
				visit(user)
			}
		})
	}
	for user := first; user <= last; user++ {
		users <- user
	}
	close(users)
	group.Wait()
}

// admittedAreFinal checks that every admitted entry has become a log with a final
// status, and none with one of the reasons.
func (s *site) admittedAreFinal(product int, t *tally, never ...string) {
	s.t.Helper()
	slices.Sort(t.ids)
	ids := slices.Compact(t.ids)
	if n := s.count(`SELECT count(*) FROM seckill_logs WHERE product_id = $1 AND stream_id = ANY($2)
		AND status IN ('SUCCESS', 'FAILED') AND coalesce(reason, '') <> ALL($3::text[])`, product, ids, append([]string{}, never...)); n != len(ids) {
		s.t.Errorf("%d of %d admitted entries have ended as they should", n, len(ids))
	}
}

// lockProduct keeps a product from being settled until release is called.
func (s *site) lockProduct(product int) (release func()) {
	s.t.Helper()
	tx, err := s.pool.Begin(s.t.Context())
	if err == nil {
		_, err = tx.Exec(s.t.Context(), "SELECT 1 FROM seckill_products WHERE product_id = $1 FOR UPDATE", product)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	var once sync.Once
	release = func() { once.Do(func() { _ = tx.Rollback(s.t.Context()) }) }
	s.t.Cleanup(release)
	return release
}

// waitsForALock waits until somebody waits for a lock in the database, such as that of lockProduct.
func (s *site) waitsForALock(what string) {
	s.t.Helper()
	servertest.Eventually(s.t, what, func() bool {
		return s.count(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`) > 0
	})
}

// entries is how many entries a product's stream has.
func (s *site) entries(product int) int {
	s.t.Helper()
	n, err := s.client.XLen(s.t.Context(), seckill.StreamKey(int64(product))).Result()
	if err != nil {
		s.t.Fatal(err)
	}
	return int(n)
}

// orderOf returns the latest order of a user.
func (s *site) orderOf(product, user int) int {
	s.t.Helper()
	return s.count("SELECT id FROM seckill_orders WHERE product_id = $1 AND user_id = $2 ORDER BY id DESC LIMIT 1", product, user)
}
