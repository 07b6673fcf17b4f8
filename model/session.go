package model

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

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

// sessions decides how statements are executed on the connections of a pool.
//
// A connection that leads straight to PostgreSQL keeps prepared statements. By itself
// PostgreSQL keeps the plan of one after five executions, and one that was made while a
// table was small, a scan of all of it, would stay while the table grows to millions of
// rows; so such a connection plans anew for each execution.
//
// Behind a pooler the next transaction may run on another connection of the server, and
// what was left on this one would meet somebody else: nothing may be left, neither
// statements nor settings. There each execution sends its statement without a name, which
// PostgreSQL plans with the values at hand; what is kept, on our side, is the types of
// parameters and columns, so that it is one round trip with binary values too.
//
// Which of the two it is shows when a connection is made: a pooler gives its clients
// process numbers of its own, for their cancel requests.
type sessions struct {
	direct atomic.Bool // the last connection that was made leads straight to PostgreSQL
}

// errPooled tells that a way which led straight to PostgreSQL leads through a pooler now.
var errPooled = errors.New("the data source leads through a pooler now: connecting anew")

// configure makes a pool's connections ours. A data source that names a
// default_query_exec_mode other than that of prepared statements gets it, always.
func (s *sessions) configure(config *pgxpool.Config) {
	setStartupParameters(config.ConnConfig)
	if config.ConnConfig.DescriptionCacheCapacity <= 0 {
		config.ConnConfig.DescriptionCacheCapacity = descriptions
	}
	if config.ConnConfig.DefaultQueryExecMode != pgx.QueryExecModeCacheStatement {
		return
	}
	config.BeforeConnect = func(_ context.Context, connConfig *pgx.ConnConfig) error {
		if !s.direct.Load() {
			connConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
		}
		return nil
	}
	config.AfterConnect = s.connected
	config.PrepareConn = func(_ context.Context, conn *pgx.Conn) (bool, error) {
		return !s.direct.Load() || conn.PgConn().CustomData()[describes] == nil, nil
	}
}

// describes marks a connection that does not prepare statements.
const describes = "seckill describes"

// descriptions is how many statements a connection knows the types of.
const descriptions = 512

func setStartupParameters(config *pgx.ConnConfig) {
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

// connected looks where a new connection leads, and makes one that leads straight to
// PostgreSQL plan a statement for each execution, which costs some tenths of a
// millisecond. It is one statement, so that it sets nothing on a pooler's connection. A
// connection that was made before the way was known is not kept for long: see configure.
func (s *sessions) connected(ctx context.Context, conn *pgx.Conn) error {
	statement := fmt.Sprintf("SELECT set_config('plan_cache_mode', 'force_custom_plan', false) WHERE pg_backend_pid() = %d",
		conn.PgConn().PID())
	tag, err := conn.Exec(ctx, statement)
	if err != nil {
		return fmt.Errorf("set plan_cache_mode: %w", err)
	}
	direct := tag.RowsAffected() == 1
	s.direct.Store(direct)
	switch prepares := conn.Config().DefaultQueryExecMode == pgx.QueryExecModeCacheStatement; {
	case !prepares:
		conn.PgConn().CustomData()[describes] = true
	case !direct:
		return errPooled
	}
	return nil
}
