package model

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"seckill/internal/seckill"
)

// requirement is what the service needs of one table.
type requirement struct {
	table   string
	rights  []string // of the role
	columns []string // "" = all that we know are named by others
	numbers bool     // its rows are numbered by a sequence, column id
}

// requirements are what the service needs to store, settle and answer. They are the
// GRANTs of a role of least rights.
var requirements = []requirement{
	{"seckill_products", []string{"SELECT", "INSERT", "UPDATE"}, seckillProductsFieldNames, false},
	{"seckill_logs", []string{"SELECT", "INSERT", "UPDATE"}, seckillLogsFieldNames, true},
	{"seckill_orders", []string{"SELECT", "INSERT", "UPDATE"}, seckillOrdersFieldNames, true},
	{"seckill_dead_letters", []string{"SELECT", "INSERT", "UPDATE"}, seckillDeadLettersFieldNames, true},
	{"seckill_audit", []string{"SELECT", "INSERT"}, seckillAuditFieldNames, true},
	{"seckill_moves", []string{"SELECT", "INSERT", "DELETE"}, []string{"product_id", "number", "token", "after_token", "units", "taken", "freed"}, false},
	{"seckill_carried_entries", []string{"SELECT", "INSERT", "DELETE"}, []string{"product_id", "stream_id"}, false},
	{"seckill_resent_letters", []string{"SELECT", "INSERT", "UPDATE"}, []string{"letter_id", "product_id", "fields", "stream_id"}, false},
	{"seckill_order_events", []string{"SELECT", "DELETE"}, []string{"product_id", "number", "first", "type", "at", "orders"}, false},
	{"seckill_drained_products", []string{"SELECT", "INSERT", "UPDATE", "DELETE"}, []string{"product_id", "drained_at", "retired_at"}, false},
	{"seckill_replicas", []string{"SELECT", "INSERT", "UPDATE", "DELETE"}, []string{"run", "seen_at", "clock_offset_ms", "failing", "consumes_at"}, false},
}

// requiredFunctions are called by our statements.
var requiredFunctions = []string{
	"seckill_require_record_only(bigint,text[],text)", "seckill_server()", "seckill_require_stored(bigint,text[],text)",
	"seckill_reset_events(bigint)", "seckill_expect_orders(bigint,bigint)",
}

// requiredTriggers keep what the tables' own constraints cannot say; a restore with
// --disable-triggers that failed halfway leaves them off.
var requiredTriggers = []string{
	"seckill_orders.seckill_order_slot", "seckill_orders.seckill_orders_within_limit",
	"seckill_orders.seckill_orders_within_stock", "seckill_orders.seckill_orders_live_changed",
	"seckill_orders.seckill_orders_told", "seckill_orders.seckill_orders_told_of_changes", "seckill_orders.seckill_orders_told_of_deletions",
	"seckill_orders.seckill_order_immutable", "seckill_products.seckill_product_counts_orders", "seckill_products.seckill_product_limit_lowered",
}

// requiredKeys make that an entry counts once and a user wins within the limit; a
// restore that failed, or an index that was built concurrently, can leave one out.
var requiredKeys = []string{
	"seckill_logs_product_stream_key", "seckill_orders_product_stream_key", "seckill_orders_live_key",
	"seckill_dead_letters_entry_key",
}

// selectMissing lists what of the requirements is not there. A table that is not on the
// search_path is named with the schema in which there is one of its name.
const selectMissing = `
WITH needed AS (
    SELECT t.name, to_regclass(t.name) AS relation, string_to_array(t.rights, ',') AS rights,
           string_to_array(t.columns, ',') AS columns, t.numbers
      FROM unnest($1::text[], $2::text[], $3::text[], $4::boolean[]) AS t(name, rights, columns, numbers)
), there AS (SELECT * FROM needed WHERE relation IS NOT NULL)
SELECT coalesce((SELECT 'table ' || n.name || ' is in schema ' || min(c.relnamespace::regnamespace::text)
                        || ', which is not on the search_path or without the right USAGE'
                   FROM pg_class c WHERE c.relname = n.name AND c.relkind IN ('r', 'p')
                 HAVING count(*) > 0),
                'table ' || n.name)
  FROM needed n WHERE relation IS NULL
UNION ALL
SELECT 'column ' || t.name || '.' || c FROM there t, unnest(t.columns) AS c
 WHERE NOT EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = t.relation AND a.attname = c AND NOT a.attisdropped)
UNION ALL
SELECT 'right ' || r || ' on table ' || t.name FROM there t, unnest(t.rights) AS r
 WHERE NOT has_table_privilege(t.relation, r)
UNION ALL
SELECT 'right USAGE on sequence ' || s.name
  FROM there t, LATERAL (SELECT pg_get_serial_sequence(t.relation::text, 'id') AS name) AS s
 WHERE t.numbers AND s.name IS NOT NULL AND NOT has_sequence_privilege(s.name, 'USAGE')
UNION ALL
SELECT 'policies of row-level security off for this role on table ' || t.name FROM there t WHERE row_security_active(t.relation)
UNION ALL
SELECT CASE WHEN to_regprocedure(f) IS NULL THEN 'function ' || f ELSE 'right EXECUTE on function ' || f END
  FROM unnest($5::text[]) AS f
 WHERE to_regprocedure(f) IS NULL OR NOT has_function_privilege(to_regprocedure(f), 'EXECUTE')
UNION ALL
SELECT 'trigger ' || split_part(g, '.', 2) || ', enabled,' FROM unnest($6::text[]) AS g
 WHERE to_regclass(split_part(g, '.', 1)) IS NOT NULL
   AND NOT EXISTS (SELECT 1 FROM pg_trigger WHERE tgrelid = to_regclass(split_part(g, '.', 1))
                      AND tgname = split_part(g, '.', 2) AND tgenabled IN ('O', 'A'))
UNION ALL
SELECT 'index ' || k || ', valid,' FROM unnest($7::text[]) AS k, (SELECT count(*) AS tables FROM there) AS t
 WHERE t.tables > 0
   AND NOT EXISTS (SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(k) AND indisunique AND indisvalid)
UNION ALL
SELECT 'encoding UTF8 of the database, which is ' || current_setting('server_encoding')
 WHERE current_setting('server_encoding') <> 'UTF8'
UNION ALL
SELECT 'session_replication_role = origin, without which no trigger acts'
 WHERE current_setting('session_replication_role') = 'replica'`

