package preflight_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/internal/preflight"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// breakage is one thing that can be wrong before a sale.
type breakage struct {
	code  string
	level preflight.Level
	name  string                        // which of several ways to break it; "" = the only one
	do    func(s *site) (mended func()) // breaks it; mended, unless nil, is done after the action
}

func simple(do func(s *site)) func(s *site) func() {
	return func(s *site) func() { do(s); return nil }
}

func inRedis(words ...any) func(s *site) func() { return simple(func(s *site) { s.cli(words...) }) }

func inPostgres(statements ...string) func(s *site) func() {
	return simple(func(s *site) { s.exec(statements...) })
}

const (
	fail = preflight.LevelFail
	warn = preflight.LevelWarn
)

var (
	key  = seckill.StreamKey(product)
	gate = seckill.CompanionKey(product, "gate")
)

// breakages are real faults of real servers. What the printed action is run against is what
// it was printed for.
var breakages = []breakage{
	{"REDIS_ANSWERS", fail, "a script that does not end", simple(breakBusy)},
	{"REDIS_EVICTION", fail, "", inRedis("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")},
	{"REDIS_MEMORY", fail, "", inRedis("CONFIG", "SET", "maxmemory", "20mb")},
	{"REDIS_MASTER", fail, "", inRedis("REPLICAOF", "127.0.0.1", "1")},
	{"REDIS_PERSISTENCE", fail, "", inRedis("CONFIG", "SET", "appendonly", "no")},
	{"REDIS_REPLICAS", fail, "", inRedis("CONFIG", "SET", "min-replicas-to-write", "1")},
	{"REDIS_WRITES", fail, "", inRedis("CLIENT", "PAUSE", "600000", "WRITE")},
	{"REDIS_SCRIPTS", fail, "", inRedis("ACL", "SETUSER", "default", "-eval", "-evalsha")},
	{"REDIS_INFO", warn, "", inRedis("ACL", "SETUSER", "default", "-info")},
	{"REDIS_TRIMMING", warn, "", simple(breakTrimming)},

	{"POSTGRES_ANSWERS", fail, "a database that takes no connections",
		simple(func(s *site) { s.execIn("postgres", "ALTER DATABASE sale ALLOW_CONNECTIONS false", reconnect) })},
	{"POSTGRES_WRITABLE", fail, "", inPostgres("ALTER DATABASE sale SET default_transaction_read_only = on", reconnect)},
	{"POSTGRES_MIGRATIONS", fail, "", inPostgres("DELETE FROM seckill_migrations WHERE version_id IN (9, 10)")},
	{"POSTGRES_SCHEMA", fail, "an index", inPostgres("DROP INDEX seckill_dead_letters_entry_key")},
	{"POSTGRES_TRIGGERS", fail, "", inPostgres("ALTER TABLE seckill_orders DISABLE TRIGGER seckill_orders_within_stock")},
	{"POSTGRES_DURABILITY", fail, "of the server", inPostgres("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")},
	{"POSTGRES_DURABILITY", fail, "of the role", inPostgres("ALTER ROLE postgres SET synchronous_commit = off", reconnect)},
	{"POSTGRES_DURABILITY", fail, "of the role in the database",
		inPostgres("ALTER ROLE postgres IN DATABASE sale SET synchronous_commit = off", reconnect)},
	{"POSTGRES_ISOLATION", warn, "", inPostgres("ALTER DATABASE sale SET default_transaction_isolation = serializable", reconnect)},
	{"POSTGRES_TIMEOUTS", fail, "", inPostgres("ALTER ROLE postgres SET statement_timeout = '950ms'", reconnect)},
	{"POSTGRES_CONNECTIONS", fail, "of the database", inPostgres("ALTER DATABASE sale CONNECTION LIMIT 3")},
	{"POSTGRES_CONNECTIONS", fail, "of the role", inPostgres("ALTER ROLE postgres CONNECTION LIMIT 3")},
	{"POSTGRES_CONNECTIONS", fail, "of the server", breakConnections},
	{"POSTGRES_TRANSACTIONS", warn, "", breakTransactions},
	{"POSTGRES_TRANSACTIONS", warn, "one that is prepared and forgotten", breakPrepared},
	{"POSTGRES_SLOTS", fail, "", simple(breakSlots)},
	{"POSTGRES_COLLATION", warn, "", inPostgres(
		`ALTER TABLE seckill_dead_letters ALTER COLUMN stream_id TYPE text COLLATE "default"`,
	)},
	{"POSTGRES_LOG", warn, "", inPostgres("ALTER SYSTEM SET max_wal_size = '64MB'", "SELECT pg_reload_conf()")},
	{"POSTGRES_SEQUENCES", fail, "", inPostgres("SELECT setval('seckill_audit_id_seq', 1, false)")},

	{"SERVICE_REPLICAS", fail, "one that died", simple(breakReplicas)},

	{"PRODUCT_ACTIVE", fail, "", simple(func(s *site) { s.api("POST", "/pause", "") })},
	{"PRODUCT_WINDOW", fail, "", simple(func(s *site) {
		s.api("PUT", "", `{"startsAt":"2026-01-01T00:00:00Z","endsAt":"2026-01-02T00:00:00Z"}`)
	})},
	{"PRODUCT_WINDOW", warn, "no start", simple(func(s *site) { s.api("PUT", "", `{"startsAt":null}`) })},
	{"PRODUCT_STOCK", fail, "", simple(func(s *site) {
		s.api("POST", "/stock", fmt.Sprintf(`{"delta":-%d,"note":"none"}`, s.left()))
	})},
	{"PRODUCT_LIMIT", warn, "", simple(func(s *site) { s.api("PUT", "", `{"perUserLimit":0}`) })},
	{"PRODUCT_PAYMENT", warn, "", simple(func(s *site) { s.api("PUT", "", `{"paymentWindowSeconds":5}`) })},
	{"PRODUCT_BALANCED", fail, "", inPostgres("UPDATE seckill_products SET stock_left = stock_left - 1")},
	{"PRODUCT_GATE", fail, "of another type", simple(func(s *site) { s.cli("SET", gate, "x") })},
	{"PRODUCT_GATE", fail, "not there", func(s *site) func() {
		return s.withoutKeeper(func() { s.cli("DEL", gate) })
	}},
	{"PRODUCT_OUTBOX", fail, "", func(s *site) func() {
		return s.withoutKeeper(func() {
			_, err := s.ledger.RestockProduct(s.t.Context(), "alice", product, 2, "more")
			s.must(err)
		})
	}},
	{"PRODUCT_LEFT", fail, "", simple(func(s *site) { s.cli("HINCRBY", gate, "left", 3) })},
	{"PRODUCT_STREAM", fail, "of another type", simple(func(s *site) { s.cli("SET", key, "x") })},
	{"PRODUCT_STREAM_IDS", fail, "", simple(func(s *site) {
		s.cli("XADD", key, fmt.Sprintf("%d-0", time.Now().Add(3*time.Hour).UnixMilli()), "uid", 7)
	})},
	{"PRODUCT_BACKLOG", fail, "", breakBacklog},
	{"PRODUCT_DEAD_LETTERS", fail, "", simple(func(s *site) { s.cli("XADD", key, "*", "user", 7) })},
	{"SERVICE_NAMES", fail, "", breakNames},
	{"POSTGRES_STANDBY", warn, "one that is paused", simple(breakStandby)}, // the last: it stays
}

