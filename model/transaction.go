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

// notIdle is an expression that has PostgreSQL end the transaction, and the connection, once
// its client has said nothing for ten seconds. A replica that freezes, or is cut off without
// a word, would keep the rows that it has locked for as long as the system believes in its
// connection, two hours by default (tcp_keepalives_idle): the row of a product, without
// which nobody settles it. A shorter limit of the role stays. It holds for the transaction,
// as a pooler wants it, and costs no round trip.
const notIdle = `set_config('idle_in_transaction_session_timeout',
  CASE WHEN current_setting('idle_in_transaction_session_timeout')::interval BETWEEN '1 ms' AND '10 s'
       THEN current_setting('idle_in_transaction_session_timeout') ELSE '10s' END, true)`

// readCommitted begins a transaction that locks what others wait for.
var readCommitted = pgx.TxOptions{IsoLevel: pgx.ReadCommitted, BeginQuery: beginReadCommitted + "; SELECT " + notIdle}
