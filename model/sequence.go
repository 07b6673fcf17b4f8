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
	// by number: that goes only forwards whoever else takes numbers, and needs no right that
	// an INSERT does not need. A million steps take a fraction of a second.
	stepAtMost = 1_000_000
	// repairTimeout bounds the repair, whatever becomes of the request that has met the fault.
	repairTimeout = 10 * time.Second
	// repairLock is the advisory lock under which replicas repair: "seckills" in ASCII.
	repairLock = 0x7365636b696c6c73
)

// errNotBehind tells that no sequence of a table is behind it.
var errNotBehind = errors.New("no sequence is behind its table")

// brokenKey names a table, of which a unique key has refused a number that the database
// itself has given out.
type brokenKey struct{ schema, table string }

func (k brokenKey) identifier() string {
	if k.schema == "" {
		return pgx.Identifier{k.table}.Sanitize()
	}
	return pgx.Identifier{k.schema, k.table}.Sanitize()
}

// keyOfSequence returns the key that err tells of when its values may have been given out
// by the database: every unique key but those that an entry or a request fills.
func keyOfSequence(err error) (brokenKey, bool) {
	fault := postgresFault(err)
	if fault == nil || fault.Code != uniqueViolation || fault.TableName == "" || isEntryKey(fault) || IsProductKey(err) {
		return brokenKey{}, false
	}
	return brokenKey{fault.SchemaName, fault.TableName}, true
}

// repairSequences brings the sequences of a table up to the numbers that are taken. They
// are behind after a restore without them, a blue/green switch or logical replication,
// none of which brings sequences along. It fails with errNotBehind when none is.
func (p *Pool) repairSequences(ctx context.Context, key brokenKey) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), repairTimeout)
	defer cancel()
	return pgx.BeginTxFunc(ctx, p.Pool, readCommitted, func(tx pgx.Tx) error {
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

// sequence is what fills a column. All three are quoted.
type sequence struct{ table, column, name string }

// selectSequences lists the sequences whose numbers columns take as they are. A default
// that makes something else of a number is not behind when its sequence is.
const selectSequences = `
SELECT quote_ident(name), sequence FROM (
    SELECT a.attname AS name,
           coalesce(substring(pg_get_expr(d.adbin, d.adrelid) FROM '^nextval\(''(.*)''::regclass\)$'),
                    CASE WHEN a.attidentity <> '' THEN pg_get_serial_sequence($1, a.attname) END) AS sequence
      FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
     WHERE a.attrelid = $1::text::regclass AND a.attnum > 0 AND NOT a.attisdropped) AS columns
 WHERE sequence IS NOT NULL`

func sequencesOf(ctx context.Context, tx pgx.Tx, key brokenKey) ([]sequence, error) {
	rows, err := tx.Query(ctx, selectSequences, key.identifier())
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

// forward brings a sequence up to the highest number that is taken, only ever forwards,
// and reports whether it was behind.
func (s sequence) forward(ctx context.Context, tx pgx.Tx) (bool, error) {
	var behind, highest int64
	err := tx.QueryRow(ctx, "SELECT coalesce(max("+s.column+"), 0) - coalesce(pg_sequence_last_value($1::text::regclass), 0), "+
		"coalesce(max("+s.column+"), 0) FROM "+s.table, s.name).Scan(&behind, &highest)
	if err != nil {
		return false, fmt.Errorf("compare sequence %s with %s: %w", s.name, s.table, err)
	}
	if behind <= 0 {
		return false, nil
	}
	if behind > stepAtMost {
		// Nobody else takes a million numbers between the look and this.
		_, err = tx.Exec(ctx, "SELECT setval($1::text::regclass, $2)", s.name, highest)
	} else {
		_, err = tx.Exec(ctx, "SELECT count(nextval($1::text::regclass)) FROM generate_series(1, $2::bigint)", s.name, behind)
	}
	if err != nil {
		return false, fmt.Errorf("move sequence %s to %d: %w", s.name, highest, err)
	}
	logx.Errorf("sequence %s was %d behind column %s of %s, as after a restore without sequences: it has been moved forwards",
		s.name, behind, s.column, s.table)
	return true, nil
}
