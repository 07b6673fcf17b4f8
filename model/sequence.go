package model

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/zeromicro/go-zero/core/logx"
)

const (
	// stepAtMost is up to where a sequence that is behind its table is stepped forward, number
	// by number: that can only go forwards whoever else takes numbers, and needs no right
	// that an INSERT does not need. A million steps take a fraction of a second.
	stepAtMost = 1_000_000
	// repairWait is how long the repair of a sequence waits for a lock.
	repairWait = 2 * time.Second
	// repairTimeout bounds the repair, whatever becomes of the request that has met the fault.
	repairTimeout = 10 * time.Second
	// repairLock is the advisory lock under which replicas repair: "seckills" in ASCII.
	repairLock = 0x7365636b696c6c73
)

// errNotBehind tells that no sequence of a table is behind it: its key refuses rows for
// another reason.
var errNotBehind = errors.New("no sequence is behind its table")

// brokenKey names the table and the unique key that has refused a number which the
// database itself has given out.
type brokenKey struct{ schema, table, key string }

func (k brokenKey) identifier() string { return pgx.Identifier{k.schema, k.table}.Sanitize() }

// keyOfSequence returns the key that err tells of when its values were given out by the
// database: every unique key but those that an entry or a product fills.
func keyOfSequence(err error) (brokenKey, bool) {
	fault := postgresFault(err)
	if fault == nil || fault.Code != uniqueViolation || isEntryKey(fault) || IsProductKey(err) || fault.TableName == "" {
		return brokenKey{}, false
	}
	return brokenKey{fault.SchemaName, fault.TableName, fault.ConstraintName}, true
}

// repairSequence brings the sequences of a table up to the numbers that are taken. They
// are behind after a restore without them, a blue/green switch or logical replication,
// none of which brings sequences along. It fails with errNotBehind when none is.
func (p *Pool) repairSequence(ctx context.Context, key brokenKey) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), repairTimeout)
	defer cancel()
	return pgx.BeginTxFunc(ctx, p.Pool, readCommitted, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, fmt.Sprintf("SET LOCAL lock_timeout = %d", repairWait.Milliseconds())); err != nil {
			return fmt.Errorf("set lock_timeout: %w", err)
		}
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(repairLock)); err != nil {
			return fmt.Errorf("wait for who repairs sequences: %w", err)
		}
		sequences, err := sequencesOf(ctx, tx, key)
		if err != nil {
			return err
		}
		moved := false
		for _, s := range sequences {
			behind, err := s.forward(ctx, tx)
			if err != nil {
				return err
			}
			moved = moved || behind
		}
		if !moved {
			return errNotBehind
		}
		return nil
	})
}

// sequence is what fills a column, its names quoted.
type sequence struct{ table, column, name string }

// sequencesOf lists the sequences that fill columns of a table, whether the column owns
// them or only names them in its default.
func sequencesOf(ctx context.Context, tx pgx.Tx, key brokenKey) ([]sequence, error) {
	rows, err := tx.Query(ctx, `
SELECT DISTINCT quote_ident(a.attname), s.oid::regclass::text
  FROM pg_attribute a
  LEFT JOIN pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum
  JOIN pg_depend d ON (d.classid = 'pg_attrdef'::regclass AND d.objid = f.oid AND d.refclassid = 'pg_class'::regclass)
                   OR (d.classid = 'pg_class'::regclass AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum
                       AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i'))
  JOIN pg_class s ON s.relkind = 'S'
                 AND s.oid = CASE WHEN d.classid = 'pg_attrdef'::regclass THEN d.refobjid ELSE d.objid END
 WHERE a.attrelid = $1::text::regclass AND a.attnum > 0 AND NOT a.attisdropped`, key.identifier())
	if err != nil {
		return nil, fmt.Errorf("find sequences of %s: %w", key.table, err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (sequence, error) {
		s := sequence{table: key.identifier()}
		err := row.Scan(&s.column, &s.name)
		return s, err
	})
	if err != nil {
		return nil, fmt.Errorf("find sequences of %s: %w", key.table, err)
	}
	return list, nil
}

// forward brings a sequence up to the highest number that is taken, and reports whether
// it was behind. It only ever goes forwards.
func (s sequence) forward(ctx context.Context, tx pgx.Tx) (bool, error) {
	behind, err := s.behind(ctx, tx)
	if err != nil || behind <= 0 {
		return false, err
	}
	if behind > stepAtMost {
		err = s.set(ctx, tx)
	} else {
		_, err = tx.Exec(ctx, "SELECT count(nextval($1::text::regclass)) FROM generate_series(1, $2::bigint)", s.name, behind)
	}
	if err != nil {
		return false, fmt.Errorf("move sequence %s, which is %d behind column %s of %s, forwards: %w",
			s.name, behind, s.column, s.table, err)
	}
	logx.Errorf("sequence %s was %d behind column %s of %s, as after a restore without it: it has been moved forwards",
		s.name, behind, s.column, s.table)
	return true, nil
}

// behind is how many numbers above the sequence's last one are taken, or free between taken ones.
func (s sequence) behind(ctx context.Context, tx pgx.Tx) (int64, error) {
	var behind int64
	err := tx.QueryRow(ctx, fmt.Sprintf("SELECT coalesce(max(%s)::bigint, 0) - coalesce(pg_sequence_last_value($1::text::regclass), 0) FROM %s",
		s.column, s.table), s.name).Scan(&behind)
	if err != nil {
		return 0, fmt.Errorf("compare sequence %s with %s: %w", s.name, s.table, err)
	}
	return behind, nil
}

// set moves a sequence that is far behind in one step. Nobody may take numbers meanwhile,
// lest it be moved backwards.
func (s sequence) set(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, "LOCK TABLE "+s.table+" IN SHARE ROW EXCLUSIVE MODE"); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, fmt.Sprintf(
		"SELECT setval($1::text::regclass, m) FROM (SELECT max(%s)::bigint AS m FROM %s) AS taken WHERE m > coalesce(pg_sequence_last_value($1::text::regclass), 0)",
		s.column, s.table), s.name)
	return err
}
