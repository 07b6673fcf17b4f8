package model

import "github.com/jackc/pgx/v5"

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
