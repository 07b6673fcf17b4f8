package books_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/internal/consumer"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/internal/stream"
)

// tables are all that the service writes.
var tables = []string{
	"seckill_products", "seckill_logs", "seckill_orders", "seckill_dead_letters", "seckill_audit", "seckill_moves",
	"seckill_carried_entries", "seckill_drained_products", "seckill_order_events",
}

// copyBooks keeps the tables as they are, as a backup does.
func (h *house) copyBooks() {
	h.t.Helper()
	statements := "BEGIN ISOLATION LEVEL REPEATABLE READ; DROP SCHEMA IF EXISTS copy CASCADE; CREATE SCHEMA copy;"
	for _, table := range tables {
		statements += fmt.Sprintf("CREATE TABLE copy.%s AS TABLE %s;", table, table)
	}
	h.exec(statements + "CREATE TABLE copy.numbers AS SELECT last_value FROM seckill_orders_id_seq; COMMIT")
}

// putBackBooks restores what copyBooks has kept. It tries again where it gets in the way of
// replicas that run.
func (h *house) putBackBooks() {
	h.t.Helper()
	statements := "BEGIN; SET LOCAL session_replication_role = replica; TRUNCATE " + strings.Join(tables, ", ") + ";"
	for _, table := range tables {
		statements += fmt.Sprintf("INSERT INTO %s TABLE copy.%s;", table, table)
	}
	statements += "SELECT setval('seckill_orders_id_seq', last_value) FROM copy.numbers; COMMIT"
	servertest.Eventually(h.t, "the books are put back", func() bool {
		_, err := h.pool.Exec(h.t.Context(), statements)
		if !timedOut(err) {
			h.must(err)
		}
		return err == nil
	})
}

// copyRedis returns what Redis holds.
func (h *house) copyRedis() map[string]string {
	h.t.Helper()
	ctx, all := h.t.Context(), map[string]string{}
	names := h.client.Keys(ctx, "*").Val()
	dumps := make([]*redis.StringCmd, len(names))
	_, err := h.client.TxPipelined(ctx, func(pipe redis.Pipeliner) error {
		for i, name := range names {
			dumps[i] = pipe.Dump(ctx, name)
		}
		return nil
	})
	if err != nil && !errors.Is(err, redis.Nil) { // of a key that has gone
		h.t.Fatal(err)
	}
	for i, name := range names {
		if dumps[i].Val() != "" {
			all[name] = dumps[i].Val()
		}
	}
	return all
}

func (h *house) putBackRedis(all map[string]string) {
	h.t.Helper()
	pipe := h.client.TxPipeline()
	pipe.FlushDB(h.t.Context())
	for k, dump := range all {
		pipe.RestoreReplace(h.t.Context(), k, 0, dump)
	}
	_, err := pipe.Exec(h.t.Context())
	h.must(err)
}

// keepHouse runs what a replica runs.
func (h *house) keepHouse(instance string) {
	h.run(h.keeper.Role())
	h.run(h.keeper.Verifier())
	config := consumer.Config{Count: 20, Block: 50 * time.Millisecond, ClaimIdle: time.Second, MaxDeliveries: 3}
	reader := stream.NewReader(h.clients.Commands, h.clients.Blocking, seckill.StreamKey(1), "g1", seckill.ConsumerName(1, instance))
	loop := consumer.NewLoop(1, config, reader, h.ledger, h.metrics)
	loop.Tell(h.gate)
	loop.Ask(h.keeper)
	h.run(loop.Role)
}

// live does what happens in a sale, by chance.
func (h *house) live(chance *rand.Rand, steps int, settled bool) {
	h.t.Helper()
	ctx := h.t.Context()
	for range steps {
		user := 1 + chance.Int64N(40)
		switch chance.IntN(6) {
		case 0, 1:
			_ = h.ask(user)
		case 2:
			h.raw(user)
		case 3, 4:
			if d := h.deliver(1 + chance.IntN(8)); len(d.ids) > 0 {
				h.store(d)
				if chance.IntN(5) > 0 {
					h.told(d)
				}
			}
		default:
			if !settled {
				continue
			}
			var order int64
			err := h.pool.QueryRow(ctx, "SELECT id FROM seckill_orders WHERE status = 'PENDING_PAYMENT' ORDER BY id LIMIT 1").Scan(&order)
			if err == nil {
				_, _ = h.ledger.CancelOrder(ctx, order, "tester", true)
			}
			if chance.IntN(2) == 0 {
				h.must(h.keeper.Bring(ctx, 1))
			}
		}
	}
}

// whole says what is not as it must be once nothing is on its way, "" when all is well.
func (h *house) whole() string {
	ctx := h.t.Context()
	entries, err := h.client.XRange(ctx, seckill.StreamKey(1), "-", "+").Result()
	if err != nil {
		return err.Error()
	}
	ids := make([]string, len(entries))
	for i, e := range entries {
		ids[i] = e.ID
	}
	unsettled, err := h.pool.Unsettled(ctx, 1, ids)
	if err != nil || len(unsettled) > 0 {
		return fmt.Sprintf("%d of %d entries have no result, %v", len(unsettled), len(ids), err)
	}
	groups, err := h.client.XInfoGroups(ctx, seckill.StreamKey(1)).Result()
	if err != nil || len(groups) != 1 || groups[0].Pending > 0 {
		return fmt.Sprintf("pending: %+v, %v", groups, err)
	}
	if n := h.client.Exists(ctx, key("reread")).Val(); n > 0 {
		return "it is still read again"
	}
	if h.count("SELECT count(*) FROM seckill_products WHERE product_id = 1 AND stock_total IS NULL") == 1 {
		return ""
	}
	return h.problem(ctx)
}

