package model

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"seckill/internal/seckill"
)

const (
	// connectTimeout bounds the connecting to one address, unless the data source names
	// another time: an address that swallows everything, such as that of a dead server, must
	// not take the pool's places for the two minutes that pgx allows.
	connectTimeout = 5 * time.Second
	// pingTimeout bounds the look whether a connection that was idle lives.
	pingTimeout = 2 * time.Second
	// resetPause is the least time between two resets of the pool.
	resetPause = time.Second
)

// movedOn are the SQLSTATEs with which a server says that it is not the one any more that
// the pool has connected to: it takes no writes (25006, a standby, or one that an operator
// has closed), it shuts down (57P01), has crashed (57P02), is starting (57P03), or its
// database is gone (57P04).
var movedOn = []string{"25006", "57P01", "57P02", "57P03", "57P04"}

// serverWatch drops every connection of a pool when one of them learns that the server has
// moved on: the others lead to the same server, and the address may by now lead to
// another one.
type serverWatch struct {
	pool atomic.Pointer[pgxpool.Pool]

	mu    sync.Mutex
	reset time.Time // the last one
}

// watchServer makes the watch of the pool that is going to be made with a configuration.
func watchServer(config *pgxpool.Config) *serverWatch {
	w := &serverWatch{}
	if config.ConnConfig.ConnectTimeout <= 0 {
		config.ConnConfig.ConnectTimeout = connectTimeout
	}
	if config.PingTimeout <= 0 {
		config.PingTimeout = pingTimeout
	}
	usual := config.ConnConfig.OnPgError
	config.ConnConfig.OnPgError = func(conn *pgconn.PgConn, fault *pgconn.PgError) bool {
		if slices.Contains(movedOn, fault.Code) {
			w.leave()
			return false // this connection is closed
		}
		return usual == nil || usual(conn, fault)
	}
	return w
}

// leave drops the idle connections, and those in use when they come back. While nothing
// changes, each new connection learns the same; that does not reset the pool each time.
func (w *serverWatch) leave() {
	pool := w.pool.Load()
	w.mu.Lock()
	defer w.mu.Unlock()
	if pool == nil || time.Since(w.reset) < resetPause {
		return
	}
	w.reset = time.Now()
	pool.Reset()
}

// TakesWrites fails unless the database answers and takes writes. A *seckill.Error says in
// words why it does not. The connections to a server that takes none are dropped, so that
// whoever has taken over behind the address, or beside it in the data source, is found.
func (p *Pool) TakesWrites(ctx context.Context) error {
	var standby, readOnly bool
	err := p.QueryRow(ctx, "SELECT pg_is_in_recovery(), current_setting('transaction_read_only')::bool").Scan(&standby, &readOnly)
	if err != nil {
		return fmt.Errorf("ask the database whether it takes writes: %w", err)
	}
	if standby || readOnly {
		p.watch.leave()
	}
	switch {
	case standby:
		return seckill.Errorf(seckill.CodeUnavailable, "it takes no writes: it is a standby")
	case readOnly:
		return seckill.Errorf(seckill.CodeUnavailable,
			"it takes no writes: default_transaction_read_only is on, for the server, the database or the role")
	}
	return p.stillBroken(ctx)
}

// stillBroken tries again to repair what could not be repaired.
func (p *Pool) stillBroken(ctx context.Context) error {
	key := p.broken.Load()
	if key == nil {
		return nil
	}
	if err := p.repairSequence(ctx, *key); err != nil && !errors.Is(err, errNotBehind) {
		return seckill.Wrap(err, seckill.CodeUnavailable, "%s", adviceOf(*key))
	}
	p.broken.CompareAndSwap(key, nil)
	return nil
}
