package model

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
)

// requirement is what the service does with a table.
type requirement struct {
	table   string
	columns []string
	rights  []string
}

// requirements are all that this package's statements need; who adds a statement looks
// here. To lock a row is to UPDATE it.
var requirements = []requirement{
	{"seckill_products", seckillProductsFieldNames, []string{"SELECT", "INSERT", "UPDATE"}},
	{"seckill_logs", seckillLogsFieldNames, []string{"SELECT", "INSERT", "UPDATE"}},
	{"seckill_orders", seckillOrdersFieldNames, []string{"SELECT", "INSERT", "UPDATE"}},
	{"seckill_dead_letters", seckillDeadLettersFieldNames, []string{"SELECT", "INSERT"}},
	{"seckill_audit", seckillAuditFieldNames, []string{"INSERT"}},
	{
		"seckill_moves", []string{"product_id", "number", "units", "taken", "freed"},
		[]string{"SELECT", "INSERT", "DELETE"},
	},
	{"seckill_carried_entries", []string{"product_id", "stream_id"}, []string{"SELECT", "INSERT", "DELETE"}},
}

// requiredFunctions are those that statements call, requiredTriggers those that keep
// orders right.
var (
	requiredFunctions = []string{"seckill_require_record_only(bigint)"}
	requiredTriggers  = map[string][]string{
		"seckill_orders":   {"seckill_order_slot", "seckill_orders_within_limit", "seckill_order_immutable"},
		"seckill_products": {"seckill_product_limit_lowered"},
	}
)

const (
	// A schema that may not be entered hides what is in it from a search, not from the
	// catalogue.
	missingSchemaRights = `
SELECT DISTINCT 'USAGE on schema ' || quote_ident(n.nspname)
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relname = ANY($1::text[]) AND c.relkind IN ('r', 'p') AND to_regclass(c.relname) IS NULL
   AND NOT has_schema_privilege(n.oid, 'USAGE')`

	missingTableRights = `
SELECT r.privilege || ' on ' || r.name FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS r(name, privilege, n)
 WHERE NOT has_table_privilege(to_regclass(r.name)::oid, r.privilege) ORDER BY r.n`

	// missingSequenceRights goes by the defaults of columns. An identity column has none,
	// and needs no right.
	missingSequenceRights = `
SELECT 'USAGE on sequence ' || s.oid::regclass
  FROM unnest($1::text[]) WITH ORDINALITY AS t(name, n)
  JOIN pg_catalog.pg_attrdef a ON a.adrelid = to_regclass(t.name)
  JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_attrdef'::regclass AND d.objid = a.oid
                             AND d.refclassid = 'pg_catalog.pg_class'::regclass
  JOIN pg_catalog.pg_class s ON s.oid = d.refobjid
 WHERE CASE WHEN s.relkind = 'S' THEN NOT has_sequence_privilege(s.oid, 'USAGE, UPDATE') END ORDER BY t.n`

	missingFunctionRights = `
SELECT 'EXECUTE on function ' || f.name FROM unnest($1::text[]) AS f(name)
 WHERE NOT has_function_privilege(to_regprocedure(f.name)::oid, 'EXECUTE')`

	missingColumns = `
SELECT CASE WHEN to_regclass(r.name) IS NULL THEN 'table ' || r.name
            ELSE 'column ' || string_agg(r.field, ', ' ORDER BY r.n) || ' of ' || r.name END
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS r(name, field, n)
 WHERE NOT EXISTS (SELECT 1 FROM pg_catalog.pg_attribute a
                    WHERE a.attrelid = to_regclass(r.name) AND a.attname = r.field AND NOT a.attisdropped)
 GROUP BY r.name ORDER BY min(r.n)`

	missingFunctions = `
SELECT 'function ' || f.name FROM unnest($1::text[]) AS f(name) WHERE to_regprocedure(f.name) IS NULL`

	missingTriggers = `
SELECT 'trigger ' || r.trigger || ' on ' || r.name FROM unnest($1::text[], $2::text[]) AS r(name, trigger)
 WHERE to_regclass(r.name) IS NOT NULL
   AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_trigger t
                    WHERE t.tgrelid = to_regclass(r.name) AND t.tgname = r.trigger AND t.tgenabled <> 'D')
 ORDER BY 1`
)

// MissingRights lists the rights that the role of the pool lacks for the service's work,
// such as "INSERT on seckill_logs" and "USAGE on sequence seckill_logs_id_seq". The right
// to migrate is not among them.
func (p *Pool) MissingRights(ctx context.Context) ([]string, error) {
	tables, rights := flatten(func(r requirement) []string { return r.rights })
	names := slices.Compact(slices.Clone(tables))
	missing, err := p.collectTexts(ctx, []question{
		{missingSchemaRights, []any{names}},
		{missingTableRights, []any{tables, rights}},
		{missingSequenceRights, []any{names}},
		{missingFunctionRights, []any{requiredFunctions}},
	})
	if err != nil {
		return nil, fmt.Errorf("look for missing rights: %w", err)
	}
	return missing, nil
}

// MissingObjects lists what the database lacks of the schema that the service works with,
// such as "table seckill_moves", "column moves of seckill_products" and "trigger
// seckill_order_slot on seckill_orders". What the role may not look up counts as missing.
func (p *Pool) MissingObjects(ctx context.Context) ([]string, error) {
	tables, columns := flatten(func(r requirement) []string { return r.columns })
	var triggered, triggers []string
	for table, names := range requiredTriggers {
		for _, name := range names {
			triggered, triggers = append(triggered, table), append(triggers, name)
		}
	}
	missing, err := p.collectTexts(ctx, []question{
		{missingColumns, []any{tables, columns}},
		{missingFunctions, []any{requiredFunctions}},
		{missingTriggers, []any{triggered, triggers}},
	})
	if err != nil {
		return nil, fmt.Errorf("look for missing tables: %w", err)
	}
	return missing, nil
}

// flatten returns each pair of a table and one of the things that of names of it.
func flatten(of func(requirement) []string) (tables, things []string) {
	for _, r := range requirements {
		for _, thing := range of(r) {
			tables, things = append(tables, r.table), append(things, thing)
		}
	}
	return tables, things
}

// question is a query that answers with one column of text.
type question struct {
	sql  string
	args []any
}

// collectTexts asks in one transaction, and joins the answers. It is an open transaction,
// which a pooler that takes none refuses: see IsStatementPooling.
func (p *Pool) collectTexts(ctx context.Context, questions []question) ([]string, error) {
	var all []string
	batch := &pgx.Batch{}
	for _, q := range questions {
		batch.Queue(q.sql, q.args...).Query(func(rows pgx.Rows) error {
			texts, err := pgx.CollectRows(rows, pgx.RowTo[string])
			all = append(all, texts...)
			return err
		})
	}
	options := pgx.TxOptions{IsoLevel: pgx.ReadCommitted, AccessMode: pgx.ReadOnly}
	err := pgx.BeginTxFunc(ctx, p.Pool, options, func(tx pgx.Tx) error { return tx.SendBatch(ctx, batch).Close() })
	return all, err
}