// TestAnOlderCopyAtAnyTimeIsMadeWholeAgain puts PostgreSQL, Redis or both back to any
// earlier state, twice in a row. Afterwards every entry has one result, no more is sold than
// there is, and the gate and the books agree.
func TestAnOlderCopyAtAnyTimeIsMadeWholeAgain(t *testing.T) {
	for seed := range uint64(3) {
		for _, what := range []string{"PostgreSQL", "Redis", "both"} {
			settled := seed%3 != 2
			t.Run(fmt.Sprintf("%s, seed %d, settled %v", what, seed, settled), func(t *testing.T) {
				h := newHouse(t)
				product := seckill.Product{PerUserLimit: int64(seed % 3)}
				if settled {
					product.StockTotal, product.PaymentWindow = new(int64(25)), time.Hour
				}
				h.create(product)
				chance := rand.New(rand.NewPCG(seed, 7))
				f := newFollower(h)
				for round := range 2 {
					h.putBack(chance, what, settled, fmt.Sprint(round), f)
				}
				if what == "Redis" && f.anew > 0 {
					t.Errorf("a follower began anew %d times, and the database lost nothing", f.anew)
				}
			})
		}
	}
}

func (h *house) putBack(chance *rand.Rand, what string, settled bool, round string, f *follower) {
	h.t.Helper()
	h.live(chance, chance.IntN(40), settled)
	f.follow()
	h.copyBooks()
	if what == "both" && chance.IntN(2) == 0 {
		h.live(chance, chance.IntN(30), settled)
	}
	kept := h.copyRedis()
	h.live(chance, 10+chance.IntN(40), settled)
	f.follow()
	lost := servertest.Count(h.t, h.pool, "SELECT count(*) FROM seckill_orders o WHERE NOT EXISTS (SELECT 1 FROM copy.seckill_orders c WHERE c.id = o.id)")
	h.exec("DROP TABLE IF EXISTS lost; CREATE TABLE lost AS SELECT id, stream_id FROM seckill_orders o WHERE NOT EXISTS (SELECT 1 FROM copy.seckill_orders c WHERE c.id = o.id)")
	if what != "Redis" {
		h.putBackBooks()
	}
	if what != "PostgreSQL" {
		h.putBackRedis(kept)
	}
	other := h.replica()
	h.keepHouse("a" + round)
	other.keepHouse("b" + round)
	deadline := time.Now().Add(time.Minute)
	last := h.whole()
	for ; last != "" && time.Now().Before(deadline); last = h.whole() {
		time.Sleep(50 * time.Millisecond)
	}
	if last != "" {
		h.t.Fatalf("after %s was put back: %s", what, last)
	}
	if settled {
		h.balanced("after " + what + " was put back")
	}
	f.wantTable()
	if what != "Redis" && lost > 0 {
		if n := h.count("SELECT count(*) FROM seckill_orders JOIN lost USING (id) WHERE seckill_orders.stream_id <> lost.stream_id"); n > 0 {
			h.t.Errorf("%d IDs of orders were given out twice", n)
		}
	}
}

// TestWhatIsLostIsNamed trims what the books have lost, and wants it counted.
func TestWhatIsLostIsNamed(t *testing.T) {
	h := newHouse(t)
	h.create(seckill.Product{StockTotal: new(int64(100)), PerUserLimit: 1, PaymentWindow: time.Hour})
	for user := int64(1); user <= 30; user++ {
		h.raw(user)
	}
	h.settle()
	h.copyBooks()
	for user := int64(31); user <= 60; user++ {
		h.raw(user)
	}
	h.settle()
	entries := h.client.XRange(t.Context(), seckill.StreamKey(1), "-", "+").Val()
	h.must(h.client.XTrimMinID(t.Context(), seckill.StreamKey(1), entries[40].ID).Err())
	h.putBackBooks()
	h.keepHouse("a")
	servertest.Eventually(t, "what is left is stored again", func() bool { return h.whole() == "" })
	if n := h.count("SELECT count(*) FROM seckill_logs"); n != 50 {
		t.Errorf("%d logs, want 50", n)
	}
	for sql, want := range map[string]int{
		"SELECT count(*) FROM seckill_audit WHERE action = 'books.older' AND detail ->> 'lost' = '10' AND detail ->> 'missing' = '20'": 1,
		"SELECT count(*) FROM seckill_audit WHERE action = 'books.found_again' AND detail ->> 'found' = '20'":                          1,
	} {
		if n := h.count(sql); n != want {
			t.Errorf("%s: %d", sql, n)
		}
	}
}
