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
// say that a connection, or the time for it, is over. The three of pgx and database/sql
// about transactions come where the connection has died within one.
var awaySentinels = []error{
	context.DeadlineExceeded, os.ErrDeadlineExceeded,
	io.EOF, io.ErrUnexpectedEOF, io.ErrClosedPipe, io.ErrShortWrite, net.ErrClosed, os.ErrClosed,
	pgconn.ErrConnClosed, pgx.ErrTxClosed, pgx.ErrTxCommitRollback,
	driver.ErrBadConn, sql.ErrConnDone, sql.ErrTxDone,
}

// awayTexts are the errors that the same libraries have no value or type for: of pgx a
// pool that gives up or is closed (puddle), a server that answers what the protocol does
// not know, and what is said of a batch or a pipeline whose connection has died before;
// of database/sql what is closed. net/http's are those of the services behind it.
var awayTexts = []string{
	"closed pool", "resource not available", "too many failed attempts acquiring connection",
	"conn busy", "conn uninitialized", "conn closed",
	"invalid message length", "unknown message type", "unexpected message", "unexpected DataRow message",
	"authentication message too short", "unknown authentication type", "received ReadyForQuery before",
	"no more results in batch", "batch already closed", "rows is closed", "pipeline closed",
	"pipeline has unsynced requests", "no more results but expected ReadyForQuery", "unexpected pipeline result",
	"expected statement description", "expected sync", "conn never synchronized", "failed to deallocate",
	"sql: database is closed", "sql: statement is closed", "sql: Rows are closed",
	"body must have length", "body is invalid", "message body too large", "invalid body length",
	"server closed idle connection", "http2: ", "tls: ",
}

// Away reports whether err says that PostgreSQL, or the way to it, is not there or cannot
// do what it is asked now: so that the same may succeed later. Whatever PostgreSQL itself
// answers counts, but for a value that it does not take (IsBadValue).
func Away(err error) bool {
	if err == nil {
		return false
	}
	if postgresFault(err) != nil {
		return !IsBadValue(err)
	}
	if slices.ContainsFunc(awaySentinels, func(sentinel error) bool { return errors.Is(err, sentinel) }) {
		return true
	}
	return isOfConnection(err) || slices.ContainsFunc(awayTexts, func(text string) bool {
		return strings.Contains(err.Error(), text)
	})
}

// isOfConnection reports whether err is of a type that tells of a connection.
func isOfConnection(err error) bool {
	if _, ok := errors.AsType[net.Error](err); ok { // a *net.OpError, *net.DNSError, syscall.Errno and others
		return true
	}
	if _, ok := errors.AsType[syscall.Errno](err); ok {
		return true
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	return isOfTLS(err) || pgconn.Timeout(err) || pgconn.SafeToRetry(err)
}

// isOfTLS reports whether err is of the encryption of a connection.
func isOfTLS(err error) bool {
	if _, ok := errors.AsType[tls.AlertError](err); ok {
		return true
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return true
	}
	_, ok := errors.AsType[x509.HostnameError](err)
	return ok
}
