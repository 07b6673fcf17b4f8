package preflight_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"seckill/internal/admission"
	"seckill/internal/preflight"
	"seckill/internal/seckill"
	"seckill/internal/stream"
	"seckill/model"
)

func TestChecksStandBehindWhatTheyDependOn(t *testing.T) {
	before := map[string]bool{}
	for _, c := range preflight.Checks() {
		if before[c.Code] {
			t.Errorf("%s is there twice", c.Code)
		}
		before[c.Code] = true
		for _, on := range c.DependsOn {
			if !before[on] || on == c.Code {
				t.Errorf("%s depends on %s, which does not stand before it", c.Code, on)
			}
		}
		if !strings.HasPrefix(c.Code, strings.ToUpper(string(c.Area))+"_") || c.Level != fail && c.Level != warn {
			t.Errorf("%s: area %s, level %s", c.Code, c.Area, c.Level)
		}
		for name, text := range map[string]string{"name": c.Name, "expected": c.Expected, "impact": c.Impact, "action": c.Action} {
			if text == "" || strings.HasSuffix(text, ".") {
				t.Errorf("%s: %s is %q", c.Code, name, text)
			}
		}
	}
}

// sound are facts with which everything is well.
func sound() *preflight.Facts {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	units, none := int64(10), int64(0)
	good := func(value string) model.Setting { return model.Setting{Value: value, Source: "default"} }
	replica := func(name string) model.Replica {
		return model.Replica{Run: name, Name: name, Version: "v1", ConfigHash: "00", Since: now, MaxConns: 16, OpenFiles: 65_536}
	}
	return &preflight.Facts{
		RanAt:    now,
		Settings: preflight.Settings{Run: "a", Group: "g1", Retention: 168 * time.Hour, MaxConns: 16, Port: 8888},
		Redis: []stream.ServerFacts{{
			Addr: "127.0.0.1:6379", Latency: time.Millisecond, Mode: "standalone", Role: "master", Version: "7.0.15",
			Info: map[string]string{
				"maxmemory": "1000000000", "used_memory": "1000000", "maxmemory_policy": "noeviction", "aof_enabled": "1",
				"aof_last_write_status": "ok", "connected_slaves": "1",
			},
			Config: map[string]string{"min-replicas-to-write": "1"},
		}},
		Postgres: model.ServerFacts{
			Host: "db", Port: 5432, Database: "product_db", Role: "seller", Version: 150_018,
			Activity: model.Activity{Own: 8, Others: 3, ByRole: -1, ByBase: -1},
			Settings: map[string]model.Setting{
				"fsync": good("on"), "full_page_writes": good("on"), "synchronous_commit": good("on"), "max_wal_size": good("1024"),
				"max_connections": good("100"), "superuser_reserved_connections": good("3"), "default_transaction_isolation": good("read committed"),
				"statement_timeout": good("0"), "lock_timeout": good("0"), "idle_in_transaction_session_timeout": good("0"),
			},
		},
		Replicas: []model.Replica{replica("a"), replica("b")},
		Product: &preflight.ProductFacts{
			ProductID: product,
			Sale: model.SaleFacts{
				ProductID: product, Name: "Phone", Status: "ACTIVE", StockTotal: &units, StockLeft: &units, PerUserLimit: 1,
				StartsAt: now.Add(time.Hour), EndsAt: now.Add(2 * time.Hour), PaymentWindow: 15 * time.Minute, Epoch: 5, Moves: 7,
			},
			Gate:    admission.State{Epoch: 5, Applied: 7, Left: 10},
			Account: &seckill.GateAccount{Left: 10},
			Stream: stream.ProductFacts{
				State: stream.State{Stream: key, Group: "g1", LastID: "1-0", Lag: &none}, Exists: true, Joined: true,
			},
		},
	}
}

