// Package consumer moves the entries of the products' streams into the ledger.
//
// A [Loop] consumes one product's stream. Three goroutines overlap, so that the
// database is never idle while Redis is asked and the other way round:
//
//		read ──(1 batch)──▶ store ──(1 batch)──▶ acknowledge
//
//	  - read joins the group, delivers what this consumer left pending, then new
//	    entries, and every half ClaimIdle takes over what has been pending too long,
//	    whoever had it. It decodes.
//	  - store writes a batch in one transaction. When the database is away it tries
//	    again, with growing pauses, until it succeeds; the channels fill, and reading
//	    stops by itself. When the database refuses the rows, the batch is bisected to
//	    the culprit, which stays pending, comes again after ClaimIdle, and becomes a
//	    dead letter at the MaxDeliveries-th refusal.
//	  - acknowledge sends one XACK a batch, after the commit, and repeats it until it
//	    succeeds.
//
// A crash anywhere leaves entries pending that were not acknowledged; they come
// again, and storing is idempotent.
//
// Stopping goes from the senders to the receivers: reading ends first, then what
// has been read is stored and acknowledged, on a context that outlives the stop by
// a bound.
//
// The [Supervisor] keeps one loop for each product that is not paused, and follows
// the table of products.
package consumer
