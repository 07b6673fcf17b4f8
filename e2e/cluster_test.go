package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/internal/auth"
	"seckill/internal/devstack"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// clusterSite is a site whose Redis is a cluster, and two replicas of the service on it.
type clusterSite struct {
	*site

	cluster *devstack.RedisCluster
	bff     *redis.ClusterClient
	a, b    *process
	token   string
	http    http.Client
}

// onCluster is a site on a Redis Cluster, without the service.
func onCluster(t *testing.T) *clusterSite {
	t.Helper()
	s := &clusterSite{site: &site{t: t, url: servertest.Database(t)}, cluster: servertest.Cluster(t)}
	s.pool, s.bff = servertest.Open(t, s.url), servertest.ClusterClient(t, s.cluster)
	s.client, s.way = s.bff, redisOf(strings.Join(s.cluster.Addrs(), ","))
	return s
}

func newClusterSite(t *testing.T, more string) *clusterSite {
	t.Helper()
	s := onCluster(t)
	var err error
	if s.token, err = auth.IssueToken(secret, "tester", "bff", time.Hour); err != nil {
		t.Fatal(err)
	}
	s.http = http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	t.Cleanup(s.http.CloseIdleConnections)
	s.a, s.b = s.replica("a", more), s.replica("b", more)
	s.a.ready()
	s.b.ready()
	return s
}

func (s *clusterSite) replica(instance, more string) *process {
	s.t.Helper()
	port, dev := servertest.FreePort(s.t), servertest.FreePort(s.t)
	return startProcess(s.t, port, dev, fmt.Sprintf(`
Host: 127.0.0.1
Port: %d
Log: {Encoding: plain, Stat: false, Level: info}
Redis: {Addr: %q}
Postgres: {DataSource: %q}
Auth: {AccessSecret: %q}
Consumer: {Instance: %q, Count: 200, Block: 100ms, ClaimIdle: 1s}
DevServer: {Port: %d}
Middlewares: {Log: false}
%s`, port, strings.Join(s.cluster.Addrs(), ","), s.url, secret, instance, dev, more))
}

// sell registers a product with stock, without if units are 0, and waits until one of the
// replicas, its owner, consumes it.
func (s *clusterSite) sell(product int64, units int) {
	s.t.Helper()
	stock := ""
	if units > 0 {
		stock = fmt.Sprintf(`, "stockTotal": %d`, units)
	}
	s.a.create(fmt.Sprintf(`{"productId": %d, "name": "phone"%s}`, product, stock))
	servertest.Eventually(s.t, fmt.Sprintf("product %d is consumed", product), func() bool {
		return slices.ContainsFunc([]*process{s.a, s.b}, func(p *process) bool {
			return strings.Contains(p.output.String(), fmt.Sprintf("seckill stream server started: productID=%d ", product))
		})
	})
}

// master is the address of the master that serves a key.
func (s *clusterSite) master(key string) string {
	s.t.Helper()
	master, err := s.bff.MasterForKey(s.t.Context(), key)
	if err != nil {
		s.t.Fatal(err)
	}
	return master.Options().Addr
}

// onEachMaster returns three products, each on another master, the first on that of key.
// Product 1 is none of them: a configuration may have it already.
func (s *clusterSite) onEachMaster(key string) []int64 {
	s.t.Helper()
	first := s.master(key)
	products, held := []int64{0}, map[string]bool{first: true}
	for product := int64(2); len(products) < 3 || products[0] == 0; product++ {
		switch addr := s.master(seckill.StreamKey(product)); {
		case addr == first && products[0] == 0:
			products[0] = product
		case !held[addr]:
			held[addr] = true
			products = append(products, product)
		}
	}
	return products
}

// clusterAnswer is what a replica answers to a request.
type clusterAnswer struct {
	status         int
	code, streamID string
	retry          string // Retry-After
}

// attempt tries to buy; an empty request ID is none.
func (s *clusterSite) attempt(at *process, product, user int64, request string) (clusterAnswer, error) {
	body := fmt.Sprintf(`{"userId": %d}`, user)
	if request != "" {
		body = fmt.Sprintf(`{"userId": %d, "requestId": %q}`, user, request)
	}
	url := fmt.Sprintf("%s/api/v1/products/%d/attempts", at.address, product)
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return clusterAnswer{}, err
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	r.Header.Set("Content-Type", "application/json")
	response, err := s.http.Do(r)
	if err != nil {
		return clusterAnswer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return clusterAnswer{}, err
	}
	var told struct {
		Code     string `json:"code"`
		StreamID string `json:"streamId"`
	}
	err = json.Unmarshal(text, &told)
	return clusterAnswer{response.StatusCode, told.Code, told.StreamID, response.Header.Get("Retry-After")}, err
}

// buy is an attempt that must be admitted.
func (s *clusterSite) buy(at *process, product, user int64) {
	s.t.Helper()
	if got, err := s.attempt(at, product, user, ""); err != nil || got.status != http.StatusAccepted {
		s.t.Errorf("user %d tries to buy product %d: %+v, %v", user, product, got, err)
	}
}

