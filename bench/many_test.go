package bench

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/internal/admission"
	"seckill/internal/auth"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// market is a bed with many products, on one Redis or on a cluster.
type market struct {
	*bed
	commands redis.UniversalClient
	nodes    []*redis.Client
	port     int
	token    string
}

func newMarket(b *testing.B, cluster bool) *market {
	b.Helper()
	m := &market{port: servertest.FreePort(b)}
	if cluster {
		stack := servertest.Cluster(b)
		postgres := servertest.Postgres(b)
		url := postgres.URL("")
		m.bed = &bed{
			b: b, addr: strings.Join(stack.Addrs(), ","), postgres: postgres, url: url, pool: servertest.Open(b, url), devPorts: map[int]int{},
		}
		m.commands = servertest.ClusterClient(b, stack)
		for _, addr := range stack.Addrs() {
			node := redis.NewClient(&redis.Options{Addr: addr})
			b.Cleanup(func() { _ = node.Close() })
			m.nodes = append(m.nodes, node)
		}
	} else {
		m.bed = newBed(b)
		m.commands, m.nodes = m.client, []*redis.Client{m.client}
	}
	var err error
	if m.token, err = auth.IssueToken(secret, "bench", string(auth.RoleOperator), time.Hour); err != nil {
		b.Fatal(err)
	}
	return m
}

// register puts products up for sale, from … to; columns are more of them with their values.
func (m *market) register(from, to int, columns, values string) {
	m.b.Helper()
	_, err := m.pool.Exec(m.b.Context(), fmt.Sprintf(`
INSERT INTO seckill_products (product_id, stock_total, stock_left, per_user_limit, payment_window_seconds%s)
SELECT id, 1000000, 1000000, 1, 3600%s FROM generate_series(%d, %d) AS id`, columns, values, from, to))
	if err != nil {
		m.b.Fatal(err)
	}
}

// open starts the service, and returns how long it took to be ready. It waits until the gates
// of the products from 1 to n are open.
func (m *market) open(n int) (pid int, ready time.Duration, stop func()) {
	m.b.Helper()
	executable(m.b, "seckill") // is built before the clock runs
	began := time.Now()
	pid, stop = m.launch("seckill", m.port, "Admission: {MaxDelay: 10m}\n")
	m.await("ready", func() bool {
		answer, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/readyz", m.port))
		if err != nil {
			return false
		}
		_ = answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
	ready = time.Since(began)
	gate, ids := admission.NewGate(m.commands), make([]int64, n)
	for i := range ids {
		ids[i] = int64(i) + 1
	}
	m.await("every gate is open", func() bool {
		for page := range slices.Chunk(ids, 1000) {
			briefs, err := gate.Briefs(m.b.Context(), page)
			if err != nil || slices.ContainsFunc(briefs, func(b admission.Brief) bool { return !b.Loaded }) {
				return false
			}
		}
		return true
	})
	return pid, ready, stop
}

// await waits for a condition for five minutes at the most.
func (d *bed) await(what string, is func() bool) {
	d.b.Helper()
	for deadline := time.Now().Add(5 * time.Minute); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			d.b.Fatalf("not within five minutes: %s", what)
		}
	}
}

// info sums a number of INFO over all servers of Redis.
func (m *market) info(section string, names ...string) (sum float64) {
	m.b.Helper()
	for _, node := range m.nodes {
		text := node.Info(m.b.Context(), section).Val()
		for _, name := range names {
			_, rest, _ := strings.Cut(text, name+":")
			value, _, _ := strings.Cut(rest, "\r\n")
			n, err := strconv.ParseFloat(value, 64)
			if err != nil {
				m.b.Fatal(err)
			}
			sum += n
		}
	}
	return sum
}

// alone reports what the servers of Redis cost before anybody comes: those of a cluster talk to
// each other.
func (m *market) alone() {
	m.b.Helper()
	began := m.redisTime()
	time.Sleep(watchedFor) // what is measured
	m.b.ReportMetric(m.redisShare(began), "%core-redis-alone")
}

// redisTime is the processor time of the servers of Redis, in seconds.
func (m *market) redisTime() float64 { return m.info("cpu", "used_cpu_sys", "used_cpu_user") }

// redisShare is what they have taken of a core in the time that is watched, in percent; began is
// their time at its beginning.
func (m *market) redisShare(began float64) float64 {
	return (m.redisTime() - began) / watchedFor.Seconds() * 100
}

// connections are those to Redis but our own.
func (m *market) connections() float64 {
	return m.info("clients", "connected_clients") - float64(m.commands.PoolStats().TotalConns)
}

// startOver is after how long the start is over: what has changed is read again and again for
// half a minute, and books are compared once more when the gates have been opened.
const startOver = time.Minute

