package migrations_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"seckill/internal/devstack"
)

// skip skips a test that needs a pooler, but fails it where CI=true.
func skip(t *testing.T, err error) {
	t.Helper()
	if errors.Is(err, devstack.ErrNoPgBouncer) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	t.Fatal(err)
}

// grown brings the tables to what they are in an installation that is too large for 005.
const grown = `
DROP TRIGGER seckill_order_immutable ON seckill_orders;
ALTER TABLE seckill_orders ALTER COLUMN stream_id TYPE text COLLATE "default";
ALTER TABLE seckill_logs ALTER COLUMN stream_id TYPE text COLLATE "default";
ALTER TABLE seckill_dead_letters ALTER COLUMN stream_id TYPE text COLLATE "default", ALTER COLUMN fingerprint TYPE text COLLATE "default"`

// grownRest is grown for what is too large for 015.
const grownRest = `
ALTER TABLE seckill_orders ALTER COLUMN payment_ref TYPE text COLLATE "default";
ALTER TABLE seckill_dead_letters ALTER COLUMN reason TYPE text COLLATE "default";
ALTER TABLE seckill_audit ALTER COLUMN actor TYPE text COLLATE "default", ALTER COLUMN target TYPE text COLLATE "default"`

// loose counts the columns of our indexes that are sorted as the language of the database
// has it. The words of a status are sorted alike in every one.
const loose = `
SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid CROSS JOIN LATERAL unnest(i.indcollation::oid[], i.indkey::int2[]) AS k(sorting, attnum)
 WHERE c.relname LIKE 'seckill\_%' AND k.sorting <> 0 AND k.sorting <> 'pg_catalog."C"'::regcollation
   AND NOT EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = k.attnum AND a.attname = 'status')`

// TestLargeTablesAreCollatedBesideTheSale runs the maintenance step on a database whose
// language is not C, and interrupts it once.
func TestLargeTablesAreCollatedBesideTheSale(t *testing.T) {
	if number(t, open(t, server.URL("")), "SELECT current_setting('server_version_num')::int") < 150_000 {
		t.Skip("ICU is not to be had for a whole database before PostgreSQL 15")
	}
	exec(t, open(t, server.URL("")), `CREATE DATABASE swedish TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'sv-SE'`)
	url := server.URL("swedish")
	if err := apply(t, url); err != nil {
		t.Fatal(err)
	}
	pool := open(t, url)
	if n := number(t, pool, loose); n != 0 {
		t.Errorf("%d key columns of a new installation have the collation of the database", n)
	}
	old := func() {
		exec(t, pool, grown)
		run(t, "psql", "-q", "-v", "ON_ERROR_STOP=1", "-d", url, "-f", "002_guard_orders.sql")
	}
	old()
	exec(t, pool, grownRest)
	run(t, "psql", "-q", "-v", "ON_ERROR_STOP=1", "-d", url, "-f", "005_stand_alone.sql", "-f", "015_collate_the_rest.sql")
	if n := number(t, pool, loose); n != 0 {
		t.Errorf("%d key columns of small tables keep the collation of the database", n)
	}
	old()
	exec(t, pool, grownRest)
	doubts, err := pool.Doubts(t.Context())
	if err != nil || len(doubts) != 8 || !strings.Contains(doubts[0], "maintenance/collate_keys.sql") {
		t.Errorf("doubts: %q %v", doubts, err)
	}
	exec(t, pool, `
INSERT INTO seckill_products (product_id, stock_total, stock_left) VALUES (1, 9, 8);
INSERT INTO seckill_logs (product_id, user_id, stream_id) SELECT 1, n, n || '-0' FROM generate_series(1, 1000) n;
INSERT INTO seckill_orders (product_id, user_id, stream_id, payment_ref) VALUES (1, 1, '1-0', 'Å1');
INSERT INTO seckill_audit (actor, action, target, detail) VALUES ('a', 'order.late_payment', 'order:1', '{"paymentRef": "Å1"}');
CREATE UNIQUE INDEX seckill_orders_collated ON seckill_orders (id); -- left by a run that was killed`)
	for range 2 {
		run(t, "psql", "-q", "-d", url, "-f", "maintenance/collate_keys.sql")
		if n := number(t, pool, loose); n != 0 {
			t.Errorf("%d key columns have the collation of the database", n)
		}
		missing, err := pool.Missing(t.Context())
		if err != nil || len(missing) > 0 {
			t.Errorf("missing afterwards: %v %v", missing, err)
		}
	}
	if _, err := pool.Exec(t.Context(), "INSERT INTO seckill_logs (product_id, user_id, stream_id) VALUES (1, 1, '7-0')"); err == nil {
		t.Error("an entry is stored twice")
	}
	if _, err := pool.Exec(t.Context(), `INSERT INTO seckill_audit (actor, action, target, detail)
			VALUES ('a', 'order.late_payment', 'order:1', '{"paymentRef": "Å1"}')`); err == nil {
		t.Error("a late payment is written down twice")
	}
	exec(t, pool, "INSERT INTO seckill_logs (product_id, user_id, stream_id) VALUES (1, 1, '7-0') ON CONFLICT (product_id, stream_id) DO NOTHING")
}

// TestMigrationsGoWhereTheSearchPathLeads uses a schema that is not public.
func TestMigrationsGoWhereTheSearchPathLeads(t *testing.T) {
	url := newDatabase(t, "elsewhere")
	exec(t, open(t, url), `CREATE SCHEMA "Shop"`)
	if err := apply(t, url+`&search_path=%22Shop%22`); err != nil {
		t.Fatal(err)
	}
	pool := open(t, url)
	missing, err := pool.Missing(t.Context())
	if err != nil || len(missing) == 0 || !strings.Contains(strings.Join(missing, "\n"), `table seckill_logs is in schema "Shop"`) {
		t.Errorf("without the search_path: %q %v", missing, err)
	}
	exec(t, pool, `
INSERT INTO "Shop".seckill_products (product_id, stock_total, stock_left) VALUES (1, 9, 8);
INSERT INTO "Shop".seckill_orders (product_id, user_id, stream_id) VALUES (1, 1, '1-0')`)
}
