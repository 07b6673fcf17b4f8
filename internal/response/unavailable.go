package response

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/redis/go-redis/v9"
	"github.com/zeromicro/go-zero/core/breaker"

	"seckill/internal/stream"
)

// awaySentinels are the errors with which libraries say that a server, or the way
// to it, is not there.
var awaySentinels = []error{
	context.DeadlineExceeded, breaker.ErrServiceUnavailable,
	driver.ErrBadConn, sql.ErrConnDone, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed,
	redis.ErrClosed, redis.ErrPoolTimeout, redis.ErrPoolExhausted,
}

// awayClasses are the classes of SQLSTATE with which PostgreSQL says that it
// cannot serve now: connection exception, insufficient resources, operator
// intervention (PostgreSQL documentation, appendix A).
var awayClasses = []string{"08", "53", "57"}

// sqlStateReadOnly is what a standby answers to a write, during a failover.
const sqlStateReadOnly = "25006"

// unavailable reports whether err says that PostgreSQL or Redis is away or busy,
// so that the same request may succeed later.
func unavailable(err error) bool {
	if slices.ContainsFunc(awaySentinels, func(sentinel error) bool { return errors.Is(err, sentinel) }) {
		return true
	}
	var network net.Error
	var connect *pgconn.ConnectError
	if errors.As(err, &network) || errors.As(err, &connect) {
		return true
	}
	return postgresAway(err) || stream.Away(err)
}

// postgresAway reports whether err is PostgreSQL's own word that it cannot serve.
func postgresAway(err error) bool {
	var reply *pgconn.PgError
	if !errors.As(err, &reply) || len(reply.Code) != 5 {
		return false
	}
	return reply.Code == sqlStateReadOnly || slices.Contains(awayClasses, reply.Code[:2])
}
