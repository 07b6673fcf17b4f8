package migrations

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

const (
	// advisoryLockID is the PostgreSQL advisory lock under which replicas that start
	// at once take turns: "seckill" in ASCII.
	advisoryLockID = 0x7365636b696c6c
	// lockInterval is how long a replica waits before it asks for the lock again.
	lockInterval = 200 * time.Millisecond
	// lockTimeout is how long a migration by another replica is waited for.
	lockTimeout = 5 * time.Minute
)

// errBusy tells that another replica has been migrating for all of lockTimeout.
var errBusy = errors.New("another replica is migrating this database still")

// transactionLock is a lock of goose's that lasts as long as one open transaction. A
// lock of a session would be taken on one connection and given back on another where a
// pooler stands before the database, and stay for ever on the first.
//
// It is asked for and not waited for: a statement that waits has a snapshot, and an index
// that another replica builds concurrently would wait for that in turn.
type transactionLock struct{ tx *sql.Tx }

// Lock begins the transaction.
func (l *transactionLock) Lock(ctx context.Context, db *sql.DB) error {
	deadline := time.Now().Add(lockTimeout)
	for {
		got, err := l.try(ctx, db)
		if err != nil {
			return fmt.Errorf("lock: %w", err)
		}
		if got {
			return nil
		}
		if time.Now().After(deadline) {
			return errBusy
		}
		if err := sleep(ctx, lockInterval); err != nil {
			return err
		}
	}
}

// try leaves no transaction behind unless it gets the lock.
func (l *transactionLock) try(ctx context.Context, db *sql.DB) (got bool, err error) {
	// At a higher level the transaction would keep a snapshot.
	tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return false, err
	}
	defer func() {
		if !got {
			err = errors.Join(err, tx.Rollback())
		}
	}()
	// It is idle for as long as the migrations take.
	if _, err := tx.ExecContext(ctx, patience(0)); err != nil {
		return false, err
	}
	if err := tx.QueryRowContext(ctx, "SELECT pg_try_advisory_xact_lock($1)", int64(advisoryLockID)).Scan(&got); err != nil {
		return false, err
	}
	l.tx = tx
	return got, nil
}

// Unlock ends the transaction. It has written nothing, so how it ends is all the same.
func (l *transactionLock) Unlock(context.Context, *sql.DB) error {
	if err := l.tx.Rollback(); err != nil && !errors.Is(err, sql.ErrTxDone) {
		return fmt.Errorf("unlock: %w", err)
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