// idle reports what the service costs while nothing comes.
func (m *market) idle(pid int, before float64) {
	m.b.Helper()
	time.Sleep(startOver)
	profiled := m.profile(pid, 0, watchedFor)
	began := m.redisTime()
	share := coreShare(m.b, pid)
	m.b.ReportMetric(share, "%core")
	m.b.ReportMetric(m.redisShare(began), "%core-redis")
	m.b.ReportMetric(m.connections()-before, "connections")
	profiled()
}

// manyClient keeps its connections.
var manyClient = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}

// attempt makes an attempt through the gate, and fails unless it is admitted.
func (m *market) attempt(productID int64, user int) error {
	request, err := http.NewRequestWithContext(m.b.Context(), http.MethodPost,
		fmt.Sprintf("http://127.0.0.1:%d/api/v1/products/%d/attempts", m.port, productID), strings.NewReader(fmt.Sprintf(`{"userId":%d}`, user)))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+m.token)
	request.Header.Set("Content-Type", "application/json")
	answer, err := manyClient.Do(request)
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusAccepted {
		return fmt.Errorf("attempt for product %d: %s", productID, answer.Status)
	}
	return nil
}

// raw adds an entry as a BFF does.
func (m *market) raw(productID int64, user int) error {
	return m.commands.XAdd(m.b.Context(), &redis.XAddArgs{Stream: seckill.StreamKey(productID), Values: []string{"uid", strconv.Itoa(user)}}).Err()
}

// first sends one entry each to products that have been quiet, one after the other, and returns
// the longest time until one was stored.
func (m *market) first(products []int64, user int, send func(productID int64, user int) error) (longest time.Duration) {
	m.b.Helper()
	for _, id := range products {
		began := time.Now()
		if err := send(id, user); err != nil {
			m.b.Fatal(err)
		}
		for n := 0; n == 0; {
			err := m.pool.QueryRow(m.b.Context(), "SELECT count(*) FROM seckill_orders WHERE product_id = $1 AND user_id = $2", id, user).Scan(&n)
			if err != nil || time.Since(began) > time.Minute {
				m.b.Fatalf("product %d: not stored, %v", id, err)
			}
		}
		longest = max(longest, time.Since(began))
		time.Sleep(37 * time.Millisecond) // at another moment of a turn
	}
	return longest
}

// settledOnce fails unless each of n entries has become a log and an order, and the stock of
// every product is right.
func (m *market) settledOnce(n int) {
	m.b.Helper()
	for what, query := range map[string]string{
		"logs": "SELECT count(*) FROM seckill_logs WHERE status = 'SUCCESS'", "orders": "SELECT count(*) FROM seckill_orders",
		"units": "SELECT sum(stock_total - stock_left)::bigint FROM seckill_products",
	} {
		if got := servertest.Count(m.b, m.pool, query); got != n {
			m.b.Errorf("%d %s of %d", got, what, n)
		}
	}
	if wrong := servertest.Count(m.b, m.pool, `SELECT count(*) FROM seckill_products p
 WHERE stock_total - stock_left <> (SELECT count(*) FROM seckill_orders o WHERE o.product_id = p.product_id)`); wrong != 0 {
		m.b.Errorf("the books of %d products do not balance", wrong)
	}
}

// each runs a benchmark on one Redis and on a cluster.
func each(b *testing.B, run func(b *testing.B, cluster bool)) {
	b.Helper()
	b.Run("single", func(b *testing.B) { run(b, false) })
	b.Run("cluster", func(b *testing.B) { run(b, true) })
}

// BenchmarkIdleProducts has products that are on sale and to which nothing comes. Reported are
//
//	%core        the processor time that the service takes, of a core; at most 3 is wanted of 1,000
//	%core-redis  that of Redis, all servers of a cluster together; the same, beyond
//	%core-redis-alone, what they take before the service is there
//	connections  to Redis; at most 32 are wanted
//	gate-ms      the longest of twenty times from an attempt to its order, the product having
//	             been quiet; at most 50 is wanted
//	raw-ms       the same of a raw entry; at most 2,000 is wanted
func BenchmarkIdleProducts(b *testing.B) {
	for _, products := range []int{1000, 10_000} {
		b.Run(strconv.Itoa(products), func(b *testing.B) {
			each(b, func(b *testing.B, cluster bool) {
				for range b.N {
					m := newMarket(b, cluster)
					m.register(1, products, "", "")
					m.alone()
					before := m.connections()
					pid, ready, stop := m.open(products)
					m.idle(pid, before)
					var quiet []int64
					for i := range 20 {
						quiet = append(quiet, int64(1+i*products/20))
					}
					b.ReportMetric(milliseconds(m.first(quiet, 1, m.attempt)), "gate-ms")
					time.Sleep(5 * time.Second) // until they are quiet again
					b.ReportMetric(milliseconds(m.first(quiet, 2, m.raw)), "raw-ms")
					b.ReportMetric(ready.Seconds(), "ready-s")
					b.ReportMetric(peakMemory(b, pid), "peak-MB")
					b.ReportMetric(0, "ns/op")
					stop()
					m.settledOnce(40)
				}
			})
		})
	}
}

