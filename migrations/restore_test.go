package migrations_test

import (
	"context"
	"errors"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// source makes a database, migrated by the service, with some of everything in it.
func source(t *testing.T, name string) string {
	t.Helper()
	url := newDatabase(t, name)
	if err := apply(t, url); err != nil {
		t.Fatal(err)
	}
	exec(t, open(t, url), `
INSERT INTO seckill_products (product_id, stock_total, stock_left, per_user_limit) VALUES (1, 9, 7, 1), (2, NULL, NULL, 1), (3, 5, 2, 0);
INSERT INTO seckill_orders (product_id, user_id, stream_id, status, expires_at) VALUES
	(1, 10, '1-0', 'PENDING_PAYMENT', now()), (1, 11, '2-0', 'PAID', NULL), (1, 12, '3-0', 'CANCELLED', NULL),
	(3, 10, '1-0', 'CONFIRMED', NULL), (3, 10, '1-1', 'CONFIRMED', NULL), (3, 10, '1-2', 'CONFIRMED', NULL);
UPDATE seckill_products SET per_user_limit = 1 WHERE product_id = 3; -- lowered below what a user holds
INSERT INTO seckill_logs (product_id, user_id, stream_id, status) VALUES (1, 10, '1-0', 'SUCCESS'), (2, 10, '2-0', 'PROCESSING');
INSERT INTO seckill_dead_letters (product_id, stream_id, reason, fingerprint) VALUES (1, '4-0', 'INVALID_UID', 'f');
INSERT INTO seckill_audit (actor, action, target) VALUES ('tester', 'product.create', 'product:1');
INSERT INTO seckill_moves (product_id, number, units) VALUES (1, 1, 3);
INSERT INTO seckill_carried_entries (product_id, stream_id) VALUES (1, '5-0')`)
	return url
}

// restored proves that a database has what source has, that numbers go on after the
// greatest, and that the triggers act whatever the search_path is.
func restored(t *testing.T, url string) {
	t.Helper()
	pool := open(t, url)
	for query, want := range map[string]int{
		"SELECT count(*) FROM seckill_products":        3,
		"SELECT count(*) FROM seckill_orders":          6,
		"SELECT count(*) FROM seckill_logs":            2,
		"SELECT count(*) FROM seckill_dead_letters":    1,
		"SELECT count(*) FROM seckill_audit":           1,
		"SELECT count(*) FROM seckill_moves":           1,
		"SELECT count(*) FROM seckill_carried_entries": 1,
	} {
		if n := number(t, pool, query); n != want {
			t.Errorf("%s: %d, want %d", query, n, want)
		}
	}
	if n := number(t, pool, `SELECT count(*) FROM seckill_products p WHERE live_orders <> (SELECT count(*) FROM seckill_orders o
			WHERE o.product_id = p.product_id AND o.status IN ('PENDING_PAYMENT', 'PAID', 'CONFIRMED'))`); n != 0 {
		t.Errorf("%d products count their live orders wrongly", n)
	}
	missing, err := pool.Missing(t.Context())
	if err != nil || len(missing) > 0 {
		t.Errorf("missing after the restore: %v %v", missing, err)
	}
	exec(t, pool, `
INSERT INTO seckill_logs (product_id, user_id, stream_id) VALUES (1, 20, '6-0');
INSERT INTO seckill_orders (product_id, user_id, stream_id, slot) VALUES (1, 20, '6-0', 1);
INSERT INTO seckill_dead_letters (product_id, stream_id, reason, fingerprint) VALUES (1, '6-0', 'INVALID_UID', 'f');
INSERT INTO seckill_audit (actor, action, target) VALUES ('tester', 'product.create', 'product:1');
SET search_path = ''; -- as pg_restore and a function with rights of its own have it
INSERT INTO public.seckill_orders (product_id, user_id, stream_id) VALUES (1, 21, '7-0');
UPDATE public.seckill_products SET per_user_limit = 0 WHERE product_id = 1;
UPDATE public.seckill_products SET per_user_limit = 1 WHERE product_id = 1;
SELECT public.seckill_require_record_only(2);
RESET search_path`)
	for name, statement := range map[string]string{
		"seckill_orders_within_limit": "INSERT INTO public.seckill_orders (product_id, user_id, stream_id) VALUES (1, 21, '8-0')",
		"seckill_order_immutable":     "UPDATE seckill_orders SET status = 'PAID' WHERE status = 'CANCELLED'",
	} {
		var refused *pgconn.PgError
		if _, err := pool.Exec(t.Context(), statement); !errors.As(err, &refused) || refused.ConstraintName != name {
			t.Errorf("%s: %v, want %s", statement, err, name)
		}
	}
	if err := apply(t, url); err != nil {
		t.Errorf("the service afterwards: %v", err)
	}
}

// needsPgDump skips a test where the pg_dump of this machine is older than the server, which
// it then refuses ("pg_dump", Notes): the tests run on versions other than the installed one.
func needsPgDump(t *testing.T) {
	t.Helper()
	out, err := osexec.CommandContext(t.Context(), "pg_dump", "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Fields(string(out)) // pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)
	major, err := strconv.Atoi(strings.Split(words[2], ".")[0])
	if err != nil {
		t.Fatal(err)
	}
	if server := number(t, open(t, server.URL("")), "SELECT current_setting('server_version_num')::int") / 10_000; major < server {
		t.Skipf("pg_dump %d cannot dump PostgreSQL %d", major, server)
	}
}

// TestRestoresEndWell takes dumps as people do and restores them.
func TestRestoresEndWell(t *testing.T) {
	needsPgDump(t)
	from := source(t, "source")
	dump := func(args ...string) string {
		file := filepath.Join(t.TempDir(), "dump")
		run(t, "pg_dump", append(args, "-d", from, "-f", file)...)
		return file
	}
	plain := func(t *testing.T, url, file string) {
		run(t, "psql", "-q", "-v", "ON_ERROR_STOP=1", "-d", url, "-f", file)
	}
	custom := func(t *testing.T, url, file string, args ...string) {
		run(t, "pg_restore", append(args, "--exit-on-error", "-d", url, file)...)
	}
	service := func(t *testing.T, url string) {
		if err := apply(t, url); err != nil {
			t.Fatal(err)
		}
	}
	archive, data := dump("-Fc"), dump("--data-only")
	for name, restore := range map[string]func(t *testing.T, url string){
		"all_as_text":            func(t *testing.T, url string) { plain(t, url, dump()) },
		"all_as_an_archive":      func(t *testing.T, url string) { custom(t, url, archive) },
		"all_side_by_side":       func(t *testing.T, url string) { custom(t, url, archive, "-j", "2") },
		"all_without_owners":     func(t *testing.T, url string) { custom(t, url, archive, "--no-owner", "--no-privileges", "-1") },
		"all_over_a_schema":      func(t *testing.T, url string) { service(t, url); custom(t, url, archive, "--clean", "--if-exists") },
		"data_after_the_service": func(t *testing.T, url string) { service(t, url); plain(t, url, data) },
		"data_after_psql": func(t *testing.T, url string) {
			psql(t, url)
			plain(t, url, dump("--data-only", "-T", "seckill_migrations"))
		},
		"data_after_both":    func(t *testing.T, url string) { psql(t, url); service(t, url); psql(t, url); plain(t, url, data) },
		"data_of_an_archive": func(t *testing.T, url string) { service(t, url); custom(t, url, archive, "--data-only", "-1") },
		// With the products before the orders of a user who holds more than a limit that was lowered.
		"data_side_by_side": func(t *testing.T, url string) {
			service(t, url)
			custom(t, url, archive, "--data-only", "--disable-triggers", "-j", "2", "-L", withoutVersions(t, archive))
		},
		"data_without_triggers": func(t *testing.T, url string) {
			psql(t, url)
			custom(t, url, archive, "--data-only", "--disable-triggers", "-L", withoutVersions(t, archive))
		},
		"data_as_inserts":     func(t *testing.T, url string) { service(t, url); plain(t, url, dump("--data-only", "--inserts")) },
		"schema_then_data":    func(t *testing.T, url string) { plain(t, url, dump("--schema-only")); plain(t, url, data) },
		"sections_one_by_one": func(t *testing.T, url string) { sections(t, url, archive, custom) },
	} {
		t.Run(name, func(t *testing.T) {
			url := newDatabase(t, name)
			restore(t, url)
			restored(t, url)
		})
	}
}

// withoutVersions makes the list of an archive's contents without the records of
// migrations: without triggers, or without their table, they cannot be restored.
func withoutVersions(t *testing.T, archive string) string {
	t.Helper()
	out, err := osexec.CommandContext(t.Context(), "pg_restore", "-l", archive).Output()
	if err != nil {
		t.Fatal(err)
	}
	var kept strings.Builder
	for line := range strings.Lines(string(out)) {
		if !strings.Contains(line, "seckill_migrations") {
			kept.WriteString(line)
		}
	}
	file := filepath.Join(t.TempDir(), "list")
	if err := os.WriteFile(file, []byte(kept.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func sections(t *testing.T, url, archive string, restore func(t *testing.T, url, file string, args ...string)) {
	t.Helper()
	for _, section := range []string{"pre-data", "data", "post-data"} {
		restore(t, url, archive, "--section="+section)
	}
}

// TestAReplicaTakesOver replicates the tables logically, as a change of the major version
// without a stop does. Sequences are not replicated: setval is the operator's.
func TestAReplicaTakesOver(t *testing.T) {
	from, to := source(t, "publisher"), newDatabase(t, "subscriber")
	psql(t, to)
	publisher, subscriber := open(t, from), open(t, to)
	exec(t, publisher, "CREATE PUBLICATION books FOR ALL TABLES")
	// Within one server the slot has to be made beforehand ("CREATE SUBSCRIPTION", Notes).
	exec(t, publisher, "SELECT pg_create_logical_replication_slot('books', 'pgoutput')")
	exec(t, publisher, "DROP TABLE seckill_migrations") // as of an installation that psql has made
	exec(t, subscriber, "CREATE SUBSCRIPTION books CONNECTION '"+from+"' PUBLICATION books WITH (create_slot = false, slot_name = 'books')")
	t.Cleanup(func() { _ = unsubscribe(to) })
	exec(t, publisher, "UPDATE seckill_orders SET status = 'PAID' WHERE product_id = 1 AND user_id = 10")
	deadline := time.Now().Add(time.Minute)
	for number(t, subscriber, "SELECT count(*) FROM seckill_orders WHERE status = 'PAID'") != 2 ||
		number(t, subscriber, "SELECT count(*) FROM pg_subscription_rel WHERE srsubstate <> 'r'") != 0 {
		if time.Now().After(deadline) {
			t.Fatal("the replica has not caught up within a minute")
		}
		time.Sleep(20 * time.Millisecond)
	}
	if err := unsubscribe(to); err != nil {
		t.Fatal(err)
	}
	run(t, "psql", "-q", "-v", "ON_ERROR_STOP=1", "-d", to, "-f", "maintenance/set_sequences.sql")
	restored(t, to)
}

// unsubscribe ends the subscription of a database, which gives up its slot: with one that
// is in use the server would not stop.
func unsubscribe(url string) error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, "DROP SUBSCRIPTION IF EXISTS books")
	return err
}
