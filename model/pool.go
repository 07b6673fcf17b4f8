package model

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/zeromicro/go-zero/core/stores/sqlx"
)

// Pool is the one pool of connections of a process. Its two faces are pgx itself,
// for batches (COPY, arrays, pipelines), and database/sql through SQL and Conn,
// for goctl's models and for migrations.
type Pool struct {
	*pgxpool.Pool
	sql *sql.DB
}

// NewPool makes a pool of at most maxConns connections. It connects to nothing
// yet, so that a service can start before its database does.
func NewPool(ctx context.Context, dataSource string, maxConns int) (*Pool, error) {
	config, err := pgxpool.ParseConfig(dataSource)
	if err != nil {
		return nil, fmt.Errorf("parse data source: %w", err)
	}
	config.MaxConns = int32(maxConns) //nolint:gosec // the configuration allows at most 1,000
	if err := chooseExecMode(config); err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("make connection pool: %w", err)
	}
	return &Pool{Pool: pool, sql: stdlib.OpenDBFromPool(pool)}, nil
}

// execModeKey is where a data source says how pgx sends statements.
const execModeKey = "default_query_exec_mode"

// chooseExecMode has every statement sent whole, unless the data source asks for
// something else.
//
// A pooler that gives out connections a transaction at a time (PgBouncer) gives the next
// one from another session, so nothing may be left behind in a session: neither a
// prepared statement with a name nor a setting. pgx remembers on its own side which types
// a statement has, so that parameters and results are binary all the same.
//
// And PostgreSQL plans a statement without a name for the values that it is sent with. Of
// one that has a name it keeps the plan after five executions, and a plan that was made
// while a table was small, a scan of all of it, would stay while the table grows to
// millions of rows.
func chooseExecMode(config *pgxpool.Config) error {
	// pgx does not say whether it was asked for the mode that is its default; pgconn, which
	// does not know the key, leaves it where it was.
	given, err := pgconn.ParseConfig(config.ConnString())
	if err != nil {
		return fmt.Errorf("parse data source: %w", err)
	}
	_, asked := given.RuntimeParams[execModeKey]
	switch {
	case asked && config.ConnConfig.DefaultQueryExecMode == pgx.QueryExecModeCacheStatement:
		config.AfterConnect = planAnew
	case asked:
	case config.ConnConfig.DescriptionCacheCapacity > 0:
		config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	default:
		config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec
	}
	return nil
}

// planAnew makes a connection plan statements that have names, too, for each execution.
// Who asks for such statements has a connection of their own, or a pooler that knows of
// them.
func planAnew(ctx context.Context, conn *pgx.Conn) error {
	if _, err := conn.Exec(ctx, "SET plan_cache_mode = force_custom_plan"); err != nil {
		return fmt.Errorf("set plan_cache_mode: %w", err)
	}
	return nil
}

// SQL is the pool's database/sql face.
func (p *Pool) SQL() *sql.DB { return p.sql }

// Conn is the pool's face for goctl's models.
func (p *Pool) Conn() sqlx.SqlConn { return sqlx.NewSqlConnFromDB(p.sql) }

// Close closes every connection.
func (p *Pool) Close() {
	_ = p.sql.Close()
	p.Pool.Close()
}

// InTx runs fn in a transaction, commits it when fn returns nil and rolls it back
// otherwise.
func (p *Pool) InTx(ctx context.Context, fn func(tx pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, p.Pool, fn)
}

// noSeqScan keeps plans off sequential scans until the end of the transaction, for
// statements that look up many keys at once: on a table that has just grown, the
// statistics still tell the planner that a scan is cheaper.
const noSeqScan = "SET LOCAL enable_seqscan = off"

// indexesOnly is noSeqScan for a transaction that has begun.
func indexesOnly(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, noSeqScan); err != nil {
		return fmt.Errorf("keep plans to indexes: %w", err)
	}
	return nil
}
