// Package admission is the gate in front of the sale: it decides in Redis, before
// anything is stored, whether an attempt may queue, and answers at once.
//
// What it knows of a product lies in Redis, under keys that share the slot of the
// product's stream:
//
//	…:gate      hash    the product's terms, what is left, the epoch of all this and the
//	                    number of the last move from PostgreSQL that has been applied
//	…:holders   hash    user → units that the user holds: live orders and admitted attempts
//	…:inflight  hash    stream ID → user, of the entries that have taken a unit here and are
//	                    not known to be settled
//	…:waiting   hash    user → stream ID of the user's latest admitted entry that is not
//	                    known to be stored
//	…:resent    hash    dead letter → stream ID of its entry, if that was written again
//	…:request:… string  the stream ID that a request ID was answered with
//	…:reply:…   string  the answers of one call, so that a call repeated after a lost reply
//	                    has no second effect
//
// Every change is one Lua script: all of it happens or nothing. PostgreSQL stays the
// truth: what the gate admits has still to be settled, and may lose. Where a unit of
// stock is, as the gate sees it:
//
//	        admit                    settled as winner
//	left ──────────▶ in flight ───────────────────────▶ sold
//	 ▲                   │ settled as loser               │ cancelled, expired
//	 └───────────────────┴────────────── moves ───────────┘
//
// Moves are written by the transaction that decided them, and are numbered; the gate
// applies each once, in order. A raw entry that wins is a move from left to sold.
//
// At any moment left + (moves not yet applied) = PostgreSQL's left − in flight. When the
// gate's keys are lost or turn out to be older than the books, package books makes them
// anew under the next epoch; until then nothing is admitted.
package admission
