package consumer_test

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"seckill/internal/consumer"
	"seckill/internal/devstack"
	"seckill/internal/ledger"
	"seckill/internal/metrics"
	"seckill/internal/role"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/internal/stream"
	"seckill/model"
)

func TestMain(m *testing.M) { os.Exit(servertest.Run(m)) }

// world is one Redis, one database, and what a process makes of them.
type world struct {
	t       *testing.T
	redis   *devstack.Redis
	client  *redis.Client
	clients *stream.Clients
	pool    *model.Pool
	ledger  *ledger.Ledger
	reg     *prometheus.Registry
	metrics *metrics.Metrics
}

func newWorld(t *testing.T, products ...int64) *world {
	t.Helper()
	return newWorldOn(t, servertest.Redis(t), servertest.Pool(t), products...)
}

func newWorldOn(t *testing.T, server *devstack.Redis, pool *model.Pool, products ...int64) *world {
	t.Helper()
	w := &world{t: t, redis: server, client: servertest.Client(t, server), pool: pool, reg: prometheus.NewRegistry()}
	w.clients = stream.NewClients(stream.ClientConfig{
		Addrs: []string{server.Addr()}, ReadTimeout: 2 * time.Second, WriteTimeout: 2 * time.Second,
	})
	t.Cleanup(func() { _ = w.clients.Close() })
	w.metrics = metrics.New(w.reg)
	w.ledger = ledger.New(pool, w.metrics)
	if err := pool.AddRecordOnlyProducts(t.Context(), products); err != nil {
		t.Fatal(err)
	}
	return w
}

// config is quick to take over, so that tests need not wait.
func config() consumer.Config {
	return consumer.Config{Count: 100, Block: 50 * time.Millisecond, ClaimIdle: 200 * time.Millisecond, MaxDeliveries: 3}
}

func (w *world) reader(product int64, instance string) *stream.Reader {
	return stream.NewReader(w.clients.Commands, w.clients.Blocking, seckill.StreamKey(product), "g1",
		seckill.ConsumerName(product, instance))
}

// loop starts a loop and returns it; it is stopped when the test ends.
func (w *world) loop(product int64, instance string, store consumer.Ledger) *consumer.Loop {
	w.t.Helper()
	l := consumer.NewLoop(product, config(), w.reader(product, instance), store, w.metrics)
	w.start(l.Role)
	return l
}

func (w *world) start(r *role.Role) {
	var wg sync.WaitGroup
	wg.Go(r.Start)
	w.t.Cleanup(func() { r.Stop(); wg.Wait() })
}

// refuse has the database refuse the logs of a user for what can be held against an
// entry: by the constraint that a user has reached the limit.
func (w *world) refuse(user int64) {
	w.t.Helper()
	_, err := w.pool.Exec(w.t.Context(), fmt.Sprintf(`
CREATE FUNCTION test_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'refused' USING ERRCODE = 'check_violation', CONSTRAINT = 'seckill_orders_within_limit';
END $$;
CREATE TRIGGER test_refuse BEFORE INSERT ON seckill_logs FOR EACH ROW WHEN (NEW.user_id = %d) EXECUTE FUNCTION test_refuse()`, user))
	if err != nil {
		w.t.Fatal(err)
	}
}

// push adds entries with uids from … to, in one pipeline.
func (w *world) push(product int64, from, to int) {
	w.t.Helper()
	if err := push(w.t.Context(), w.client, product, from, to); err != nil {
		w.t.Fatal(err)
	}
}

func push(ctx context.Context, client *redis.Client, product int64, from, to int) error {
	pipe := client.Pipeline()
	for uid := from; uid <= to; uid++ {
		pipe.XAdd(ctx, &redis.XAddArgs{Stream: seckill.StreamKey(product), Values: []string{"uid", fmt.Sprint(uid), "ts", "1234567890"}})
	}
	_, err := pipe.Exec(ctx)
	return err
}

// add adds one entry and returns its ID.
func (w *world) add(product int64, id string, fields ...string) string {
	w.t.Helper()
	added, err := w.client.XAdd(w.t.Context(), &redis.XAddArgs{Stream: seckill.StreamKey(product), ID: id, Values: fields}).Result()
	if err != nil {
		w.t.Fatal(err)
	}
	return added
}

func (w *world) logs(product int64) int {
	w.t.Helper()
	return servertest.Count(w.t, w.pool, "SELECT count(*) FROM seckill_logs WHERE product_id = $1", product)
}

// users is how many different users have a log.
func (w *world) users(product int64) int {
	w.t.Helper()
	return servertest.Count(w.t, w.pool, "SELECT count(DISTINCT user_id) FROM seckill_logs WHERE product_id = $1", product)
}

func (w *world) deadLetters(where string) int {
	w.t.Helper()
	return servertest.Count(w.t, w.pool, "SELECT count(*) FROM seckill_dead_letters WHERE "+where)
}

// pending is how many entries are delivered and not acknowledged; -1 where there is
// no group.
func (w *world) pending(product int64) int64 {
	p, err := w.client.XPending(w.t.Context(), seckill.StreamKey(product), "g1").Result()
	if err != nil {
		return -1
	}
	return p.Count
}

// drained waits until a product has n logs and nothing is pending.
func (w *world) drained(product int64, n int) {
	w.t.Helper()
	servertest.Eventually(w.t, fmt.Sprintf("product %d has %d logs and nothing pending", product, n), func() bool {
		return w.logs(product) >= n && w.pending(product) == 0
	})
	if got, users := w.logs(product), w.users(product); got != n || users != n {
		w.t.Errorf("product %d has %d logs of %d users, want %d", product, got, users, n)
	}
}

// metric returns the value of a counter or gauge of a product.
func (w *world) metric(name string, product int64, labels ...string) float64 {
	w.t.Helper()
	families, err := w.reg.Gather()
	if err != nil {
		w.t.Fatal(err)
	}
	want := map[string]string{"product": fmt.Sprint(product)}
	for i := 0; i < len(labels); i += 2 {
		want[labels[i]] = labels[i+1]
	}
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, m := range family.GetMetric() {
			matched := 0
			for _, l := range m.GetLabel() {
				if value, named := want[l.GetName()]; named && value == l.GetValue() {
					matched++
				}
			}
			if matched == len(want) {
				return m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return 0
}
