package consumer

import (
	"time"

	"golang.org/x/sync/semaphore"
)

// Config is how a product is consumed (contract section 4, Consumer).
type Config struct {
	Count         int           // most entries of one read
	MaxBatch      int           // most entries of one transaction, into which reads that wait go together; none do if it is less than two reads
	Block         time.Duration // how long a read waits on an empty stream
	ClaimIdle     time.Duration // an entry pending this long is taken over
	MaxDeliveries int           // refusals by the database before an entry is a dead letter

	// Ahead is shared by the loops of a process, see NewAhead. nil = a loop has its own.
	Ahead *semaphore.Weighted
}

// mostAhead is how many entries the loops of a process hold in all, beyond one read that waits
// behind one transaction in each: some 10 MB, which let one busy product have the largest
// batches, and many share, however long PostgreSQL is away.
const mostAhead = 16_384

// NewAhead returns what the loops of a process share, so that what they have read and not yet
// stored has a bound in memory.
func NewAhead() *semaphore.Weighted { return semaphore.NewWeighted(mostAhead) }

const (
	// blockStep is the longest that one command waits. A cancelled context does not
	// interrupt a blocking read, so this bounds how soon a stop or a pause takes
	// effect; a longer Block is waited for in several commands.
	blockStep = time.Second
	// storeTimeout bounds one try to store a batch, so that a database that never
	// answers counts as away.
	storeTimeout = 30 * time.Second
	// joinFor is how long a transaction may be expected to take for reads to go into it
	// together. It holds the row of a product with stock, for which orders that are cancelled
	// wait, and results come with its commit.
	joinFor = 250 * time.Millisecond
	// FlushTimeout bounds how long a stopping loop goes on to store and acknowledge
	// what it has read.
	FlushTimeout = 5 * time.Second
)

// ahead is how many reads may wait for the transaction under way: what the next one takes.
func (c Config) ahead() int { return max(1, c.MaxBatch/c.Count) }

// step is how long one blocking command waits.
func (c Config) step() time.Duration { return min(c.Block, blockStep) }
