package model

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
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
	stateless(config.ConnConfig)
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("make connection pool: %w", err)
	}
	return &Pool{Pool: pool, sql: stdlib.OpenDBFromPool(pool)}, nil
}

// startupParameters are the settings that we rely on whatever the defaults of the
// role and of the database are: what texts and times mean on the wire. They are those
// that a pooler knows, keeps for each of its clients and lets pass at the start of a
// connection (PgBouncer documentation, "Limitations of transaction pooling"); any
// other would be refused by it.
var startupParameters = map[string]string{
	"client_encoding":             "UTF8",
	"datestyle":                   "ISO, MDY",
	"timezone":                    "UTC",
	"standard_conforming_strings": "on",
}

// stateless makes a connection keep nothing on the server from one transaction to the
// next, neither prepared statements nor settings: behind a pooler, the next one may run
// on another connection of the server, and what was left on this one would meet
// somebody else.
//
// Every execution sends its statement again, without a name, which PostgreSQL plans with
// the values at hand. That is wanted without a pooler as well: the plan of a prepared
// statement is kept after five executions, and one that was made while a table was
// small, a scan of all of it, would stay while the table grows to millions of rows.
// What is kept, on our side, is the types of parameters and columns, so that an
// execution is one round trip, with binary values. A data source that names a
// default_query_exec_mode of its own gets it, but for the one that prepares statements.
func stateless(config *pgx.ConnConfig) {
	if config.DefaultQueryExecMode == pgx.QueryExecModeCacheStatement {
		config.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	}
	if config.DescriptionCacheCapacity <= 0 {
		config.DescriptionCacheCapacity = descriptions
	}
	given := make(map[string]bool, len(config.RuntimeParams))
	for name := range config.RuntimeParams {
		given[strings.ToLower(name)] = true
	}
	for name, value := range startupParameters {
		if !given[name] {
			config.RuntimeParams[name] = value
		}
	}
}

// descriptions is how many statements a connection knows the types of.
const descriptions = 512

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
