package books_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"seckill/internal/admission"
	"seckill/internal/books"
	"seckill/internal/consumer"
	"seckill/internal/ledger"
	"seckill/internal/metrics"
	"seckill/internal/role"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/internal/stream"
	"seckill/model"
)

func TestMain(m *testing.M) { os.Exit(servertest.Run(m)) }

// house is what one replica of the service makes of a database and a Redis. All of it
// is about product 1.
type house struct {
	t       *testing.T
	pool    *model.Pool
	clients *stream.Clients
	client  redis.UniversalClient
	gate    *admission.Gate
	streams *stream.Inspector
	keeper  *books.Keeper
	ledger  *ledger.Ledger
	reader  *stream.Reader
	metrics *metrics.Metrics
	mark    string // what was stored last

	first, firstMove int64 // what the gate was opened with
}

// listener tells the keeper alone.
type listener struct{ *books.Keeper }

func (listener) ResultsChanged(int64, []int64) {}

// newHouse makes a replica over a database of its own and the shared Redis, emptied.
func newHouse(t *testing.T) *house {
	t.Helper()
	client := servertest.SharedRedis(t)
	return newHouseOn(t, client.Options().Addr, servertest.Pool(t))
}

func newHouseOn(t *testing.T, addr string, pool *model.Pool) *house {
	t.Helper()
	h := &house{t: t, pool: pool, metrics: metrics.New(prometheus.NewRegistry())}
	h.clients = stream.NewClients(stream.ClientConfig{
		Addrs: []string{addr}, ReadTimeout: 2 * time.Second, WriteTimeout: 2 * time.Second,
	})
	t.Cleanup(func() { _ = h.clients.Close() })
	h.client = h.clients.Commands
	h.gate = admission.NewGate(h.client)
	h.streams = stream.NewInspector(h.client, "g1", seckill.StreamKey)
	h.ledger = ledger.New(pool, silent{})
	h.keeper = books.NewKeeper(pool, h.gate, h.streams, h.ledger)
	h.keeper.Watch(h.metrics)
	h.ledger.Tell(listener{h.keeper})
	h.reader = stream.NewReader(h.clients.Commands, h.clients.Blocking, seckill.StreamKey(1), "g1", seckill.ConsumerName(1, ""))
	return h
}