// breakStandby has lists read from a standby, and its replay paused.
func breakStandby(s *site) {
	standby := servertest.Standby(s.t, s.postgres)
	url := standby.URL(database)
	s.must(s.pool.ReadFrom(s.t.Context(), url, 2))
	s.eventually("the standby is read from", func(r preflight.Report) bool {
		return strings.Contains(result(r, "POSTGRES_STANDBY").Observed, "replayed")
	})
	admin := servertest.Open(s.t, url)
	_, err := admin.Exec(s.t.Context(), "SELECT pg_wal_replay_pause()")
	s.must(err)
}

// breakBusy has Redis run a script without an end. It ends with SCRIPT KILL alone.
func breakBusy(s *site) {
	s.cli("CONFIG", "SET", "busy-reply-threshold", 50)
	other := redis.NewClient(&redis.Options{Addr: s.redis.Addr(), ReadTimeout: -1, MaxRetries: -1})
	go func() {
		defer other.Close()
		_ = other.Eval(context.WithoutCancel(s.t.Context()), "while true do end", nil).Err()
	}()
}

// breakTrimming has a group of somebody else that has never read an entry of long ago.
func breakTrimming(s *site) {
	s.cli("DEL", key)
	s.cli("XADD", key, "1-1", "uid", 5)
	s.cli("XGROUP", "CREATE", key, "theirs", "0")
}

// breakConnections leaves PostgreSQL fewer connections than the replica may make.
func breakConnections(s *site) func() {
	restart := func() {
		s.must(s.postgres.Pause(context.Background()))
		s.must(s.postgres.Resume(context.Background()))
	}
	s.t.Cleanup(func() { s.exec("ALTER SYSTEM RESET max_connections"); restart() })
	s.exec("ALTER SYSTEM SET max_connections = 10")
	restart()
	return restart
}

func breakTransactions(s *site) func() {
	s.flight.CallOld(time.Millisecond)
	tx, err := servertest.Open(s.t, s.postgres.URL(database)).Begin(s.t.Context())
	s.must(err)
	_, err = tx.Exec(s.t.Context(), "SELECT 1")
	s.must(err)
	return func() {
		s.flight.CallOld(time.Minute)
		_ = tx.Rollback(context.WithoutCancel(s.t.Context())) // it is gone
	}
}

func breakPrepared(s *site) func() {
	restart := breakSetting(s, "max_prepared_transactions = 2")
	s.exec("BEGIN; CREATE TABLE later (); PREPARE TRANSACTION 'it''s forgotten'")
	s.flight.CallOld(time.Millisecond)
	return func() { s.flight.CallOld(time.Minute); restart() }
}

