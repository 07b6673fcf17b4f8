package e2e

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"seckill/internal/servertest"
	"seckill/migrations"
)

// leastRights is all that the role of the service needs, once somebody else has applied
// the migrations. The documents have it too.
const leastRights = `
GRANT USAGE ON SCHEMA shop TO seckill_app;
GRANT SELECT, INSERT, UPDATE ON seckill_products, seckill_logs, seckill_orders, seckill_dead_letters, seckill_resent_letters TO seckill_app;
GRANT SELECT, INSERT ON seckill_audit TO seckill_app;
GRANT SELECT, INSERT, DELETE ON seckill_moves, seckill_carried_entries TO seckill_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON seckill_drained_products, seckill_replicas TO seckill_app;
GRANT SELECT, DELETE ON seckill_order_events TO seckill_app;
GRANT SELECT ON seckill_migrations TO seckill_app;
GRANT USAGE ON SEQUENCE seckill_logs_id_seq, seckill_orders_id_seq, seckill_dead_letters_id_seq, seckill_audit_id_seq TO seckill_app`

// foreignDefaults are defaults of a role, of the kind that break programs which rely on
// PostgreSQL's own.
var foreignDefaults = []string{
	"search_path = shop", "datestyle = 'German, DMY'", "intervalstyle = 'sql_standard'", "timezone = 'Asia/Shanghai'",
	"bytea_output = 'escape'", "extra_float_digits = 0", "standard_conforming_strings = off", "client_encoding = 'LATIN1'",
	"array_nulls = off", "plan_cache_mode = 'force_generic_plan'", "synchronous_commit = off", "jit = on", "row_security = off",
	"default_transaction_deferrable = on", "transform_null_equals = on", "client_min_messages = 'debug1'",
}