// replica makes another replica over the same servers.
func (h *house) replica() *house {
	return newHouseOn(h.t, h.client.(*redis.Client).Options().Addr, h.pool)
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// run starts a role, which ends with the test.
func (h *house) run(r *role.Role) {
	var wg sync.WaitGroup
	wg.Go(r.Start)
	h.t.Cleanup(func() { r.Stop(); wg.Wait() })
}

// consume starts a loop as the service has it.
func (h *house) consume(instance string) {
	config := consumer.Config{Count: 50, Block: 50 * time.Millisecond, ClaimIdle: 300 * time.Millisecond, MaxDeliveries: 3}
	reader := stream.NewReader(h.clients.Commands, h.clients.Blocking, seckill.StreamKey(1), "g1", seckill.ConsumerName(1, instance))
	loop := consumer.NewLoop(1, config, reader, h.ledger, h.metrics)
	loop.Tell(h.gate)
	h.run(loop.Role)
}

// create writes product 1 and opens its gate.
func (h *house) create(p seckill.Product) {
	h.t.Helper()
	p.ProductID = 1
	_, err := h.ledger.CreateProduct(h.t.Context(), "tester", p)
	h.must(err)
	h.bring()
	h.first, h.firstMove = h.state().Epoch, h.state().Applied
}

func (h *house) bring() {
	h.t.Helper()
	h.must(h.keeper.Bring(h.t.Context(), 1))
}

// ask asks the gate for one attempt: the stream ID, or the refusal.
func (h *house) ask(user int64) string {
	h.t.Helper()
	outcome, err := h.gate.Admit(h.t.Context(), admission.Attempt{ProductID: 1, UserID: user})
	h.must(err)
	return outcome.StreamID + string(outcome.Refusal)
}

// admit is ask for an attempt that must get in.
func (h *house) admit(users ...int64) {
	h.t.Helper()
	for _, user := range users {
		if _, err := seckill.ParseStreamID(h.ask(user)); err != nil {
			h.t.Fatalf("user %d is refused: %v", user, err)
		}
	}
}

// raw writes entries past the gate, as a BFF does.
func (h *house) raw(users ...int64) {
	h.t.Helper()
	for _, user := range users {
		h.must(rawAdd(h.t.Context(), h.client, user))
	}
}

func rawAdd(ctx context.Context, client redis.UniversalClient, user int64) error {
	return client.XAdd(ctx, &redis.XAddArgs{Stream: seckill.StreamKey(1), Values: []string{"uid", strconv.FormatInt(user, 10)}}).Err()
}

// delivery is what a consumer has read and not yet stored.
type delivery struct {
	batch    ledger.Batch
	admitted []admission.Entry
	ids      []string
}

// deliver reads up to count entries, as a consumer does.
func (h *house) deliver(count int) delivery {
	h.t.Helper()
	h.must(h.reader.Join(h.t.Context()))
	read, err := h.reader.Read(h.t.Context(), count, time.Millisecond)
	h.must(err)
	d := delivery{batch: ledger.Batch{ProductID: 1}}
	for _, e := range read.Entries {
		a, reason := seckill.Decode(e.ID, e.Fields)
		if reason != "" {
			h.t.Fatalf("entry %s: %s", e.ID, reason)
		}
		d.ids = append(d.ids, e.ID)
		d.batch.Attempts = append(d.batch.Attempts, a)
		if a.Admitted {
			d.admitted = append(d.admitted, admission.Entry{StreamID: e.ID, UserID: a.UserID})
		}
	}
	return d
}

// store commits a delivery; told tells gate and stream of it.
func (h *house) store(d delivery) {
	h.t.Helper()
	outcome, err := h.ledger.Store(h.t.Context(), d.batch)
	h.must(err)
	h.mark = outcome.Mark
}

func (h *house) told(d delivery) {
	h.t.Helper()
	h.must(h.gate.Settled(h.t.Context(), 1, d.admitted))
	h.must(h.reader.Ack(h.t.Context(), d.ids, h.mark))
}

// settle stores all that is in the stream, a few entries at a time, and returns how many.
func (h *house) settle() int {
	h.t.Helper()
	for n := 0; ; {
		d := h.deliver(7)
		if len(d.ids) == 0 {
			return n
		}
		h.store(d)
		h.told(d)
		n += len(d.ids)
	}
}

// orderOf is the latest order of a user.
func (h *house) orderOf(user int64) int64 {
	h.t.Helper()
	var id int64
	h.must(h.pool.QueryRow(h.t.Context(), "SELECT id FROM seckill_orders WHERE user_id = $1 ORDER BY id DESC LIMIT 1", user).Scan(&id))
	return id
}

func (h *house) cancel(user int64) {
	h.t.Helper()
	_, err := h.ledger.CancelOrder(h.t.Context(), h.orderOf(user), "tester", true)
	h.must(err)
}

func (h *house) restock(delta int64) {
	h.t.Helper()
	_, err := h.ledger.RestockProduct(h.t.Context(), "tester", 1, delta, "n")
	h.must(err)
}

func (h *house) exec(sql string, args ...any) {
	h.t.Helper()
	_, err := h.pool.Exec(h.t.Context(), sql, args...)
	h.must(err)
}

func (h *house) count(sql string, args ...any) int {
	h.t.Helper()
	return servertest.Count(h.t, h.pool, sql, args...)
}

func (h *house) state() admission.State {
	h.t.Helper()
	s, err := h.gate.State(h.t.Context(), 1)
	h.must(err)
	return s
}

// key names a key of the gate.
func key(what string) string { return seckill.CompanionKey(1, what) }

// want compares what the gate holds, "left L, flying F, user×units …".
func (h *house) want(what, want string) {
	h.t.Helper()
	s := h.state()
	got := fmt.Sprintf("left %d, flying %d,", s.Left, s.InFlight)
	held, err := h.client.HGetAll(h.t.Context(), key("holders")).Result()
	h.must(err)
	for _, user := range slices.Sorted(maps.Keys(held)) {
		got += fmt.Sprintf(" %s×%s", user, held[user])
	}
	if got != want {
		h.t.Errorf("%s: the gate holds %q, want %q", what, got, want)
	}
}

// problem says what is wrong between Redis and PostgreSQL while nothing happens, "" when
// all is well: every unit and every holder is accounted for, with the moves that are
// still to come.
func (h *house) problem(ctx context.Context) string {
	var left, pending int64
	var epoch int64
	if err := h.pool.QueryRow(ctx, `SELECT stock_left, gate_epoch, (SELECT coalesce(sum(units), 0)::bigint FROM seckill_moves m
		WHERE m.product_id = p.product_id AND number > $1) FROM seckill_products p WHERE product_id = 1`, h.applied(ctx)).
		Scan(&left, &epoch, &pending); err != nil {
		return err.Error()
	}
	gate, flying, err := h.gate.AllInFlight(ctx, 1)
	if err != nil {
		return err.Error()
	}
	ids := make([]string, len(flying))
	for i, e := range flying {
		ids[i] = e.StreamID
	}
	unsettled, err := h.pool.Unsettled(ctx, 1, ids)
	if err != nil {
		return err.Error()
	}
	if gate.Epoch != epoch {
		return fmt.Sprintf("the gate is of epoch %d, the books of %d", gate.Epoch, epoch)
	}
	if gate.Left+pending != left-int64(len(unsettled)) {
		return fmt.Sprintf("the gate has %d left and is to be told of %d, the books have %d left, %d in flight", gate.Left, pending, left, len(unsettled))
	}
	return h.holdersProblem(ctx, gate.Applied, flying, unsettled)
}

func (h *house) applied(ctx context.Context) int64 {
	s, _ := h.gate.State(ctx, 1) // 0 of a gate that is not open, which problem finds
	return s.Applied
}

// holdersProblem compares who holds how many units.
func (h *house) holdersProblem(ctx context.Context, applied int64, flying []admission.Entry, unsettled map[string]bool) string {
	should, err := h.holders(ctx, applied)
	if err != nil {
		return err.Error()
	}
	for _, e := range flying {
		if unsettled[e.StreamID] {
			should[strconv.FormatInt(e.UserID, 10)]++
		}
	}
	maps.DeleteFunc(should, func(_ string, n int64) bool { return n == 0 })
	held, err := h.client.HGetAll(ctx, key("holders")).Result()
	if err != nil {
		return err.Error()
	}
	has := map[string]int64{}
	for user, n := range held {
		has[user], _ = strconv.ParseInt(n, 10, 64)
	}
	if !maps.Equal(should, has) {
		return fmt.Sprintf("the gate says that %v hold units, they are %v", has, should)
	}
	return ""
}

// holders is what users hold by their live orders, less the moves that are to come.
func (h *house) holders(ctx context.Context, applied int64) (map[string]int64, error) {
	rows, err := h.pool.Query(ctx, `
SELECT user_id::text, sum(n)::bigint FROM (
  SELECT user_id, 1 AS n FROM seckill_orders WHERE product_id = 1 AND status IN ('PENDING_PAYMENT', 'PAID', 'CONFIRMED')
  UNION ALL SELECT unnest(freed), 1 FROM seckill_moves WHERE product_id = 1 AND number > $1
  UNION ALL SELECT unnest(taken), -1 FROM seckill_moves WHERE product_id = 1 AND number > $1) AS u GROUP BY user_id`, applied)
	if err != nil {
		return nil, err
	}
	held := map[string]int64{}
	for rows.Next() {
		var user string
		var n int64
		if err := rows.Scan(&user, &n); err != nil {
			return nil, err
		}
		held[user] = n
	}
	return held, rows.Err()
}

// inStep fails the test unless Redis and PostgreSQL agree and the books balance.
func (h *house) inStep(when string) {
	h.t.Helper()
	if p := h.problem(h.t.Context()); p != "" {
		h.t.Fatalf("%s: %s", when, p)
	}
	h.balanced(when)
}

// balanced checks what PostgreSQL alone must always hold.
func (h *house) balanced(when string) {
	h.t.Helper()
	for what, sql := range map[string]string{
		"units are neither left nor held by an order": `SELECT abs(stock_total - stock_left - (SELECT count(*) FROM seckill_orders o
			WHERE o.product_id = p.product_id AND status IN ('PENDING_PAYMENT', 'PAID', 'CONFIRMED'))) FROM seckill_products p WHERE product_id = 1`,
		"users hold more than the limit": `SELECT count(*) FROM (SELECT 1 FROM seckill_orders JOIN seckill_products p USING (product_id)
			WHERE seckill_orders.status IN ('PENDING_PAYMENT', 'PAID', 'CONFIRMED') AND per_user_limit > 0
			GROUP BY user_id, per_user_limit HAVING count(*) > per_user_limit) AS over`,
		"logs without a final status": "SELECT count(*) FROM seckill_logs WHERE status = 'PROCESSING' AND product_id = 1",
	} {
		if n := h.count(sql); n != 0 {
			h.t.Errorf("%s: %d %s", when, n, what)
		}
	}
}

// drift is what the reader answers, and whether the gate was open.
func (h *house) drift() (drift int64, open bool) {
	h.t.Helper()
	b, err := books.NewReader(h.pool, h.gate).Read(h.t.Context(), 1)
	h.must(err)
	return b.Drift(), b.Gate != nil
}