// breakSetting sets what wants a restart, and returns what takes it back.
func breakSetting(s *site, setting string) func() {
	s.exec("ALTER SYSTEM SET " + setting)
	s.must(s.postgres.Pause(context.Background()))
	s.must(s.postgres.Resume(context.Background()))
	return func() {}
}

// breakSlots has a standby that is gone, and a log that goes on.
func breakSlots(s *site) {
	s.exec("SELECT pg_create_physical_replication_slot('gone', true)")
	for range 5 {
		s.exec("SELECT pg_logical_emit_message(false, 'test', 'x')", "SELECT pg_switch_wal()")
	}
}

func breakReplicas(s *site) {
	other := preflight.Self("b", "0011", 8, 65_536)
	s.must(s.pool.SayAlive(s.t.Context(), other))
	s.exec("UPDATE seckill_replicas SET seen_at = now() - interval '1 minute' WHERE name = 'b'")
}

// breakNames has two replicas of one name.
func breakNames(s *site) func() {
	s.must(s.pool.SayAlive(s.t.Context(), preflight.Self("a", "0011", 8, 65_536)))
	return nil
}

// breakBacklog has a consumer that took an entry and died.
func breakBacklog(s *site) func() {
	s.exec("UPDATE seckill_products SET status = 'PAUSED'")
	servertest.Eventually(s.t, "nobody reads", func() bool {
		s.cli("XADD", key, "*", "uid", 9)
		state, err := s.flightState()
		return err == nil && state > 0
	})
	s.cli("XREADGROUP", "GROUP", "g1", "ghost", "COUNT", "100", "STREAMS", key, ">")
	s.exec("UPDATE seckill_products SET status = 'ACTIVE'")
	return nil
}

// flightState returns how many entries the group has not been given.
func (s *site) flightState() (int64, error) {
	groups, err := s.client.XInfoGroups(s.t.Context(), key).Result()
	if err != nil || len(groups) == 0 {
		return 0, err
	}
	return groups[0].Lag, nil
}

// api changes the product as an operator does.
func (s *site) api(method, rest, body string) {
	s.t.Helper()
	s.sh(fmt.Sprintf(`curl -fsS -X %s -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" -d '%s' "$SECKILL_URL/admin/v1/products/%d%s"`,
		method, body, product, rest))
}

// left returns how many units the product has left.
func (s *site) left() int {
	return servertest.Count(s.t, s.pool, "SELECT stock_left FROM seckill_products WHERE product_id = $1", product)
}

// TestEachThingThatBreaksIsNamedAndItsActionMendsIt breaks each thing for real, expects
// exactly its code, with all that depends on it skipped, runs the printed action, and expects
// go.
func TestEachThingThatBreaksIsNamedAndItsActionMendsIt(t *testing.T) {
	s := newSite(t)
	before := s.eventually("go", func(r preflight.Report) bool { return r.Go })
	usual := codes(before, warn) // what this machine warns of in any case
	for _, b := range breakages {
		went := t.Run(b.code+" "+b.name, func(t *testing.T) {
			if result(before, b.code).Level == b.level {
				t.Skipf("%s is %s here in any case", b.code, b.level)
			}
			s.t = t
			mended := b.do(s)
			broken := s.eventually(b.code+" alone", func(r preflight.Report) bool { return isAlone(r, b, usual) })
			found := result(broken, b.code)
			t.Logf("%s\n%s", found.Message, found.Action)
			s.mend(found)
			if mended != nil {
				mended()
			}
			s.eventually("go again", func(r preflight.Report) bool {
				return r.Go && slices.Equal(codes(r, warn), usual)
			})
		})
		if !went {
			return // the next ones would only tell of this one
		}
	}
}

// mend runs the printed action. What wants a route that this version does not have, or a
// restart of the replica, is done in the database.
func (s *site) mend(found preflight.Result) {
	s.t.Helper()
	api, err := os.ReadFile("../../openapi.json")
	s.must(err)
	switch {
	case found.Code == "PRODUCT_DEAD_LETTERS" && !strings.Contains(string(api), `"/admin/v1/dead-letters/discard"`):
		s.exec("UPDATE seckill_dead_letters SET status = 'DISCARDED'")
	case found.Code == "SERVICE_NAMES":
		s.exec("DELETE FROM seckill_replicas WHERE run <> 'self'")
	default:
		s.sh(found.Action)
	}
}

// isAlone reports whether a report tells of one breakage and nothing else.
func isAlone(r preflight.Report, b breakage, usual []string) bool {
	if b.level == warn {
		return r.Go && result(r, b.code).Level == warn
	}
	return !r.Go && slices.Equal(codes(r, fail), []string{b.code}) &&
		slices.Equal(codes(r, preflight.LevelSkipped), inOrder(r, dependants(b.code)))
}

// inOrder brings codes into the order of a report.
func inOrder(r preflight.Report, all []string) []string {
	var sorted []string
	for _, c := range r.Results {
		if slices.Contains(all, c.Code) {
			sorted = append(sorted, c.Code)
		}
	}
	return sorted
}