// registered is how many products BenchmarkRegistered has, and onSale how many of them are on
// sale; a third of the others has ended, the sales of a third are over, and those of the rest
// are far off.
const registered, onSale = 100_000, 100

// BenchmarkRegistered starts with very many products of which few are on sale. Reported are
//
//	ready-s      from the start to readiness; at most 10 is wanted
//	peak-MB      resident memory; at most 300 is wanted
//	and what the others are like in BenchmarkIdleProducts
func BenchmarkRegistered(b *testing.B) {
	for range b.N {
		m := newMarket(b, false)
		m.register(1, onSale, "", "")
		third := (registered - onSale) / 3
		long := ", now() - interval '2 days', now() - interval '2 days'"
		m.register(onSale+1, onSale+third, ", status, created_at, updated_at", ", 'ENDED'"+long)
		m.register(onSale+third+1, onSale+2*third, ", created_at, updated_at, ends_at", long+", now() - interval '1 day'")
		m.register(onSale+2*third+1, registered, ", created_at, updated_at, starts_at", long+", now() + interval '30 days'")
		if _, err := m.pool.Exec(b.Context(), "INSERT INTO seckill_drained_products (product_id) SELECT product_id FROM seckill_products WHERE status = 'ENDED'"); err != nil {
			b.Fatal(err)
		}
		before := m.connections()
		pid, ready, stop := m.open(onSale)
		b.ReportMetric(ready.Seconds(), "ready-s")
		m.idle(pid, before)
		quiet := []int64{1, 20, 40, 60, 80, 100}
		b.ReportMetric(milliseconds(m.first(quiet, 1, m.attempt)), "gate-ms")
		time.Sleep(5 * time.Second) // until they are quiet again
		b.ReportMetric(milliseconds(m.first(quiet, 2, m.raw)), "raw-ms")
		b.ReportMetric(peakMemory(b, pid), "peak-MB")
		b.ReportMetric(0, "ns/op")
		stop()
		m.settledOnce(2 * len(quiet))
	}
}

// thousandFor is how long BenchmarkThousandProducts sends its entries.
const thousandFor = 20 * time.Second

// BenchmarkThousandProducts sends 1,000 entries a second to 1,000 products in turn, as a BFF and
// through the gate. Reported are the median and the 99th percentile of the time from the
// arrival of an entry, by its ID, to its row, and what it costs.
func BenchmarkThousandProducts(b *testing.B) {
	for _, way := range []string{"raw", "gate"} {
		b.Run(way, func(b *testing.B) {
			each(b, func(b *testing.B, cluster bool) {
				for range b.N {
					m := newMarket(b, cluster)
					m.register(1, 1000, "", "")
					pid, _, stop := m.open(1000)
					send := m.raw
					if way == "gate" {
						send = m.attempt
					}
					redisBefore, before := m.redisTime(), processorTime(b, pid)
					n := m.thousand(send)
					m.await("all is stored", func() bool { return servertest.Count(b, m.pool, "SELECT count(*) FROM seckill_logs") >= n })
					took := thousandFor.Seconds()
					b.ReportMetric((processorTime(b, pid)-before)/1e4/took, "%core")
					b.ReportMetric((m.redisTime()-redisBefore)/took*100, "%core-redis")
					var p50, p99 float64
					err := m.pool.QueryRow(b.Context(), `
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY ms), percentile_cont(0.99) WITHIN GROUP (ORDER BY ms)
  FROM (SELECT extract(epoch FROM created_at) * 1000 - split_part(stream_id, '-', 1)::bigint AS ms FROM seckill_logs) AS l`).Scan(&p50, &p99)
					if err != nil {
						b.Fatal(err)
					}
					b.ReportMetric(p50, "p50-ms")
					b.ReportMetric(p99, "p99-ms")
					b.ReportMetric(0, "ns/op")
					stop()
					m.settledOnce(n)
				}
			})
		})
	}
}

// thousand sends 1,000 entries a second, one after the other to each product, and returns how
// many.
func (m *market) thousand(send func(productID int64, user int) error) (sent int) {
	m.b.Helper()
	var group sync.WaitGroup
	room := make(chan struct{}, 64)
	began := time.Now()
	for time.Since(began) < thousandFor {
		for due := int(time.Since(began).Milliseconds()); sent < due; sent++ {
			id, user := int64(sent%1000)+1, sent+1
			room <- struct{}{}
			group.Go(func() {
				if err := send(id, user); err != nil {
					m.b.Error(err)
				}
				<-room
			})
		}
		time.Sleep(time.Millisecond)
	}
	group.Wait()
	return sent
}
