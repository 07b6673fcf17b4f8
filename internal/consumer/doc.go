// Package consumer moves the entries of the products' streams into the ledger.
//
// A [Loop] consumes one product's stream. Three goroutines overlap, so that the
// database is never idle while Redis is asked and the other way round:
//
//		read ──(reads that wait)──▶ store ──(reads that are stored)──▶ acknowledge
//
//	  - read joins the group, delivers what this consumer left pending, then new
//	    entries, and every half ClaimIdle takes over what has been pending too long,
//	    whoever had it. It decodes.
//	  - store writes a batch in one transaction: all the full reads that have come while the
//	    one before was under way, up to MaxBatch entries and as long as that takes no longer than
//	    joinFor. So batches are as large as the backlog makes them, and the more entries
//	    wait, the less of a transaction each of them costs. What all loops of a process have
//	    read ahead has a bound ([NewAhead]). When the database is away it
//	    tries again, with growing pauses, until it succeeds; the channels fill, and reading
//	    stops by itself. When the database refuses the rows, the batch is bisected to
//	    the culprit, which stays pending, comes again after ClaimIdle, and becomes a
//	    dead letter at the MaxDeliveries-th refusal.
//	  - acknowledge sends one XACK a read, after the commit, and repeats it until it
//	    succeeds.
//
// A crash anywhere leaves entries pending that were not acknowledged; they come
// again, and storing is idempotent.
//
// Stopping goes from the senders to the receivers: reading ends first, then what
// has been read is stored and acknowledged, on a context that outlives the stop by
// a bound.
//
// The [Supervisor] follows the table of products and has each consumed that is not
// paused: wants decides. Replicas that settle one product would wait for each other at its
// row, so each product has an owner among those that live ([Ownership]), and the others stand
// by. Every replica says of itself that it consumes, reads who else does, and computes the
// owners ([seckill.Owners]):
//
//	                another replica has become the owner
//	consumed here ────────────────────────────────────────▶ consumed here for two beats more
//	  ▲      ▲                                                │             │
//	  │      └────────────── it is this one's again ◀─────────┘             │ flush
//	  │                                                                     ▼
//	  └── this one has become the owner, or does not know ◀── another replica's: standing by
//
// Ownership is a matter of speed: nothing is wrong while two replicas consume one product, so
// whoever is not sure does. What an owner leaves pending is taken over after ClaimIdle, by
// whichever is the owner then.
//
// A loop blocks a connection, so products share lanes ([Supervisor.Share]). While there
// are no more products than lanes, each has one and keeps it. Else a product is quiet or
// busy:
//
//		        an entry, something pending for long, a group that is gone
//		quiet ───────────────────────────────────────────────────────────▶ waits ──▶ busy: has a lane
//		  ▲                                                                              │
//		  └─────── nothing comes, or its time is over, or its session fails ◀────────────┘
//
//	  - Quiet products are watched together, some at a time, in pipelines of commands that
//	    deliver nothing: XRANGE behind what the group was given, and every half ClaimIdle
//	    how the group stands. Whatever there is to be done, mending included, is done by
//	    the product's loop in a lane, and nowhere else.
//	  - The gate rings ([Supervisor.Ring]) when it has written an entry. A loop that is
//	    about to leave says so before its last read, so no ring is lost in between.
//	  - While lanes are scarce a loop leaves as soon as a read brings nothing; one that has
//	    more to read leaves after a slice of time when others wait, and one that is stuck
//	    has its lane taken away.
//	  - A loop knows from one life to the next whether its group is there and nothing of
//	    its own is pending. If so the next life begins with what is new; if not, from the
//	    start, as after a restart.
//	  - Products that are dormant ([model.ProductState]) are watched in a ring of their own,
//	    more slowly.
package consumer