// raw adds entries of the users from … below to, as a BFF does that knows only Redis.
func (s *clusterSite) raw(product, from, to int64) {
	s.t.Helper()
	pipe := s.bff.Pipeline()
	for uid := from; uid < to; uid++ {
		pipe.XAdd(s.t.Context(), &redis.XAddArgs{Stream: seckill.StreamKey(product), Values: []any{"uid", uid, "ts", 1234567890}})
	}
	if _, err := pipe.Exec(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

// consumed waits until the group has been given the whole stream and has nothing pending.
func (s *clusterSite) consumed(product int64) {
	s.t.Helper()
	key := seckill.StreamKey(product)
	servertest.Eventually(s.t, fmt.Sprintf("product %d is consumed", product), func() bool {
		info, err := s.bff.XInfoStream(s.t.Context(), key).Result()
		if err != nil {
			return false
		}
		groups, err := s.bff.XInfoGroups(s.t.Context(), key).Result()
		return err == nil && len(groups) == 1 && groups[0].Pending == 0 && groups[0].LastDeliveredID == info.LastGeneratedID
	})
}

// proven waits until a product with stock is sold out and quiet, and proves its books.
func (s *clusterSite) proven(product int64, units int) {
	s.t.Helper()
	s.consumed(product)
	for what, check := range map[string]struct {
		sql  string
		want int
	}{
		"live orders":             {"SELECT count(*) FROM seckill_orders WHERE product_id = $1 AND status = 'CONFIRMED'", units},
		"winners":                 {"SELECT count(*) FROM seckill_logs WHERE product_id = $1 AND status = 'SUCCESS'", units},
		"units left":              {"SELECT stock_left FROM seckill_products WHERE product_id = $1", 0},
		"logs that are not final": {"SELECT count(*) FROM seckill_logs WHERE product_id = $1 AND status = 'PROCESSING'", 0},
		"dead letters":            {"SELECT count(*) FROM seckill_dead_letters WHERE product_id = $1", 0},
		"winners without an order, or orders without a winner": {`SELECT count(*) FROM seckill_logs l FULL JOIN seckill_orders o
			USING (product_id, stream_id) WHERE product_id = $1 AND (l.status = 'SUCCESS') IS DISTINCT FROM (o.id IS NOT NULL)`, 0},
		"users with two orders": {`SELECT count(*) FROM (SELECT 1 FROM seckill_orders WHERE product_id = $1
			GROUP BY user_id HAVING count(*) > 1) AS twice`, 0},
	} {
		if n := s.count(check.sql, product); n != check.want {
			s.t.Errorf("product %d: %d %s, want %d", product, n, what, check.want)
		}
	}
	for _, p := range []*process{s.a, s.b} {
		s.balanced(p, product)
	}
}

// balanced waits until a replica shows balanced books, with nothing on its way.
func (s *clusterSite) balanced(p *process, product int64) {
	s.t.Helper()
	path := fmt.Sprintf("/admin/v1/products/%d/books", product)
	quiet := map[string]any{"balanced": true, "drift": 0.0, "inFlight": 0.0, "pendingMoves": 0.0, "redisLeft": 0.0}
	var status int
	var books map[string]any
	defer func() {
		if s.t.Failed() {
			s.t.Logf("books of product %d: %d %v", product, status, books)
		}
	}()
	servertest.Eventually(s.t, fmt.Sprintf("the books of product %d are quiet and balanced", product), func() bool {
		status, books = p.call("viewer", http.MethodGet, path, "")
		for name, want := range quiet {
			if books[name] != want {
				return false
			}
		}
		return true
	})
}

// gates counts the times that both replicas have opened the gate of a product.
func (s *clusterSite) gates(product int64) int {
	line := fmt.Sprintf("gate of product %d opened", product)
	return strings.Count(s.a.output.String(), line) + strings.Count(s.b.output.String(), line)
}

// result asks for the result of a user, for up to 10 s, and returns its status and how
// long that took.
func (s *clusterSite) result(at *process, product, user int64) (string, time.Duration) {
	s.t.Helper()
	began := time.Now()
	path := fmt.Sprintf("/api/v1/products/%d/users/%d/result?wait=10s", product, user)
	_, got := at.call("bff", http.MethodGet, path, "")
	status, _ := got["status"].(string)
	return status, time.Since(began)
}

// events follows the result of a user until its last event, and returns the data of all.
func (s *clusterSite) events(at *process, product, user int64, connected func()) ([]string, error) {
	url := fmt.Sprintf("%s/api/v1/products/%d/users/%d/result/events", at.address, product, user)
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	response, err := s.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	connected()
	var told []string
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		if data, found := strings.CutPrefix(lines.Text(), "data:"); found {
			told = append(told, data)
		}
	}
	return told, lines.Err()
}

func TestClusterSellsExactlyTheStock(t *testing.T) {
	const units, users, raws = 200, 300, 100
	s := newClusterSite(t, "Admission: {PerUserPerSecond: 3}")
	products := s.onEachMaster("any")
	recorded := slices.Max(products) + 1
	s.sell(recorded, 0)
	for _, product := range products {
		s.sell(product, units)
	}
	var wg sync.WaitGroup
	for _, product := range append(products, recorded) {
		first := product * 10_000 // what a user does elsewhere counts against his rate
		wg.Go(func() { s.raw(product, first+users, first+users+raws) })
		for n, p := range []*process{s.a, s.b} {
			wg.Go(func() { s.everybodyTries(p, product, first+int64(n), first+users) })
		}
	}
	wg.Wait()
	for _, product := range products {
		s.proven(product, units)
		if n := s.gates(product); n != 1 {
			t.Errorf("the gate of product %d was opened %d times", product, n)
		}
	}
	s.consumed(recorded)
	if n := s.count("SELECT count(*) FROM seckill_logs WHERE product_id = $1 AND status = 'PROCESSING'", recorded); n != users+raws {
		t.Errorf("%d logs of the record-only product, want %d", n, users+raws)
	}
	s.streamsAreShown(append(products, recorded))
	s.usersAreLimited(recorded)
	for _, p := range []*process{s.a, s.b} {
		servertest.Eventually(t, "Redis is shown as up", func() bool { return p.metric("seckill_redis_up") == "1" })
	}
}

// everybodyTries lets every second user from … below to try once.
func (s *clusterSite) everybodyTries(at *process, product, from, to int64) {
	for user := from; user < to; user += 2 {
		got, err := s.attempt(at, product, user, fmt.Sprint("r", user))
		if err != nil || got.status != http.StatusAccepted && got.code != "SOLD_OUT" {
			s.t.Errorf("user %d of product %d: %+v, %v", user, product, got, err)
		}
	}
}

// streamsAreShown looks at the routes of streams.
func (s *clusterSite) streamsAreShown(products []int64) {
	s.t.Helper()
	status, list := s.b.call("viewer", http.MethodGet, "/admin/v1/streams", "")
	items, _ := list["items"].([]any)
	if status != http.StatusOK || len(items) != len(products) {
		s.t.Errorf("streams: %d %v", status, list)
	}
	for _, product := range products {
		path := fmt.Sprintf("/admin/v1/streams/%d", product)
		status, state := s.a.call("viewer", http.MethodGet, path, "")
		consumers, _ := state["consumers"].([]any)
		if length, _ := state["length"].(float64); status != http.StatusOK || state["lag"] != 0.0 || length < 100 || len(consumers) == 0 {
			s.t.Errorf("stream of product %d: %d %v", product, status, state)
		}
		if status, pending := s.a.call("viewer", http.MethodGet, path+"/pending", ""); status != http.StatusOK {
			s.t.Errorf("pending entries of product %d: %d %v", product, status, pending)
		}
	}
}

// usersAreLimited lets users, whose counts lie on different masters, try ten times as
// fast as they can, where three a second are allowed.
func (s *clusterSite) usersAreLimited(product int64) {
	s.t.Helper()
	limited, slowest := 0, time.Duration(0)
	for user := int64(2_000_001); user <= 2_000_020; user++ {
		began, allowed := time.Now(), 0
		for n := range 10 {
			asked := time.Now()
			got, err := s.attempt([]*process{s.a, s.b}[n%2], product, user, "")
			slowest = max(slowest, time.Since(asked))
			switch {
			case err != nil || got.status >= http.StatusInternalServerError:
				s.t.Errorf("user %d: %+v, %v", user, got, err)
			case got.status == http.StatusTooManyRequests && got.code == "RATE_LIMITED":
				limited++
			default:
				allowed++
			}
		}
		if seconds := int(time.Since(began).Seconds()) + 2; allowed > 3*seconds {
			s.t.Errorf("user %d tried %d times in %v", user, allowed, time.Since(began))
		}
	}
	if s.t.Logf("%d of 200 attempts were too fast, the slowest answer took %v", limited, slowest); limited == 0 {
		s.t.Error("nobody was limited")
	}
}

// TestClusterTellsResultsToTheOtherReplica by long poll and by events.
func TestClusterTellsResultsToTheOtherReplica(t *testing.T) {
	s := newClusterSite(t, "")
	product := s.onEachMaster("any")[0]
	s.sell(product, 100)
	for user := int64(1); user <= 3; user++ {
		var wg sync.WaitGroup
		wg.Go(func() {
			if status, took := s.result(s.b, product, user); status != "SUCCESS" || took > 5*time.Second {
				t.Errorf("user %d: %s after %v", user, status, took)
			}
		})
		connected := make(chan struct{})
		wg.Go(func() {
			told, err := s.events(s.b, product, user, func() { close(connected) })
			if err != nil || len(told) == 0 || !strings.Contains(told[len(told)-1], `"status":"SUCCESS"`) {
				t.Errorf("user %d is told %v, %v", user, told, err)
			}
		})
		<-connected
		s.buy(s.a, product, user)
		wg.Wait()
	}
}
