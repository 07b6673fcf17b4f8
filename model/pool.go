package model

import (
	"context"
	"database/sql"
	"fmt"
	"sync/atomic"

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
	sql   *sql.DB
	watch *serverWatch
	reads *ReadSource
	beat  atomic.Pointer[heartbeat] // that this process has written last; nil = none
}

// NewPool makes a pool of at most maxConns connections. It connects to nothing
// yet, so that a service can start before its database does.
func NewPool(ctx context.Context, dataSource string, maxConns int) (*Pool, error) {
	return newPool(ctx, dataSource, maxConns, wantWriter)
}

// ReadFrom names a standby that lists and final results are read from, to be reached over at
// most maxConns connections; "" is none. It is to be called before anything is read.
func (p *Pool) ReadFrom(ctx context.Context, dataSource string, maxConns int) error {
	if dataSource == "" {
		return nil
	}
	standby, err := newPool(ctx, dataSource, maxConns, wantStandby)
	if err != nil {
		return fmt.Errorf("read source: %w", err)
	}
	p.reads.standby = standby
	return nil
}

// Reads reads from the standby that ReadFrom has named, or from the pool itself.
func (p *Pool) Reads() *ReadSource { return p.reads }

// newPool makes a pool; want says which one of several servers it connects to.
func newPool(ctx context.Context, dataSource string, maxConns int, want func(*pgxpool.Config, string)) (*Pool, error) {
	config, err := pgxpool.ParseConfig(dataSource)
	if err != nil {
		return nil, fmt.Errorf("parse data source: %w", err)
	}
	config.MaxConns = int32(maxConns) //nolint:gosec // the configuration allows at most 1,000
	new(sessions).configure(config)
	want(config, dataSource)
	watch := watchServer(config)
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("make connection pool: %w", err)
	}
	watch.pool.Store(pool)
	p := &Pool{Pool: pool, sql: stdlib.OpenDBFromPool(pool), watch: watch}
	p.reads = newReadSource(p)
	return p, nil
}

// SQL is the pool's database/sql face.
func (p *Pool) SQL() *sql.DB { return p.sql }

// Conn is the pool's face for goctl's models, without the circuit breaker of go-zero's
// sqlx, which after some failures refuses what the database would answer by now. No option
// takes it out, but a breaker that takes every error for a success never opens.
func (p *Pool) Conn() sqlx.SqlConn {
	return sqlx.NewSqlConnFromDB(p.sql, sqlx.WithAcceptable(func(error) bool { return true }))
}

// BreakerConn is Conn with the circuit breaker.
func (p *Pool) BreakerConn() sqlx.SqlConn { return sqlx.NewSqlConnFromDB(p.sql) }

// Close closes every connection.
func (p *Pool) Close() {
	if p.reads.standby != nil {
		p.reads.standby.Close()
	}
	_ = p.sql.Close()
	p.Pool.Close()
}

// InTx runs fn in a transaction, commits it when fn returns nil and rolls it back
// otherwise. It may begin again from the start, as Repeat says: fn must set anew whatever
// it leaves to its caller.
func (p *Pool) InTx(ctx context.Context, fn func(tx pgx.Tx) error) error {
	return p.Repeat(ctx, func() error { return pgx.BeginTxFunc(ctx, p.Pool, readCommitted, fn) })
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