func TestSoundFactsSayGo(t *testing.T) {
	r := preflight.Judge(sound())
	if !r.Go || len(codes(r, preflight.LevelOK)) != len(preflight.Checks()) {
		t.Fatalf("of sound facts:\n%s", describe(r))
	}
	if r.ProductID != product || r.StartsAt.IsZero() {
		t.Errorf("product %d, starts at %v", r.ProductID, r.StartsAt)
	}
	for _, c := range r.Results {
		if c.Action != "" || c.Message == "" || c.Runbook != c.Code {
			t.Errorf("%s: action %q, runbook %q, message %q", c.Code, c.Action, c.Runbook, c.Message)
		}
	}
	f := sound()
	f.Product = nil
	if r := preflight.Judge(f); !r.Go || r.ProductID != 0 || strings.Contains(strings.Join(codes(r, preflight.LevelOK), " "), "PRODUCT_") {
		t.Errorf("without a product: %+v", r)
	}
}

// TestDecisions are those that no real server shows on demand, and the borders of the others.
func TestDecisions(t *testing.T) {
	refused := errors.New("ERR unknown command")
	for _, c := range []struct {
		name   string
		change func(f *preflight.Facts)
		code   string
		level  preflight.Level
		part   string // of the action or the message
	}{
		{"Redis that nobody starts", func(f *preflight.Facts) { f.Redis[0].Err = errors.New("x") }, "REDIS_ANSWERS", fail, "systemctl start"},
		{"a slow Redis", func(f *preflight.Facts) { f.Redis[0].Latency = 11 * time.Millisecond }, "REDIS_LATENCY", warn, "--latency-history"},
		{"Redis 6", func(f *preflight.Facts) { f.Redis[0].Version = "6.2.7" }, "REDIS_VERSION", fail, "6.2.7"},
		{"Redis without a version", func(f *preflight.Facts) { f.Redis[0].Version = "" }, "REDIS_VERSION", warn, "may not look"},
		{"an append-only file that cannot be written", func(f *preflight.Facts) { f.Redis[0].Info["aof_last_write_status"] = "err" }, "REDIS_PERSISTENCE", fail, "BGREWRITEAOF"},
		{"no append-only file, but a replica", func(f *preflight.Facts) { f.Redis[0].Info["aof_enabled"] = "0" }, "REDIS_PERSISTENCE", warn, "appendonly yes"},
		{"too few replicas", func(f *preflight.Facts) { f.Redis[0].Config["min-replicas-to-write"] = "2" }, "REDIS_REPLICAS", fail, "min-replicas-to-write 0"},
		{"no replica", func(f *preflight.Facts) {
			f.Redis[0].Info["connected_slaves"], f.Redis[0].Config["min-replicas-to-write"] = "0", "0"
		}, "REDIS_REPLICAS", warn, "no replica"},
		{"memory for once", func(f *preflight.Facts) { f.Redis[0].Info["maxmemory"] = "60000000" }, "REDIS_MEMORY", warn, "CONFIG SET maxmemory"},
		{"memory for less", func(f *preflight.Facts) { f.Redis[0].Info["maxmemory"] = "30000000" }, "REDIS_MEMORY", fail, "CONFIG SET maxmemory"},
		{"memory for a large sale", func(f *preflight.Facts) { f.Sales = []model.Sale{{ProductID: 1, Stock: 2_000_000}} }, "REDIS_MEMORY", fail, "4000000 attempts"},
		{"streams that are kept for ever", func(f *preflight.Facts) { f.Settings.Retention = 0 }, "REDIS_RETENTION", warn, "168h"},
		{"PostgreSQL 12", func(f *preflight.Facts) { f.Postgres.Version = 120_022 }, "POSTGRES_VERSION", fail, "12.22"},
		{"a role that may not log in", func(f *preflight.Facts) { f.Postgres.Err = &pgconn.PgError{Code: "28000"} }, "POSTGRES_ANSWERS", fail, `ALTER ROLE "seller" LOGIN`},
		{"too many connections", func(f *preflight.Facts) { f.Postgres.Err = &pgconn.PgError{Code: "53300"} }, "POSTGRES_ANSWERS", fail, "pg_terminate_backend"},
		{"a standby", func(f *preflight.Facts) { f.Postgres.Standby = true }, "POSTGRES_WRITABLE", fail, "pg_promote()"},
		{"no server that takes writes", func(f *preflight.Facts) { f.Postgres.NoWriter, f.Postgres.Err = true, errors.New("x") }, "POSTGRES_WRITABLE", fail, "Postgres.DataSource"},
		{"migrations that psql ran", func(f *preflight.Facts) { f.Migrations = []string{"001_a.sql", "002_b.sql"} }, "POSTGRES_MIGRATIONS", warn, "no record"},
		{"a right that is missing", func(f *preflight.Facts) { f.Postgres.Missing = []string{"right USAGE on sequence s"} }, "POSTGRES_SCHEMA", fail, `GRANT USAGE ON SEQUENCE s TO`},
		{"a short timeout", func(f *preflight.Facts) {
			f.Postgres.Settings["lock_timeout"] = model.Setting{Value: "5000", Source: "database"}
		}, "POSTGRES_TIMEOUTS", warn, `ALTER DATABASE "product_db" RESET lock_timeout`},
		{"a pooler between", func(f *preflight.Facts) {
			f.Postgres.Pooled, f.Postgres.Settings["max_connections"] = true, model.Setting{Value: "1"}
		}, "POSTGRES_CONNECTIONS", preflight.LevelOK, "pooler"},
		{"connections for one replica of two", func(f *preflight.Facts) { f.Postgres.Settings["max_connections"] = model.Setting{Value: "30"} }, "POSTGRES_CONNECTIONS", fail, "max_connections = 38"},
		{"a slot that keeps little", func(f *preflight.Facts) { f.Postgres.Slots = []model.Slot{{Name: "s", Held: 1}} }, "POSTGRES_SLOTS", warn, "pg_drop_replication_slot('s')"},
		{"a slot with a reader", func(f *preflight.Facts) { f.Postgres.Slots = []model.Slot{{Name: "s", Active: true, Held: 1 << 40}} }, "POSTGRES_SLOTS", preflight.LevelOK, ""},
		{"a collation that has changed under keys", func(f *preflight.Facts) {
			f.Postgres.Collation = model.Collation{Columns: []string{"seckill_logs.stream_id"}, Recorded: "2.31", Actual: "2.36"}
		}, "POSTGRES_COLLATION", fail, "collate_keys.sql"},
		{"a collation that has changed", func(f *preflight.Facts) { f.Postgres.Collation = model.Collation{Recorded: "2.31", Actual: "2.36"} }, "POSTGRES_COLLATION", warn, "REFRESH COLLATION VERSION"},
		{"a log for half of what is sold", func(f *preflight.Facts) {
			f.Sales = []model.Sale{{ProductID: 1, Stock: 1_000_000}, {ProductID: 2, Stock: 1_500_000}}
			f.Redis[0].Info["maxmemory"] = "100000000000"
		}, "POSTGRES_LOG", warn, "max_wal_size = '6GB'"},
		{"a log for all that is sold", func(f *preflight.Facts) {
			f.Sales, f.Redis[0].Info["maxmemory"] = []model.Sale{{ProductID: 1, Stock: 480_000}}, "100000000000"
		}, "POSTGRES_LOG", preflight.LevelOK, "max_wal_size=1024MB"},
		{"a standby that nobody pauses and that is behind", func(f *preflight.Facts) {
			f.Standby = model.StandbyFacts{Wanted: true, Err: model.ErrStandbyBehind, Behind: 5 << 20}
		}, "POSTGRES_STANDBY", warn, "5 MiB behind"},
		{"a standby that is away", func(f *preflight.Facts) { f.Standby = model.StandbyFacts{Wanted: true, Err: errors.New("x")} }, "POSTGRES_STANDBY", warn, "systemctl start"},
		{"a standby that follows nobody", func(f *preflight.Facts) { f.Standby = model.StandbyFacts{Wanted: true, Err: model.ErrUnknownStandby} }, "POSTGRES_STANDBY", warn, "pg_stat_wal_receiver"},
		{"a standby that takes writes", func(f *preflight.Facts) { f.Standby = model.StandbyFacts{Wanted: true, Err: model.ErrNoStandby} }, "POSTGRES_STANDBY", warn, "takes writes"},
		{"a standby of another cluster", func(f *preflight.Facts) { f.Standby = model.StandbyFacts{Wanted: true, Err: model.ErrForeignStandby} }, "POSTGRES_STANDBY", warn, "another cluster"},
		{"a standby that follows", func(f *preflight.Facts) { f.Standby = model.StandbyFacts{Wanted: true} }, "POSTGRES_STANDBY", preflight.LevelOK, "replayed"},
		{"a replica that is not ready", func(f *preflight.Facts) { f.Replicas[1].Failing = "consumers" }, "SERVICE_REPLICAS", fail, "readyz"},
		{"a replica that has come back", func(f *preflight.Facts) {
			old := f.Replicas[1]
			old.Run, old.Since, old.Silent = "old", old.Since.Add(-time.Hour), time.Minute
			f.Replicas = append(f.Replicas, old)
		}, "SERVICE_REPLICAS", preflight.LevelOK, ""},
		{"a replica that is long gone", func(f *preflight.Facts) { f.Replicas[1].Silent = time.Hour }, "SERVICE_REPLICAS", preflight.LevelOK, ""},
		{"no heartbeat", func(f *preflight.Facts) { f.Replicas = nil }, "SERVICE_REPLICAS", warn, "no heartbeat"},
		{"two versions", func(f *preflight.Facts) { f.Replicas[1].Version = "v2" }, "SERVICE_VERSIONS", warn, "v1, v2"},
		{"two configurations", func(f *preflight.Facts) { f.Replicas[1].ConfigHash = "01" }, "SERVICE_CONFIGURATION", warn, "00, 01"},
		{"clocks that agree enough", func(f *preflight.Facts) {
			f.Postgres.Clock, f.Redis[0].Clock = 250*time.Millisecond, -250*time.Millisecond
		}, "SERVICE_CLOCKS", preflight.LevelOK, ""},
		{"clocks that do not", func(f *preflight.Facts) {
			f.Postgres.Clock, f.Redis[0].Clock = 251*time.Millisecond, -250*time.Millisecond
		}, "SERVICE_CLOCKS", fail, "clock of PostgreSQL is 501ms ahead of that of Redis"},
		{"another replica's clock", func(f *preflight.Facts) { f.Replicas[1].ClockOffset = -time.Minute }, "SERVICE_CLOCKS", fail, "replica b"},
		{"the secret of development", func(f *preflight.Facts) { f.Settings.DevelopmentSecret = true }, "SERVICE_SECRET", fail, "openssl rand"},
		{"a small ulimit", func(f *preflight.Facts) { f.Replicas[0].OpenFiles = 1024 }, "SERVICE_FILES", fail, "ulimit -n"},
		{"a modest ulimit", func(f *preflight.Facts) { f.Replicas[0].OpenFiles = 10_000 }, "SERVICE_FILES", warn, "ulimit -n"},
		{"a product that has ended", func(f *preflight.Facts) { f.Product.Sale.Status = "ENDED" }, "PRODUCT_ACTIVE", fail, "final"},
		{"a sale that is on", func(f *preflight.Facts) { f.Product.Sale.StartsAt = f.RanAt }, "PRODUCT_WINDOW", warn, "is on since"},
		{"a sale that ends now", func(f *preflight.Facts) { f.Product.Sale.EndsAt = f.RanAt }, "PRODUCT_WINDOW", fail, "is over"},
		{"a sale without an end", func(f *preflight.Facts) { f.Product.Sale.EndsAt = time.Time{} }, "PRODUCT_WINDOW", warn, "no end"},
		{"a limit above the stock", func(f *preflight.Facts) { f.Product.Sale.PerUserLimit = 11 }, "PRODUCT_LIMIT", warn, "perUserLimit"},
		{"no payment window", func(f *preflight.Facts) { f.Product.Sale.PaymentWindow = 0 }, "PRODUCT_PAYMENT", preflight.LevelOK, ""},
		{"a gate of another epoch", func(f *preflight.Facts) { f.Product.Gate.Epoch = 4 }, "PRODUCT_GATE", fail, "books/repair"},
		{"a unit that hangs in flight", func(f *preflight.Facts) { f.Product.Account = &seckill.GateAccount{Left: 9, InFlight: 1} }, "PRODUCT_LEFT", fail, "inFlight 1"},
		{"no stream", func(f *preflight.Facts) { f.Product.Stream.Exists = false }, "PRODUCT_STREAM", fail, "XGROUP CREATE"},
		{"no group", func(f *preflight.Facts) { f.Product.Stream.Joined = false }, "PRODUCT_STREAM", fail, "no group g1"},
		{"an exhausted stream", func(f *preflight.Facts) {
			f.Product.Stream.LastID, f.Product.Stream.Ahead = "18446744073709551615-18446744073709551615", time.Hour
		}, "PRODUCT_STREAM_IDS", fail, "DEL stream:seckill:2001"},
		{"IDs that are hardly ahead", func(f *preflight.Facts) { f.Product.Stream.Ahead = time.Second }, "PRODUCT_STREAM_IDS", preflight.LevelOK, ""},
		{"a lag that nobody knows", func(f *preflight.Facts) { f.Product.Stream.Lag = nil }, "PRODUCT_BACKLOG", fail, "lag not known"},
		{"CLUSTER that is not allowed", func(f *preflight.Facts) { f.Redis[0].Mode, f.Redis[0].ClusterErr = "cluster", refused }, "REDIS_CLUSTER", warn, "may not look"},
	} {
		f := sound()
		c.change(f)
		r := preflight.Judge(f)
		found := result(r, c.code)
		if found.Level != c.level || !strings.Contains(found.Action+found.Message+found.Observed, c.part) {
			t.Errorf("%s: %s is %s: %s [%s]", c.name, c.code, found.Level, found.Message, found.Action)
		}
		if bad := codes(r, fail); c.level == fail && !slices.Equal(bad, []string{c.code}) || c.level != fail && len(bad) > 0 {
			t.Errorf("%s: these fail: %v", c.name, bad)
		}
	}
}

