package model

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/zeromicro/go-zero/core/logx"

	"seckill/internal/seckill"
)

// Every transaction names its level. The default of a server, a database or a role may be
// another one, under which transactions that merely meet are refused (40001): ours rely on
// locks instead. What they may do, to read or to write, is left to the default: that is how
// an operator, or a service that has no space left, closes a server to writers.
const (
	atReadCommitted = "ISOLATION LEVEL READ COMMITTED"
	// beginReadCommitted begins a transaction.
	beginReadCommitted = "BEGIN " + atReadCommitted
	// setReadCommitted begins a simple query of several statements, which is one
	// transaction by itself.
	setReadCommitted = "SET TRANSACTION " + atReadCommitted + "; "
)

var readCommitted = pgx.TxOptions{IsoLevel: pgx.ReadCommitted}

// mostTries is how often a transaction is tried that fails for what passes at once.
const mostTries = 4

// InTx runs fn in a transaction, commits it when fn returns nil and rolls it back
// otherwise. When the transaction fails for what others do at the same moment
// (serialization, deadlock), or for a sequence that it has repaired, fn is run again from
// the start: it must set anew whatever it leaves to its caller.
func (p *Pool) InTx(ctx context.Context, fn func(tx pgx.Tx) error) error {
	return p.Repeat(ctx, func() error { return pgx.BeginTxFunc(ctx, p.Pool, readCommitted, fn) })
}

// Repeat calls fn, which writes nothing when it fails, and calls it again after an error
// that passes at once or that Repeat has repaired.
func (p *Pool) Repeat(ctx context.Context, fn func() error) error {
	for try := 1; ; try++ {
		err := fn()
		if err == nil || try == mostTries || ctx.Err() != nil {
			return err
		}
		if slices.Contains(passes, SQLState(err)) {
			continue
		}
		key, broken := keyOfSequence(err)
		if !broken {
			return err
		}
		if err := p.repair(ctx, key, err); err != nil {
			return err
		}
	}
}

// repair repairs what a key has been broken by; somebody else may have done so meanwhile.
// When that is impossible it returns cause with what is to be done, and notes it for
// TakesWrites.
func (p *Pool) repair(ctx context.Context, key brokenKey, cause error) error {
	err := p.repairSequence(ctx, key)
	if err == nil || errors.Is(err, errNotBehind) {
		p.broken.Store(nil)
		return nil
	}
	p.broken.Store(&key)
	logx.Errorf("unique key %s of %s refuses numbers that the database gave out, and it could not be repaired: %v",
		key.key, key.table, err)
	return seckill.Wrap(fmt.Errorf("%w (repair: %w)", cause, err), seckill.CodeUnavailable, "%s", adviceOf(key))
}

// adviceOf says what has to be done about a key that could not be repaired.
func adviceOf(key brokenKey) string {
	return fmt.Sprintf("the database gives out numbers of table %s that are taken: move the sequence of the table "+
		"to its highest number (setval), or grant this role UPDATE on both", key.table)
}