// Missing lists what the database, or the rights of our role in it, lack for the service
// to work, each in words that say what to add; nothing when all is there.
func (p *Pool) Missing(ctx context.Context) ([]string, error) {
	n := len(requirements)
	names, rights, columns, numbers := make([]string, n), make([]string, n), make([]string, n), make([]bool, n)
	for i, r := range requirements {
		names[i], rights[i], numbers[i] = r.table, strings.Join(r.rights, ","), r.numbers
		columns[i] = strings.Join(r.columns, ",")
	}
	var missing []string
	err := pgx.BeginTxFunc(ctx, p.Pool, pgx.TxOptions{IsoLevel: pgx.ReadCommitted, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectMissing, names, rights, columns, numbers,
			requiredFunctions, requiredTriggers, requiredKeys)
		if err != nil {
			return err
		}
		missing, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for what is missing: %w", err)
	}
	slices.Sort(missing)
	return missing, nil
}

// Check fails when the database cannot be worked with, with a *seckill.Error where it is
// known what to change.
func (p *Pool) Check(ctx context.Context) error {
	missing, err := p.Missing(ctx)
	if poolsStatements(err) {
		return seckill.Errorf(seckill.CodeUnavailable,
			"the pooler gives each statement a connection of its own (pool_mode = statement): transaction or session is needed")
	}
	if errors.Is(err, errNoWriter) {
		return seckill.Errorf(seckill.CodeUnavailable, "none of the servers that Postgres.DataSource names takes writes")
	}
	if err != nil {
		return err
	}
	if len(missing) > 0 {
		return seckill.Errorf(seckill.CodeUnavailable, "missing: %s", strings.Join(missing, "; "))
	}
	return p.TakesWrites(ctx)
}

// poolsStatements reports PgBouncer's answer to BEGIN in statement mode, which has the
// same SQLSTATE as other errors of protocol.
func poolsStatements(err error) bool {
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	return ok && strings.Contains(pgErr.Message, "statement pooling mode")
}

// insufficientPrivilege is PostgreSQL's SQLSTATE for a right that our role lacks.
const insufficientPrivilege = "42501"

// IsForbidden reports whether our role lacks a right for what it has tried.
func IsForbidden(err error) bool { return SQLState(err) == insufficientPrivilege }

// fromLooseKeys are the key columns that have the collation of the database.
const fromLooseKeys = `
  FROM (VALUES ('seckill_logs', 'stream_id'), ('seckill_orders', 'stream_id'), ('seckill_carried_entries', 'stream_id'),
               ('seckill_dead_letters', 'stream_id'), ('seckill_dead_letters', 'fingerprint'), ('seckill_dead_letters', 'reason'),
               ('seckill_orders', 'payment_ref'), ('seckill_audit', 'actor'), ('seckill_audit', 'target')) AS k(table_name, column_name)
  JOIN pg_attribute a ON a.attrelid = to_regclass(k.table_name) AND a.attname = k.column_name
 WHERE a.attcollation <> 'pg_catalog."C"'::regcollation`

// selectDoubts lists what works but not as an operator would expect.
const selectDoubts = `
SELECT 'synchronous_commit is off for this role: a crash of PostgreSQL loses what was stored in the last moments, acknowledged or not'
 WHERE current_setting('synchronous_commit') = 'off'
UNION ALL
SELECT 'fsync is off: a crash of the machine can destroy the database' WHERE current_setting('fsync') = 'off'
UNION ALL
SELECT 'plan_cache_mode is force_generic_plan for this role: look-ups may read whole tables'
 WHERE current_setting('plan_cache_mode') = 'force_generic_plan'
UNION ALL
SELECT 'column ' || a.attrelid::regclass || '.' || a.attname || ' has the collation of the database, and its index is wrong after an upgrade'
       || ' of the operating system that sorts otherwise: run migrations/maintenance/collate_keys.sql'
` + fromLooseKeys

// Doubts lists what the service works with, but not as an operator would expect: it is
// for the log at start, and for who checks before a sale.
func (p *Pool) Doubts(ctx context.Context) ([]string, error) {
	rows, err := p.Query(ctx, selectDoubts)
	if err != nil {
		return nil, fmt.Errorf("look for doubtful settings: %w", err)
	}
	doubts, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("look for doubtful settings: %w", err)
	}
	return doubts, nil
}