// TestARecordOnlyProductHasNoGate: what it does not need is no failure.
func TestARecordOnlyProductHasNoGate(t *testing.T) {
	f := sound()
	f.Product.Sale.StockTotal, f.Product.Sale.StockLeft, f.Product.Account = nil, nil, nil
	f.Product.Gate, f.Product.GateErr = admission.State{}, admission.ErrNotLoaded
	r := preflight.Judge(f)
	if !r.Go || !slices.Equal(codes(r, warn), []string{"PRODUCT_STOCK"}) {
		t.Errorf("of a record-only product:\n%s", describe(r))
	}
}

// TestCommandsSayWhereAndNeverAPassword looks at how commands are written.
func TestCommandsSayWhereAndNeverAPassword(t *testing.T) {
	for addr, want := range map[string]string{
		"127.0.0.1:6379":  "redis-cli CONFIG SET maxmemory-policy noeviction",
		"localhost:6379":  "redis-cli CONFIG SET maxmemory-policy noeviction",
		"redis.shop:6380": "redis-cli -h redis.shop -p 6380 CONFIG SET maxmemory-policy noeviction",
		"[::1]:6379":      "redis-cli -h ::1 -p 6379 CONFIG SET maxmemory-policy noeviction",
		"/run/redis.sock": "redis-cli -s /run/redis.sock CONFIG SET maxmemory-policy noeviction",
	} {
		f := sound()
		f.Redis[0].Addr, f.Redis[0].Info["maxmemory_policy"] = addr, "volatile-lru"
		if got := result(preflight.Judge(f), "REDIS_EVICTION").Action; got != want {
			t.Errorf("at %s: %s, want %s", addr, got, want)
		}
	}
	f := sound()
	f.Settings.RedisUser, f.Settings.RedisTLS, f.Redis[0].Role = "seller", true, "replica"
	if got, want := result(preflight.Judge(f), "REDIS_MASTER").Action, "redis-cli --tls --user seller REPLICAOF NO ONE"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	f = sound()
	f.Postgres.Database, f.Postgres.Triggers = `it's "mine"`, []string{"seckill_orders.seckill_order_slot"}
	if got, want := result(preflight.Judge(f), "POSTGRES_TRIGGERS").Action,
		`psql -h db -p 5432 -d 'it'\''s "mine"' -c "ALTER TABLE seckill_orders ENABLE TRIGGER seckill_order_slot"`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestEveryCheckIsBrokenSomewhere: a check that no test breaks may say anything.
func TestEveryCheckIsBrokenSomewhere(t *testing.T) {
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	for _, c := range preflight.Checks() {
		if !strings.Contains(all.String(), `"`+c.Code+`", `+string(c.Level)) && c.Code != "PRODUCT_EXISTS" {
			t.Errorf("no test has %s come to %s", c.Code, c.Level)
		}
	}
}
