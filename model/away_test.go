package model_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"seckill/internal/servertest"
	"seckill/model"
)

// ofTheLibraries are errors that the libraries make, where that is possible without a
// server: their own words are what the list is of.
func ofTheLibraries(t *testing.T) map[string]error {
	t.Helper()
	_, refused := pgconn.Connect(t.Context(), "postgres://u@127.0.0.1:1/d?connect_timeout=1")
	closed := servertest.Pool(t)
	closed.Close()
	_, errPool := closed.Exec(t.Context(), "SELECT 1")
	errSQL := closed.SQL().PingContext(t.Context())
	_, errHTTP := http.Get("http://127.0.0.1:1/") //nolint:bodyclose // nobody listens
	_, errDNS := (&net.Resolver{}).LookupHost(t.Context(), "no-such-host.invalid")
	client, server := net.Pipe()
	_ = server.Close()
	_, errPipe := client.Write([]byte{1})
	_ = client.Close()
	return map[string]error{
		"nobody listens": refused, "a connection in use": busy(t), "a closed pool": errPool, "a closed database/sql": errSQL,
		"HTTP": errHTTP, "DNS": errDNS, "a pipe": errPipe,
	}
}

// busy asks a connection for two things at once.
func busy(t *testing.T) error {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), servertest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	rows, err := conn.Query(t.Context(), "SELECT generate_series(1, 100000)")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	_, err = conn.Exec(t.Context(), "SELECT 1")
	return err
}

// TestWhatSaysThatPostgresIsAway names every way in which the libraries do.
func TestWhatSaysThatPostgresIsAway(t *testing.T) {
	away := ofTheLibraries(t)
	for _, err := range []error{
		&pgconn.PgError{Code: "57P01"}, &pgconn.PgError{Code: "26000"}, &pgconn.PgError{Code: "P0001"}, &pgconn.PgError{},
		pgconn.ErrConnClosed, pgx.ErrTxClosed, pgx.ErrTxCommitRollback, driver.ErrBadConn, sql.ErrConnDone, sql.ErrTxDone,
		io.EOF, io.ErrUnexpectedEOF, io.ErrClosedPipe, net.ErrClosed, os.ErrDeadlineExceeded, context.DeadlineExceeded,
		syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNREFUSED, syscall.ETIMEDOUT, syscall.EHOSTUNREACH, syscall.ENETDOWN, syscall.EMFILE,
		&net.OpError{Op: "read", Err: syscall.ECONNRESET}, &os.SyscallError{Syscall: "connect", Err: syscall.ENOENT},
		tls.AlertError(42), tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"},
		errors.New("remote error: tls: bad certificate"), errors.New("tls: use of closed connection"),
		&tls.CertificateVerificationError{Err: errors.New("x")}, x509.UnknownAuthorityError{}, x509.HostnameError{Certificate: &x509.Certificate{}},
		errors.New("closed pool"), errors.New("rows is closed"), errors.New("batch already closed"), errors.New("no more results in batch"),
		errors.New("unknown message type: x"), errors.New("unexpected message: *pgproto3.CopyDone"), errors.New("server refused TLS connection"),
		errors.New("ReadyForQuery body must have length of 1, but it is 0"), errors.New("DataRow body is invalid"),
		errors.New("sql: statement is closed"), errors.New("sql: Rows are closed"),
	} {
		away[fmt.Sprintf("%T %v", err, err)] = err
	}
	for what, err := range away {
		for _, wrapped := range []error{err, fmt.Errorf("read: %w", err), errors.Join(errors.New("other"), err)} {
			if !model.Away(wrapped) {
				t.Errorf("%s: %v (%T) is not away", what, wrapped, wrapped)
			}
		}
	}
}

func TestWhatSaysNothingOfPostgresBeingAway(t *testing.T) {
	for _, err := range []error{
		nil, context.Canceled, model.ErrNotFound, pgx.ErrNoRows, sql.ErrNoRows, errors.New("our own"),
		errors.New("number of field descriptions must equal number of destinations, got 1 and 2"),
	} {
		if model.Away(err) {
			t.Errorf("%v: away", err)
		}
	}
}
