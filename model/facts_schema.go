package model

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// versionedCollations is the first version of PostgreSQL that notes by which version of a
// collation a database was made.
const versionedCollations = 150_000

func collation(ctx context.Context, conn *pgxpool.Conn, version int) (c Collation, err error) {
	c.Columns, err = texts(ctx, conn, "look at the collation of keys", "SELECT a.attrelid::regclass || '.' || a.attname"+fromLooseKeys)
	if err != nil || version < versionedCollations {
		return c, err
	}
	err = conn.QueryRow(ctx, `
SELECT coalesce(datcollversion, ''), coalesce(pg_database_collation_actual_version(oid), '')
  FROM pg_database WHERE datname = current_database()`).Scan(&c.Recorded, &c.Actual)
	if err != nil {
		return c, fmt.Errorf("look at the version of the collation: %w", err)
	}
	return c, nil
}

// selectNumbered lists the columns of our tables that take the numbers of a sequence as
// they are; see selectSequences.
const selectNumbered = `
SELECT quote_ident(relname), quote_ident(name), sequence FROM (
    SELECT c.relname, a.attname AS name,
           coalesce(substring(pg_get_expr(d.adbin, d.adrelid) FROM '^nextval\(''(.*)''::regclass\)$'),
                    CASE WHEN a.attidentity <> '' THEN pg_get_serial_sequence(quote_ident(c.relname), a.attname) END) AS sequence
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
     WHERE c.relname LIKE 'seckill\_%' AND c.relkind IN ('r', 'p') AND pg_table_is_visible(c.oid)
       AND has_table_privilege(c.oid, 'SELECT')) AS columns
 WHERE sequence IS NOT NULL ORDER BY sequence`

// sequenceGaps returns the sequences that are behind the tables that they number. The
// highest number of each table is read from its index.
func sequenceGaps(ctx context.Context, conn *pgxpool.Conn) ([]SequenceGap, error) {
	rows, err := conn.Query(ctx, selectNumbered)
	if err != nil {
		return nil, fmt.Errorf("list sequences: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (sequence, error) {
		var s sequence
		err := row.Scan(&s.table, &s.column, &s.name)
		return s, err
	})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	looks, names := make([]string, len(all)), make([]any, len(all))
	for i, s := range all {
		looks[i] = fmt.Sprintf("SELECT $%[1]d::text AS name, coalesce(max(%[2]s), 0) - coalesce(pg_sequence_last_value($%[1]d::text::regclass), 0) AS behind FROM %[3]s",
			i+1, s.column, s.table)
		names[i] = s.name
	}
	rows, err = conn.Query(ctx, "SELECT name, behind FROM ("+strings.Join(looks, " UNION ALL ")+") AS gaps WHERE behind > 0", names...)
	if err != nil {
		return nil, fmt.Errorf("compare sequences with their tables: %w", err)
	}
	gaps, err := pgx.CollectRows(rows, pgx.RowToStructByPos[SequenceGap])
	if err != nil {
		return nil, fmt.Errorf("compare sequences with their tables: %w", err)
	}
	return gaps, nil
}