// newForeignSite is a site whose tables are in a schema shop, and where the service is a
// role of least rights with foreign defaults. s.pool is the owner's.
func newForeignSite(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, redis: servertest.Redis(t), url: servertest.EmptyDatabase(t)}
	s.client = servertest.Client(t, s.redis)
	owner := servertest.Open(t, s.url)
	statements := []string{
		"CREATE SCHEMA shop",
		"DO $$ BEGIN IF to_regrole('seckill_app') IS NULL THEN CREATE ROLE seckill_app LOGIN; END IF; END $$",
		"REVOKE ALL ON SCHEMA public FROM PUBLIC",
	}
	name := strings.TrimSuffix(s.url[strings.LastIndex(s.url, "/")+1:], "?sslmode=disable")
	for _, setting := range foreignDefaults {
		statements = append(statements, fmt.Sprintf("ALTER ROLE seckill_app IN DATABASE %s SET %s", name, setting))
	}
	for _, statement := range statements {
		if _, err := owner.Exec(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	s.pool = servertest.Open(t, s.url+"&search_path=shop")
	if err := migrations.Apply(t.Context(), s.pool.SQL()); err != nil {
		t.Fatal(err)
	}
	s.exec(leastRights)
	s.url = strings.Replace(s.url, "postgres://postgres@", "postgres://seckill_app@", 1)
	return s
}

func (s *site) exec(statement string) {
	s.t.Helper()
	if _, err := s.pool.Exec(s.t.Context(), statement); err != nil {
		s.t.Fatalf("%s: %v", statement, err)
	}
}

// TestASaleWithLeastRights sells with no more rights than the documents list, in a schema
// that is not public, through defaults of the role that nobody expects; and names what is
// missing when there is less.
func TestASaleWithLeastRights(t *testing.T) {
	s := newForeignSite(t)
	a, b := s.start("a", ""), s.start("b", "")
	a.ready()
	b.ready()
	if !strings.Contains(a.output.String(), "synchronous_commit is off") {
		t.Error("nothing says that synchronous_commit is off")
	}
	s.sellEverywhere(a, b)
	a.create(`{"productId": 3, "name": "手机 ☎ \\ ' \"", "startsAt": "2026-01-02T03:04:05.678901+08:00"}`)
	_, product := b.call("viewer", http.MethodGet, "/admin/v1/products/3", "")
	if product["name"] != `手机 ☎ \ ' "` || product["startsAt"] != "2026-01-01T19:04:05.678901Z" {
		t.Errorf("a product that was not kept as it was given: %v", product)
	}
	_ = a.terminate()
	for _, less := range []struct{ revoke, named string }{
		{"REVOKE USAGE ON SEQUENCE seckill_logs_id_seq FROM seckill_app", "right USAGE on sequence shop.seckill_logs_id_seq"},
		{"REVOKE DELETE ON seckill_moves FROM seckill_app", "right DELETE on table seckill_moves"},
		{"ALTER TABLE seckill_orders DISABLE TRIGGER seckill_orders_within_limit", "trigger seckill_orders_within_limit"},
		{"ALTER TABLE seckill_products RENAME COLUMN moves TO gone", "column seckill_products.moves"},
		{"REVOKE USAGE ON SCHEMA shop FROM seckill_app", "table seckill_logs is in schema shop"},
	} {
		s.exec(less.revoke)
		servertest.Eventually(t, "/readyz says "+less.named, func() bool { return strings.Contains(b.readiness(), less.named) })
	}
	s.start("late", "").notReady("table seckill_logs is in schema shop") // and so does the log at start
}

// readiness returns what /readyz says to be amiss, "" when nothing is.
func (p *process) readiness() string {
	if err := p.api("bff").Ready(p.t.Context()); err != nil {
		return err.Error()
	}
	return ""
}

// TestMigrationsGoTheirOwnWay starts the service on an empty database with a role that may
// create nothing, through a pooler: by MigrateSource the owner migrates directly. Without
// it, and where the configuration says not to migrate, what is missing is named.
func TestMigrationsGoTheirOwnWay(t *testing.T) {
	s := &site{t: t, redis: servertest.Redis(t), url: servertest.EmptyDatabase(t)}
	direct := s.url
	s.pool = servertest.Open(t, direct)
	s.exec(`DO $$ BEGIN IF to_regrole('seckill_app') IS NULL THEN CREATE ROLE seckill_app LOGIN; END IF; END $$;
REVOKE CREATE ON SCHEMA public FROM PUBLIC; -- before PostgreSQL 15 everybody may
ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO seckill_app;
ALTER DEFAULT PRIVILEGES GRANT USAGE ON SEQUENCES TO seckill_app`)
	through := servertest.PgBouncer(t, "transaction", 3)(direct)
	s.url = strings.Replace(through, "postgres://postgres@", "postgres://seckill_app@", 1)
	may, mayNot := s.start("may-not", ""), s.startWith("asked-not-to", ", Migrate: false")
	may.notReady("table seckill_logs")
	mayNot.notReady("table seckill_logs")
	servertest.Eventually(t, "the log names what is pending", func() bool {
		text := mayNot.output.String()
		return strings.Contains(text, "001_create_seckill_logs.sql") && strings.Contains(text, "Postgres.Migrate")
	})
	owner := s.startWith("owner", fmt.Sprintf(", MigrateSource: %q", direct))
	for _, p := range []*process{owner, may, mayNot} {
		p.ready() // the others go on by themselves
	}
}

// startWith is start with more about PostgreSQL.
func (s *site) startWith(instance, postgres string) *process {
	s.t.Helper()
	return s.startBy(s.redis.Addr(), fmt.Sprintf("{DataSource: %q%s}", s.url, postgres), instance, "")
}

// TestASaleGoesOnWhileAReplicaMigrates: somebody's forgotten transaction holds the tables
// that a new replica wants to change.
func TestASaleGoesOnWhileAReplicaMigrates(t *testing.T) {
	s := newSite(t)
	a := s.start("a", "")
	a.ready()
	a.create(`{"productId": 2, "name": "phone", "stockTotal": 50, "paymentWindowSeconds": 600}`)
	s.exec(`DELETE FROM seckill_migrations WHERE version_id = 5;
ALTER TABLE seckill_logs ALTER COLUMN stream_id TYPE text COLLATE "default"`)
	reader, err := s.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Rollback(context.WithoutCancel(t.Context()))
	if _, err := reader.Exec(t.Context(), "SELECT count(*) FROM seckill_products, seckill_orders, seckill_logs"); err != nil {
		t.Fatal(err)
	}
	b := s.start("b", "")
	servertest.Eventually(t, "the new replica has waited for the tables", func() bool {
		return strings.Count(b.output.String(), "(type:sql,version:5): ERROR: canceling statement due to lock timeout") >= 2
	})
	s.push(2, 1, 80)
	s.settledTo(a, 2, 80, 50)
	if status, answer := a.call("bff", http.MethodGet, "/api/v1/products/2/users/1/result", ""); status != http.StatusOK {
		t.Errorf("a result meanwhile: %d %v", status, answer)
	}
	if strings.Contains(b.output.String(), "joined") || b.readiness() == "" {
		t.Error("the new replica works before its migrations are applied")
	}
	if err := reader.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.ready()
}

// TestASchemaThatIsThereNeedsNoRightToMigrate: a role that may neither read the record of the
// migrations nor apply one, under which a record is missing, works with the tables that it
// finds.
func TestASchemaThatIsThereNeedsNoRightToMigrate(t *testing.T) {
	s := newForeignSite(t)
	s.exec("REVOKE SELECT ON seckill_migrations FROM seckill_app")
	blind := s.start("blind", "")
	blind.ready()
	s.exec("GRANT SELECT ON seckill_migrations TO seckill_app")
	s.exec("DELETE FROM seckill_migrations WHERE version_id = (SELECT max(version_id) FROM seckill_migrations)")
	behind := s.start("behind", "")
	behind.ready()
	for _, p := range []*process{blind, behind} {
		if !strings.Contains(p.output.String(), "the schema has all that is needed, but migrations are not applied") {
			t.Error("the log does not say that migrations are not applied")
		}
	}
}
