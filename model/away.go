package model

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// awaySentinels are the errors with which pgx (5.12), database/sql, crypto/tls, net and os
// say that a connection, or the time for it, is over. Those about transactions come where
// the connection has died within one.
var awaySentinels = []error{
	context.DeadlineExceeded, os.ErrDeadlineExceeded,
	io.EOF, io.ErrUnexpectedEOF, io.ErrClosedPipe, io.ErrShortWrite, net.ErrClosed, os.ErrClosed,
	pgconn.ErrConnClosed, pgx.ErrTxClosed, pgx.ErrTxCommitRollback,
	driver.ErrBadConn, sql.ErrConnDone, sql.ErrTxDone,
}

// awayTexts are in the errors for which the same libraries have neither a value nor a type
// that they export: a pool that gives up or is closed (puddle, pgxpool); a connection that
// is gone or still busy with its end; a server, or a proxy, that answers what the protocol
// does not know, or not now; what is said of a batch, of rows or of a pipeline whose
// connection has died before; of database/sql what is closed.
var awayTexts = []string{
	"closed pool", "resource not available", "too many failed attempts acquiring connection",
	"conn busy", "conn uninitialized", "conn closed", "server refused TLS connection",
	"invalid message length", "unknown message type", "unexpected message", "unexpected DataRow message",
	"message body too large", "body must have length", "body is invalid", "invalid length for",
	"authentication message too short", "unknown authentication type", "received ReadyForQuery before",
	"no more results in batch", "batch already closed", "rows is closed",
	"pipeline closed", "pipeline has unsynced requests", "no more results but expected ReadyForQuery",
	"unexpected pipeline result", "expected statement description", "expected sync", "conn never synchronized",
	"failed to deallocate", "unknown format code",
	"sql: database is closed", "sql: statement is closed", "sql: Rows are closed",
	"tls: ",
}

// Away reports whether err says that PostgreSQL, or the way to it, is not there or cannot
// do now what it is asked, so that the same may succeed later. Whatever PostgreSQL itself
// answers counts, unless it is asked for: a row that is held against an entry, a product
// that is settled, or there already, is made an answer of ours by who knows what it means.
// A context that was cancelled says nothing of PostgreSQL.
func Away(err error) bool {
	if err == nil {
		return false
	}
	if postgresFault(err) != nil ||
		slices.ContainsFunc(awaySentinels, func(sentinel error) bool { return errors.Is(err, sentinel) }) {
		return true
	}
	return isOfConnection(err) || isOfTLS(err) ||
		slices.ContainsFunc(awayTexts, func(text string) bool { return strings.Contains(err.Error(), text) })
}

// isOfConnection reports whether err is of a type that tells of a connection. A net.Error
// is what net, os and net/http answer with, and what pgx makes of a timeout.
func isOfConnection(err error) bool {
	return is[net.Error](err) || is[syscall.Errno](err) || is[*pgconn.ConnectError](err) ||
		pgconn.Timeout(err) || pgconn.SafeToRetry(err)
}

// isOfTLS reports whether err is of the encryption of a connection.
func isOfTLS(err error) bool {
	return is[tls.AlertError](err) || is[tls.RecordHeaderError](err) || is[*tls.CertificateVerificationError](err) ||
		is[x509.UnknownAuthorityError](err) || is[x509.HostnameError](err) || is[x509.CertificateInvalidError](err)
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
