package response_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
	"testing"

	"seckill/internal/response"
	"seckill/internal/seckill"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/redis/go-redis/v9"
	"github.com/zeromicro/go-zero/core/breaker"
)

// replyError is an error that Redis answered.
type replyError string

func (r replyError) Error() string { return string(r) }
func (replyError) RedisError()     {}

var _ redis.Error = replyError("")

func TestHandleError(t *testing.T) {
	_, connectErr := pgconn.Connect(t.Context(), "postgres://u@127.0.0.1:1/d?connect_timeout=1")
	if _, ok := errors.AsType[*pgconn.ConnectError](connectErr); !ok {
		t.Fatalf("connecting to nobody: %v", connectErr)
	}
	state := func(code string) error { return &pgconn.PgError{Code: code, Message: "inner"} }
	tests := []struct {
		name   string
		err    error
		status int
		code   seckill.Code
	}{
		{"an error of ours", seckill.Errorf(seckill.CodeResultNotFound, "no"), 404, seckill.CodeResultNotFound},
		{"an error of ours, wrapped", fmt.Errorf("x: %w", seckill.Errorf(seckill.CodeStockTooLow, "no")), 409, seckill.CodeStockTooLow},
		{"an error of ours with a cause", seckill.Wrap(io.EOF, seckill.CodeInvalidArgument, "no"), 400, seckill.CodeInvalidArgument},
		{"an error of ours of another code", seckill.Errorf("NEW_CODE", "no"), 500, "NEW_CODE"},
		{"anything else", errors.New("inner"), 500, seckill.CodeInternal},
		{"a statement that the server does not know", state("42601"), 503, seckill.CodeUnavailable},
		{"a check that somebody has added", state("23514"), 503, seckill.CodeUnavailable},
		{"a key that nobody expects", state("23505"), 503, seckill.CodeUnavailable},
		{"an SQLSTATE that is none", state(""), 503, seckill.CodeUnavailable},
		{"nobody listens", connectErr, 503, seckill.CodeUnavailable},
		{"PostgreSQL is shutting down", state("57P01"), 503, seckill.CodeUnavailable},
		{"PostgreSQL is starting", state("57P03"), 503, seckill.CodeUnavailable},
		{"PostgreSQL has no connection left", state("53300"), 503, seckill.CodeUnavailable},
		{"PostgreSQL lost the connection", state("08006"), 503, seckill.CodeUnavailable},
		{"PostgreSQL is a standby", fmt.Errorf("x: %w", state("25006")), 503, seckill.CodeUnavailable},
		{"the time is up", fmt.Errorf("x: %w", context.DeadlineExceeded), 503, seckill.CodeUnavailable},
		{"the breaker is open", breaker.ErrServiceUnavailable, 503, seckill.CodeUnavailable},
		{"a connection is reset", &net.OpError{Op: "read", Err: syscall.ECONNRESET}, 503, seckill.CodeUnavailable},
		{"a connection ends", io.ErrUnexpectedEOF, 503, seckill.CodeUnavailable},
		{"a connection is bad", driver.ErrBadConn, 503, seckill.CodeUnavailable},
		{"Redis has no connection left", redis.ErrPoolTimeout, 503, seckill.CodeUnavailable},
		{"Redis is loading", replyError("LOADING Redis is loading the dataset in memory"), 503, seckill.CodeUnavailable},
		{"Redis is a replica", replyError("READONLY You can't write against a read only replica."), 503, seckill.CodeUnavailable},
		{"Redis refuses a command", replyError("ERR unknown command"), 503, seckill.CodeUnavailable},
		{"Redis holds another type", replyError("WRONGTYPE Operation against a key"), 503, seckill.CodeUnavailable},
		{"somebody else has gone", fmt.Errorf("x: %w", context.Canceled), 503, seckill.CodeUnavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, body := response.HandleError(t.Context(), tt.err)
			got, ok := body.(response.Body)
			if !ok || status != tt.status || got.Code != tt.code {
				t.Errorf("answer = %d %+v, want %d %s", status, body, tt.status, tt.code)
			}
			if got.Message == "" || (got.Message != "no" && status == http.StatusInternalServerError && got.Message != "internal error") {
				t.Errorf("message = %q", got.Message)
			}
		})
	}
}

func TestAClientThatHasGone(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if status, body := response.HandleError(ctx, fmt.Errorf("x: %w", context.Canceled)); status != 499 {
		t.Errorf("answer = %d %+v", status, body)
	}
}
